//! What alerts say of containers and their pods.

use crate::scene::{PATIENCE, Watch, expect_complete, expect_fields, field};
use saker_kernel_tests::containerd::{
    Container, Containerd, HostFolder, IMAGE, MARKER, Namespaces, Pod, REPOSITORY, Sandbox,
};
use serde_json::Value;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A container whose program waits, so that others can be run beside it.
fn waiting(name: &str) -> Container {
    Container::new(name, IMAGE, &["pause"])
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|&(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn now_ns() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a time after 1970").as_nanos()
}

/// Asserts what every container of a pod says alike.
fn expect_pod(alert: &Value, containerd: &Containerd, sandbox: &Sandbox, id: &str) {
    let client = containerd.client();
    let image = containerd.block_on(client.image_of(id)).expect("a status");
    let digest = image.strip_prefix(&format!("{REPOSITORY}@"));
    let image_id = containerd.block_on(client.image_id(IMAGE));
    let image_id = image_id.expect("an answer").expect("the image");
    let pod = &sandbox.pod;
    expect_fields(
        alert,
        &[
            ("container.id", &id[..12]),
            ("container.full_id", id),
            ("container.type", "containerd"),
            ("container.image", IMAGE),
            ("container.image.id", image_id.trim_start_matches("sha256:")),
            ("container.image.repository", REPOSITORY),
            ("container.image.tag", "1.4"),
            ("container.image.digest", digest.expect("the repository")),
            ("k8s.ns.name", &pod.namespace),
            ("k8s.pod.name", &pod.name),
            ("k8s.pod.id", &pod.uid),
            ("k8s.pod.uid", &pod.uid),
            ("k8s.pod.sandbox_id", &sandbox.id[..12]),
            ("k8s.pod.full_sandbox_id", &sandbox.id),
        ],
    );
    expect_complete(alert);
}

#[test]
fn a_container_of_a_pod_is_described_whole() {
    let containerd = Containerd::start();
    let mut watch = Watch::beside(&containerd);
    let before = now_ns();
    let sandbox = containerd.run(Pod {
        labels: pairs(&[("app", "cart"), ("track", "stable")]),
        ..Pod::new("cart-6d4b75cb6d-hswfj")
    });
    let folder = containerd.host_root().join("data");
    std::fs::create_dir(&folder).expect("a folder to mount");
    let folder = folder.to_str().expect("text");
    let mount = |destination: &str, is_read_only| HostFolder {
        source: folder.to_owned(),
        destination: destination.to_owned(),
        is_read_only,
    };
    let id = containerd.launch(
        &sandbox,
        &Container {
            mounts: vec![mount("/data", false), mount("/config", true)],
            labels: pairs(&[("tier", "backend")]),
            ..waiting("web")
        },
    );
    containerd.look_in(&id);
    let alert = watch.alert_of(&id);
    expect_pod(&alert, &containerd, &sandbox, &id);
    let address = containerd.block_on(containerd.client().address(&sandbox));
    let address = address.expect("an answer");
    assert!(address.starts_with("10.88."), "{address}");
    expect_fields(
        &alert,
        &[
            ("container.name", "web"),
            ("container.privileged", "false"),
            (
                "container.mounts",
                &format!("{folder}:/data::true:private,{folder}:/config::false:private"),
            ),
            (
                "container.mount[0]",
                &format!("{folder}:/data::true:private"),
            ),
            ("container.mount.source[/data]", folder),
            ("container.mount.dest[0]", "/data"),
            ("container.mount.mode[0]", ""),
            ("container.mount.rdwr[0]", "true"),
            ("container.mount.rdwr[1]", "false"),
            ("container.mount.propagation[0]", "private"),
            ("container.ip", &address),
            ("container.host_pid", "false"),
            ("container.host_network", "false"),
            ("container.host_ipc", "false"),
            ("container.label[tier]", "backend"),
            ("container.label[io.kubernetes.container.name]", "web"),
            ("container.labels", "tier:backend"),
            ("k8s.pod.label[app]", "cart"),
            ("k8s.pod.labels", "app:cart, track:stable"),
            ("k8s.pod.ip", &address),
        ],
    );
    // The plugin's interfaces, the loopback left out: eth0 in the pod, its end on the bridge, the bridge.
    let network = field(&alert, "container.cni.json");
    let network: Value = serde_json::from_str(&network).expect("JSON");
    assert!(network.to_string().contains("saker0"), "{network}");
    assert_eq!(
        field(&alert, "k8s.pod.cni.json"),
        field(&alert, "container.cni.json")
    );
    // The server says it a moment later: the container was known before it was started.
    let limit = Instant::now() + PATIENCE;
    let (started, lasted): (u128, u128) = loop {
        let seen = watch.all_of(&id).len();
        containerd.look_in(&id);
        let alert = watch.wait_for_alerts(&id, seen + 1).swap_remove(seen);
        let number = |name| field(&alert, name).parse();
        if let (Ok(started), Ok(lasted)) =
            (number("container.start_ts"), number("container.duration"))
        {
            break (started, lasted);
        }
        assert!(Instant::now() < limit, "{alert:#}");
    };
    let now = now_ns();
    assert!(before < started && started < now, "{started}");
    assert!(0 < lasted && lasted < now - before, "{lasted}");
    watch.agent.end();
}

#[test]
fn privileges_and_namespaces_of_the_host_are_told() {
    let containerd = Containerd::start();
    let mut watch = Watch::beside(&containerd);
    let host = containerd.run(Pod {
        namespaces: Namespaces::Host,
        privileged: true,
        ..Pod::new("node-agent")
    });
    let privileged = Container {
        privileged: true,
        ..waiting("probe")
    };
    let privileged = containerd.launch(&host, &privileged);
    let plain = containerd.launch(&host, &waiting("sidecar"));
    for (id, name, is_privileged) in [(&privileged, "probe", "true"), (&plain, "sidecar", "false")]
    {
        containerd.look_in(id);
        let alert = watch.alert_of(id);
        expect_pod(&alert, &containerd, &host, id);
        expect_fields(
            &alert,
            &[
                ("container.name", name),
                ("container.privileged", is_privileged),
                ("container.mounts", ""),
                ("container.ip", ""),
                ("container.host_pid", "true"),
                ("container.host_network", "true"),
                ("container.host_ipc", "true"),
                ("container.labels", ""),
                ("k8s.pod.labels", ""),
                ("k8s.pod.ip", "<NA>"),
            ],
        );
    }
    watch.agent.end();
}

#[test]
fn programs_that_end_at_once_keep_their_container() {
    const PROGRAMS: usize = 100;
    let containerd = Containerd::start();
    let mut watch = Watch::beside(&containerd);
    let sandbox = containerd.run(Pod::new("flash"));
    // Nothing waits in this container: all that it does is over before the server says that it runs.
    let count = PROGRAMS.to_string();
    let arguments = ["repeat", &count, MARKER];
    let id = containerd.launch(&sandbox, &Container::new("brief", IMAGE, &arguments));
    let alerts = watch.wait_for_alerts(&id, PROGRAMS);
    assert_eq!(alerts.len(), PROGRAMS);
    for alert in &alerts {
        expect_pod(alert, &containerd, &sandbox, &id);
        expect_fields(alert, &[("container.name", "brief")]);
        // The first process of the container is among their ancestors.
        assert_ne!(field(alert, "container.start_ts"), "<NA>");
    }
    let pids: std::collections::BTreeSet<String> = alerts
        .iter()
        .map(|alert| field(alert, "proc.pid"))
        .collect();
    assert_eq!(pids.len(), PROGRAMS);
    // Held events come in their order.
    let times: Vec<u128> = alerts
        .iter()
        .map(|alert| field(alert, "evt.rawtime").parse().expect("a time"))
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    watch.agent.end();
}
