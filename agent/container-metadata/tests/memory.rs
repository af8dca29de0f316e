//! What a container takes.

use saker_container_metadata::{
    ContainerInfo, Containers, Image, Labels, Limits, Mount, PodSandbox,
};
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use std::sync::Arc;

/// Containers of a large node.
const CONTAINERS: usize = 1_000;

/// Bytes that a container of a usual pod may take, with its pod, its place in the order of
/// forgetting, and its request.
const BYTES_MAX: i64 = 6 << 10;

fn labels(number: usize) -> Labels {
    [
        ("io.kubernetes.container.name", "server".to_owned()),
        (
            "io.kubernetes.pod.name",
            format!("shop-7c9d8b6f5-{number:05}"),
        ),
        ("io.kubernetes.pod.namespace", "production".to_owned()),
        (
            "io.kubernetes.pod.uid",
            format!("3e41dc6b-08a8-44db-bc2a-{number:012}"),
        ),
        ("io.kubernetes.sandbox.id", format!("{number:064x}")),
    ]
    .into_iter()
    .map(|(key, value)| (key.into(), value.into()))
    .collect()
}

/// A container as containerd describes one of a Deployment with a service account.
fn info(number: usize) -> ContainerInfo {
    let mounts = [
        (
            "kube-api-access-x7k2p",
            "/var/run/secrets/kubernetes.io/serviceaccount",
        ),
        ("etc-hosts", "/etc/hosts"),
        ("termination", "/dev/termination-log"),
        ("data", "/var/lib/data"),
    ];
    let mounts = mounts.map(|(name, destination)| Mount {
        source: format!("/var/lib/kubelet/pods/3e41dc6b-08a8-44db-bc2a-{number:012}/volumes/kubernetes.io~projected/{name}").into(),
        destination: destination.into(),
        mode: Box::default(),
        is_writable: true,
        propagation: "private".into(),
    });
    let pod = PodSandbox {
        id: format!("{number:064x}").into(),
        name: Some(format!("shop-7c9d8b6f5-{number:05}").into()),
        namespace: Some("production".into()),
        uid: Some(format!("3e41dc6b-08a8-44db-bc2a-{number:012}").into()),
        labels: Some(labels(number)),
        ip: "10.0.0.1".parse().ok(),
        cni_json: Some(format!("{:300}", "{}").into()),
    };
    ContainerInfo {
        name: Some("server".into()),
        image: Image {
            reference: Some("registry.example.com/shop/server:1.2.3".into()),
            id: Some(format!("{number:064x}").into()),
            repository: Some("registry.example.com/shop/server".into()),
            tag: Some("1.2.3".into()),
            digest: Some(format!("sha256:{number:064x}").into()),
        },
        privileged: Some(false),
        mounts: Some(mounts.into()),
        labels: Some(labels(number)),
        ip: pod.ip,
        cni_json: pod.cni_json.clone(),
        pod: Some(Arc::new(pod)),
        ..ContainerInfo::new(
            ContainerId::new(&format!("{number:064x}")),
            Runtime::Containerd,
        )
    }
}

#[test]
fn a_thousand_containers_take_a_few_mebibytes() {
    let (containers, mut requests) = Containers::new(Limits::default(), Box::new(|| {}));
    let taken = allocation_counter::measure(|| {
        for number in 0..CONTAINERS {
            containers.appeared(&Arc::new(ContainerRef {
                id: ContainerId::new(&format!("{number:064x}")),
                runtime: Runtime::Containerd,
                pod_uid: None,
                cgroup_path: Box::default(),
            }));
            containers.learn(info(number));
        }
        while requests.try_recv().is_ok() {}
    });
    assert_eq!(containers.stats().containers, CONTAINERS);
    let each = taken.bytes_current / i64::try_from(CONTAINERS).unwrap();
    println!("{each} bytes a container");
    assert!(each < BYTES_MAX, "{each} bytes a container");

    // What is forgotten is given back, up to the tables' own room.
    let given_back = allocation_counter::measure(|| {
        for number in 0..CONTAINERS {
            containers.learn(ContainerInfo::new(
                ContainerId::new(&format!("{number:064x}")),
                Runtime::Containerd,
            ));
        }
    });
    assert!(given_back.bytes_current < -taken.bytes_current / 2);
}
