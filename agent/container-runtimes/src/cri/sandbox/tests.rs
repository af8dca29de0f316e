use super::*;
use crate::cri::messages::{PodSandboxNetworkStatus, PodSandboxStatus};

fn sandbox(id: &str, ip: &str) -> Sandbox {
    let status = PodSandboxStatus {
        id: id.to_owned(),
        network: Some(PodSandboxNetworkStatus { ip: ip.to_owned() }),
        ..PodSandboxStatus::default()
    };
    let answer = PodSandboxStatusResponse {
        status: Some(status),
        info: HashMap::new(),
    };
    Sandbox::read(answer, 100).unwrap()
}

fn cni(json: &str) -> Option<String> {
    cni_json(&HashMap::from([("info".to_owned(), json.to_owned())])).map(String::from)
}

#[test]
fn the_network_plugins_interfaces_are_the_pods() {
    for (json, expected) in [
        (r#"{}"#, None),
        (r#"{"cniResult": null}"#, None),
        (r#"{"cniResult": {}}"#, None),
        (
            r#"{"cniResult": {"Interfaces": {"lo": {}, "eth0": {"Mac": "x"}, "veth0": {}}}}"#,
            Some(r#"{"eth0":{"Mac":"x"}}"#),
        ),
        (
            r#"{"cniResult": {"interfaces": [{"name": "lo"}, {"name": "eth0"}, {"mtu": 1}]}}"#,
            Some(r#"[{"name":"eth0"},{"mtu":1}]"#),
        ),
        (
            r#"{"runtimeSpec": {"annotations": {"io.kubernetes.cri-o.CNIResult": "{ }"}}}"#,
            Some("{ }"),
        ),
        (r#"{"runtimeSpec": {"annotations": {}}}"#, None),
    ] {
        assert_eq!(cni(json).as_deref(), expected, "{json}");
    }
    let long = format!(
        r#"{{"runtimeSpec": {{"annotations": {{"io.kubernetes.cri-o.CNIResult": "{}"}}}}}}"#,
        "x".repeat(5_000)
    );
    assert_eq!(cni(&long).unwrap().len(), 4_096);
}

#[test]
fn an_address_that_is_none_is_not_shown() {
    assert_eq!(sandbox("a", "10.0.0.1").pod.ip, "10.0.0.1".parse().ok());
    assert_eq!(sandbox("a", "fd00::1").pod.ip, "fd00::1".parse().ok());
    assert_eq!(sandbox("a", "").pod.ip, None);
    assert_eq!(sandbox("a", "10.0.0.1/24").pod.ip, None);
}

#[test]
fn the_number_of_kept_sandboxes_is_bounded() {
    let sandboxes = Sandboxes::default();
    for number in 0..SANDBOXES_MAX + 10 {
        sandboxes.keep(sandbox(&number.to_string(), "10.0.0.1"));
        sandboxes.keep(sandbox("always", "10.0.0.1"));
    }
    sandboxes.lock(|kept| {
        assert_eq!(kept.sandboxes.len(), SANDBOXES_MAX);
        assert_eq!(kept.order.len(), SANDBOXES_MAX);
    });
    assert!(sandboxes.get("0").is_none());
    let last = (SANDBOXES_MAX + 9).to_string();
    assert!(sandboxes.get(&last).is_some());
    sandboxes.forget(&last);
    assert!(sandboxes.get(&last).is_none());
    sandboxes.forget("never there");
    sandboxes.lock(|kept| assert_eq!(kept.order.len(), SANDBOXES_MAX - 1));
}
