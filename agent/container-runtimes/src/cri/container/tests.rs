use super::*;

fn details(json: &str) -> Details {
    Details::read(&HashMap::from([("info".to_owned(), json.to_owned())]))
}

#[test]
fn privileges_are_those_that_were_asked_for() {
    for (json, privileged) in [
        ("{}", None),
        // CRI-O.
        (r#"{"privileged": true}"#, Some(true)),
        (r#"{"privileged": false}"#, Some(false)),
        // containerd leaves out what is not so.
        (r#"{"config": {}}"#, Some(false)),
        (r#"{"config": {"linux": {}}}"#, Some(false)),
        (
            r#"{"config": {"linux": {"security_context": {}}}}"#,
            Some(false),
        ),
        (
            r#"{"config": {"linux": {"security_context": {"privileged": true}}}}"#,
            Some(true),
        ),
    ] {
        assert_eq!(details(json).is_privileged(), privileged, "{json}");
    }
}

#[test]
fn annotations_name_the_image_that_was_asked_for_by_its_id() {
    let crio = r#"{"runtimeSpec": {"annotations": {
        "io.kubernetes.cri-o.ImageName": "b:2", "io.kubernetes.cri-o.Image": "a:1"}}}"#;
    assert_eq!(details(crio).image_name(), Some("a:1"));
    assert_eq!(details("{}").image_name(), None);
    assert_eq!(
        details(r#"{"config": {"image": {"image": "busybox:1"}}}"#).image_id(),
        None
    );
    assert_eq!(
        details(r#"{"config": {"image": {"image": "sha256:1d"}}}"#).image_id(),
        Some("1d")
    );
}

#[test]
fn times_before_the_epoch_are_none() {
    assert_eq!(time(0), None);
    assert_eq!(time(i64::MIN), None);
    assert_eq!(time(1), Some(1));
}

#[test]
fn a_status_with_nothing_in_it_says_nothing() {
    let info = info(
        ContainerId::new("a"),
        Runtime::Crio,
        ContainerStatus::default(),
        &Details::default(),
        100,
    );
    let expected = ContainerInfo {
        mounts: Some(Box::default()),
        labels: Some(saker_container_metadata::Labels::default()),
        ..ContainerInfo::new(ContainerId::new("a"), Runtime::Crio)
    };
    assert_eq!(info, expected);
}

proptest::proptest! {
    /// Whatever a peer sends is a container or an error.
    #[test]
    fn arbitrary_answers_do_no_harm(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..256),
        text in ".{0,64}",
        created_at in proptest::prelude::any::<i64>(),
        propagation in proptest::prelude::any::<i32>(),
    ) {
        let mut status = <ContainerStatus as prost::Message>::decode(&*bytes).unwrap_or_default();
        status.created_at = created_at;
        status.image_ref.clone_from(&text);
        status.image = Some(crate::cri::messages::ImageSpec { image: text.clone() });
        status.mounts.push(crate::cri::messages::Mount { propagation, ..Default::default() });
        let mounts = status.mounts.len();
        let quoted = serde_json::json!({
            "config": {"image": {"image": text}},
            "runtimeSpec": {"annotations": {"io.kubernetes.cri.image-name": text}}
        });
        for details in [details(&text), details(&quoted.to_string())] {
            let info = info(ContainerId::new("a"), Runtime::Crio, status.clone(), &details, 100);
            proptest::prop_assert_eq!(info.mounts.unwrap().len(), mounts);
            let reference = info.image.reference.unwrap_or_default();
            let repository = info.image.repository.unwrap_or_default();
            proptest::prop_assert!(reference.starts_with(&*repository));
        }
    }
}
