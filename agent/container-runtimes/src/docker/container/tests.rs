use super::*;
use crate::docker::tests::sample;
use serde_json::{Value, json};

fn of(value: &Value) -> ContainerInfo {
    let inspected = serde_json::from_value(value.clone()).unwrap();
    info(&ContainerId::new(sample::CONTAINER), &inspected, None, 100)
}

/// The sample with another value at a place.
fn with(place: &str, value: Value) -> ContainerInfo {
    let mut sample = sample::container();
    *sample.pointer_mut(place).unwrap() = value;
    of(&sample)
}

#[test]
fn everything_is_taken_over() {
    let info = of(&sample::container());
    assert_eq!(info.kind, ContainerKind::Container);
    assert_eq!(info.name.as_deref(), Some("web"));
    assert_eq!(info.privileged, Some(false));
    assert_eq!(info.host_pid, Some(true));
    assert_eq!(info.host_network, Some(false));
    assert_eq!(info.host_ipc, Some(false));
    assert_eq!(info.created_wall_ns, Some(1_772_359_200_000_000_005));
    assert_eq!(info.started_wall_ns, Some(1_772_359_201_500_000_000));
    let mount =
        |source: &str, destination: &str, mode: &str, is_writable, propagation: &str| Mount {
            source: source.into(),
            destination: destination.into(),
            mode: mode.into(),
            is_writable,
            propagation: propagation.into(),
        };
    let mounts = [
        mount("/srv", "/data", "ro", false, "rprivate"),
        mount("", "/tmp", "", true, ""),
    ];
    assert_eq!(info.mounts.as_deref(), Some(&mounts[..]));
    // A value that is longer than the bound is left out.
    let labels = Labels::from([("team".into(), "shop".into())]);
    assert_eq!(info.labels, Some(labels));
    let check = info.probes.healthcheck.unwrap();
    assert_eq!(&*check.exe, "/bin/sh");
    assert_eq!(
        *check.arguments,
        ["-c", "wget -q localhost"].map(Box::<str>::from)
    );
    assert_eq!(info.pod, None);
}

#[test]
fn what_is_not_said_is_not_known() {
    let info = of(&json!({"Id": sample::CONTAINER}));
    let nothing = ContainerInfo::new(ContainerId::new(sample::CONTAINER), Runtime::Unknown);
    assert_eq!(info, nothing);
    // Nothing is said of labels where there are none, and a start that is still to come was long ago.
    let labels = with("/Config/Labels", Value::Null).labels;
    assert_eq!(labels, Some(Labels::new()));
    let started = with("/State/StartedAt", json!("0001-01-01T00:00:00Z"));
    assert_eq!(started.started_wall_ns, None);
}

#[test]
fn the_address_is_that_of_the_network_it_was_made_for() {
    let address = |settings: Value, mode: &str| {
        let mut sample = sample::container();
        sample["NetworkSettings"] = settings;
        sample["HostConfig"]["NetworkMode"] = json!(mode);
        of(&sample).ip.map(|address| address.to_string())
    };
    let networks = json!({"Networks": {
        "a": {"IPAddress": "10.0.0.1"}, "b": {"IPAddress": "10.0.0.2"},
    }});
    assert_eq!(address(networks.clone(), "b").as_deref(), Some("10.0.0.2"));
    assert_eq!(address(networks, "default").as_deref(), Some("10.0.0.1"));
    let six = json!({"IPAddress": "", "Networks": {"a": {"IPAddress": "", "GlobalIPv6Address": "fd00::1"}}});
    assert_eq!(address(six, "a").as_deref(), Some("fd00::1"));
    let old = json!({"IPAddress": "172.17.0.9", "Networks": null});
    assert_eq!(address(old, "default").as_deref(), Some("172.17.0.9"));
    assert_eq!(address(json!({"IPAddress": "none"}), "none"), None);
}

#[test]
fn health_checks_are_commands() {
    let check = |test: Value| with("/Config/Healthcheck/Test", test).probes.healthcheck;
    let command = check(json!(["CMD", "/probe", "-x"])).unwrap();
    assert_eq!(&*command.exe, "/probe");
    assert_eq!(*command.arguments, ["-x"].map(Box::<str>::from));
    for none in [
        json!(["NONE"]),
        json!([]),
        json!(["CMD"]),
        json!(["CMD-SHELL"]),
        Value::Null,
    ] {
        assert_eq!(check(none.clone()), None, "{none}");
    }
}

#[test]
fn a_kubelets_containers_know_their_pod() {
    let labels = json!({
        "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.uid": "0d1e", "io.kubernetes.sandbox.id": sample::NEIGHBOUR,
    });
    let mut member = sample::container();
    member["Config"]["Labels"] = labels.clone();
    member["Name"] = json!("/k8s_web_web-0_shop_0d1e_0");
    let pod = of(&member).pod.unwrap();
    assert_eq!(&*pod.id, sample::NEIGHBOUR);
    assert_eq!(pod.name.as_deref(), Some("web-0"));
    assert_eq!(pod.namespace.as_deref(), Some("shop"));
    assert_eq!(pod.uid.as_deref(), Some("0d1e"));
    assert_eq!(pod.labels, None);
    let mut sandbox = sample::container();
    sandbox["Name"] = json!("/k8s_POD_web-0_shop_0d1e_0");
    sandbox["Config"]["Labels"] = labels;
    sandbox["Config"]["Labels"]["app"] = json!("web");
    let info = of(&sandbox);
    assert_eq!(info.kind, ContainerKind::Sandbox);
    let pod = info.pod.unwrap();
    assert_eq!(&*pod.id, sample::CONTAINER);
    assert_eq!(pod.ip, info.ip);
    assert_eq!(
        pod.labels.as_ref().unwrap().get("app").map(AsRef::as_ref),
        Some("web")
    );
}
