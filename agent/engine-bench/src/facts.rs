//! What a runtime and an API server would have told of the node and its cluster.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use saker_container_metadata::{ContainerInfo, Containers, Image, Limits, Mount, PodSandbox};
use saker_kube_metadata::{
    Cluster, Kind, Object, ObjectName, Owner, OwnerReference, Pod, PodNetwork, PodPhase, Scope,
    WorkloadKind,
};
use saker_process_state::{ContainerId, ContainerRef, Runtime, container_of};
use saker_rule_fields::Facts;

use crate::stream::{Stream, pod_uid};

/// Pods of one deployment.
const REPLICAS: u64 = 20;
/// Deployments of one namespace.
const DEPLOYMENTS: u64 = 5;
/// The first address of pods.
const FIRST_ADDRESS: u32 = 10 << 24;

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Containers that the runtime of the node knows; those of the stream are among them.
    pub containers: u64,
    /// Pods that the API server knows; those of the containers are among them.
    pub pods: u64,
}

/// Tells everything about the containers of a stream, and about so many others.
#[must_use]
pub fn facts(stream: &Stream, extent: Extent) -> Facts {
    let (containers, mut requests) = Containers::new(Limits::default(), Box::new(|| {}));
    let of_stream = stream
        .cgroups()
        .values()
        .filter_map(|path| container_of(path));
    let mut known: Vec<ContainerRef> = of_stream.collect();
    known.sort_by(|one, other| one.cgroup_path.cmp(&other.cgroup_path));
    let seen = u64::try_from(known.len()).unwrap_or(u64::MAX);
    known.extend((seen..extent.containers).map(|number| unseen(number.wrapping_add(1))));
    for (number, container) in (1..).zip(known) {
        let info = info(&container, number);
        containers.appeared(&Arc::new(container));
        containers.learn(info);
        // Nobody is asked: the answer is there.
        drop(requests.try_recv());
    }
    let cluster = Cluster::new(saker_kube_metadata::Limits::default(), Box::new(|| {}));
    cluster.set_scope(Scope::CLUSTER_PODS.with(Scope::OWNERS));
    list(
        &cluster,
        Kind::Pods,
        (1..=extent.pods).map(|number| Object::Pod(pod(number))),
    );
    let deployments = || 0..=extent.pods / REPLICAS;
    list(
        &cluster,
        Kind::ReplicaSets,
        deployments().map(|number| {
            let above = reference(WorkloadKind::Deployment, number);
            owner(WorkloadKind::ReplicaSet, number, Some(Arc::new(above)))
        }),
    );
    list(
        &cluster,
        Kind::Deployments,
        deployments().map(|number| owner(WorkloadKind::Deployment, number, None)),
    );
    Facts {
        containers,
        cluster,
        ..Facts::none()
    }
}

fn list(cluster: &Cluster, kind: Kind, objects: impl Iterator<Item = Object>) {
    cluster.begin_list(kind);
    for object in objects {
        cluster.learn(object);
    }
    cluster.end_list(kind);
}

/// A container in which nothing of the stream happens.
fn unseen(number: u64) -> ContainerRef {
    ContainerRef {
        id: ContainerId::new(&format!("{number:064x}")),
        runtime: Runtime::Containerd,
        pod_uid: Some(pod_uid(number).into()),
        cgroup_path: Box::default(),
    }
}

/// What containerd says about a container of a deployment with a service account.
fn info(container: &ContainerRef, number: u64) -> ContainerInfo {
    let deployment = number / REPLICAS;
    let labels = [
        ("io.kubernetes.container.name", "server".to_owned()),
        ("io.kubernetes.pod.name", pod_name(number)),
        ("io.kubernetes.pod.namespace", namespace(deployment)),
        ("io.kubernetes.pod.uid", pod_uid(number)),
    ]
    .map(|(key, value)| (key.into(), value.into()));
    let mounts = ["etc-hosts", "token", "data"].map(|name| Mount {
        source: format!("/var/lib/kubelet/pods/{}/volumes/{name}", pod_uid(number)).into(),
        destination: format!("/mnt/{name}").into(),
        is_writable: true,
        propagation: "private".into(),
        ..Mount::default()
    });
    let repository = format!("registry.example.com/shop/service-{deployment}");
    ContainerInfo {
        name: Some("server".into()),
        image: Image {
            reference: Some(format!("{repository}:1.2.3").into()),
            id: Some(format!("{deployment:064x}").into()),
            repository: Some(repository.into()),
            tag: Some("1.2.3".into()),
            digest: Some(format!("sha256:{deployment:064x}").into()),
        },
        privileged: Some(false),
        mounts: Some(mounts.into()),
        labels: Some(labels.into()),
        pod: Some(Arc::new(PodSandbox {
            id: format!("{number:064x}").into(),
            name: Some(pod_name(number).into()),
            namespace: Some(namespace(deployment).into()),
            uid: Some(pod_uid(number).into()),
            labels: Some([("app".into(), format!("service-{deployment}").into())].into()),
            ip: Some(address(number)),
            cni_json: Some(format!("{:300}", "{}").into()),
        })),
        ..ContainerInfo::new(container.id.clone(), Runtime::Containerd)
    }
}

fn pod(number: u64) -> Pod {
    let deployment = number / REPLICAS;
    let labels = [
        ("app.kubernetes.io/name", format!("service-{deployment}")),
        ("app.kubernetes.io/version", "1.27.3".to_owned()),
        ("app.kubernetes.io/managed-by", "Helm".to_owned()),
        ("pod-template-hash", format!("{deployment:010x}")),
    ];
    Pod {
        name: ObjectName::new(&namespace(deployment), &pod_name(number)),
        uid: pod_uid(number).into(),
        node_uid: None,
        labels: Arc::new(labels.into_iter().collect()),
        addresses: [address(number)].into(),
        node: Some(format!("node-{}", number % 200).into()),
        service_account: Some(format!("service-{deployment}").into()),
        network: PodNetwork::Own,
        phase: PodPhase::Active,
        created_s: 1_760_000_000,
        owner: Some(Arc::new(reference(WorkloadKind::ReplicaSet, deployment))),
        ..Pod::default()
    }
}

fn owner(kind: WorkloadKind, deployment: u64, above: Option<Arc<OwnerReference>>) -> Object {
    let labels = [("app.kubernetes.io/name", format!("service-{deployment}"))];
    Object::Owner(Owner {
        kind,
        uid: reference(kind, deployment).uid,
        labels: Arc::new(labels.into_iter().collect()),
        owner: above,
    })
}

fn reference(kind: WorkloadKind, deployment: u64) -> OwnerReference {
    let (kind_name, prefix, suffix) = match kind {
        WorkloadKind::Deployment => ("Deployment", 2, String::new()),
        _ => ("ReplicaSet", 1, format!("-{deployment:010x}")),
    };
    OwnerReference {
        kind,
        kind_name: kind_name.into(),
        name: format!("service-{deployment}{suffix}").into(),
        uid: format!("{prefix:08x}-8d3a-4b53-9c0e-{deployment:012x}").into(),
    }
}

fn namespace(deployment: u64) -> String {
    format!("team-{}", deployment / DEPLOYMENTS)
}

fn pod_name(number: u64) -> String {
    let deployment = number / REPLICAS;
    format!("service-{deployment}-{deployment:010x}-{number:05x}")
}

fn address(number: u64) -> IpAddr {
    let offset = u32::try_from(number).unwrap_or(u32::MAX - FIRST_ADDRESS);
    Ipv4Addr::from_bits(FIRST_ADDRESS.saturating_add(offset)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use saker_container_metadata::Expectation;

    #[test]
    fn everything_about_the_containers_of_a_stream_is_known() {
        let stream = Stream::new(&crate::Shape::default());
        let extent = Extent {
            containers: 100,
            pods: 200,
        };
        let facts = facts(&stream, extent);
        assert_eq!(facts.containers.stats().containers, 100);
        let containers = stream
            .cgroups()
            .values()
            .filter_map(|path| container_of(path));
        let mut seen = 0;
        for container in containers {
            let answer = facts.containers.get(&container.id);
            assert_eq!(answer.expectation, Expectation::Complete);
            let uid = container.pod_uid.expect("a pod");
            let pod = facts.cluster.pod(&uid).known().expect("the pod");
            let deployment = facts.cluster.owner(&pod, WorkloadKind::Deployment);
            assert!(deployment.known().is_some());
            seen += 1;
        }
        assert!(seen > 0);
    }
}
