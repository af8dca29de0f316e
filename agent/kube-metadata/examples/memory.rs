//! How much memory a large cluster takes: `cargo run --release -p saker-kube-metadata --example memory`.
//!
//! The pods have what pods have: names and labels as deployments make them, 20 pods to a replica set,
//! an address, an owner, and a service in front of each deployment.

use saker_kube_metadata::{
    Cluster, EndpointSlice, Kind, Labels, Limits, Object, ObjectName, Owner, OwnerReference, Pod,
    PodNetwork, PodPhase, Scope, Service, WorkloadKind,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

const PODS: u32 = 10_000;
const PODS_OF_A_DEPLOYMENT: u32 = 20;
const DEPLOYMENTS_OF_A_NAMESPACE: u32 = 5;
const NODES: u32 = 200;

fn main() {
    let before = resident_kib();
    let cluster = Cluster::new(Limits::default(), Box::new(|| {}));
    cluster.set_scope(Scope::CLUSTER_PODS);
    cluster.begin_list(Kind::Pods);
    for number in 0..PODS {
        cluster.learn(Object::Pod(pod(number)));
    }
    cluster.end_list(Kind::Pods);
    cluster.forget_ended();
    let pods = resident_kib() - before;
    println!(
        "{PODS} pods: {pods} KiB, {} bytes a pod",
        pods * 1024 / u64::from(PODS)
    );

    cluster.set_scope(
        Scope::CLUSTER_PODS
            .with(Scope::OWNERS)
            .with(Scope::SERVICES),
    );
    for deployment in 0..PODS / PODS_OF_A_DEPLOYMENT {
        for object in around(deployment) {
            cluster.learn(object);
        }
    }
    cluster.forget_ended();
    let all = resident_kib() - before;
    println!(
        "with owners, services and their endpoints: {all} KiB, {} bytes a pod",
        all * 1024 / u64::from(PODS)
    );
}

fn uid(kind: u32, number: u32) -> Arc<str> {
    format!("{kind:08x}-8d3a-4b53-9c0e-{number:012x}").into()
}

fn namespace(deployment: u32) -> String {
    format!("team-{}", deployment / DEPLOYMENTS_OF_A_NAMESPACE)
}

fn labels(deployment: u32) -> Labels {
    [
        ("app.kubernetes.io/name", format!("service-{deployment}")),
        (
            "app.kubernetes.io/instance",
            format!("service-{deployment}-prod"),
        ),
        ("app.kubernetes.io/version", "1.27.3".to_owned()),
        ("app.kubernetes.io/managed-by", "Helm".to_owned()),
        ("helm.sh/chart", "service-4.2.0".to_owned()),
        (
            "pod-template-hash",
            format!("{:010x}", u64::from(deployment) * 7_919),
        ),
    ]
    .into_iter()
    .collect()
}

fn replica_set(deployment: u32) -> OwnerReference {
    OwnerReference {
        kind: WorkloadKind::ReplicaSet,
        kind_name: "ReplicaSet".into(),
        name: format!(
            "service-{deployment}-{:010x}",
            u64::from(deployment) * 7_919
        )
        .into(),
        uid: uid(1, deployment),
    }
}

fn pod(number: u32) -> Pod {
    let deployment = number / PODS_OF_A_DEPLOYMENT;
    let name = format!("{}-{:05x}", replica_set(deployment).name, number);
    Pod {
        name: ObjectName::new(&namespace(deployment), &name),
        uid: uid(0, number),
        node_uid: None,
        labels: labels(deployment).into(),
        addresses: [address(10 << 24, number)].into(),
        node: Some(
            format!(
                "ip-10-20-30-{}.eu-central-1.compute.internal",
                number % NODES
            )
            .into(),
        ),
        service_account: Some(format!("service-{deployment}").into()),
        network: PodNetwork::Own,
        phase: PodPhase::Active,
        created_s: 1_760_000_000,
        owner: Some(Arc::new(replica_set(deployment))),
        ..Pod::default()
    }
}

fn address(base: u32, number: u32) -> IpAddr {
    Ipv4Addr::from_bits(base + number).into()
}

/// What there is around the pods of a deployment.
fn around(deployment: u32) -> [Object; 4] {
    let name = format!("service-{deployment}");
    let reference = OwnerReference {
        kind: WorkloadKind::Deployment,
        kind_name: "Deployment".into(),
        name: name.as_str().into(),
        uid: uid(2, deployment),
    };
    let owner = |kind, uid, owner| {
        Object::Owner(Owner {
            kind,
            uid,
            labels: labels(deployment).into(),
            owner,
        })
    };
    let first = deployment * PODS_OF_A_DEPLOYMENT;
    [
        owner(WorkloadKind::Deployment, uid(2, deployment), None),
        owner(
            WorkloadKind::ReplicaSet,
            uid(1, deployment),
            Some(Arc::new(reference)),
        ),
        Object::Service(Service {
            name: ObjectName::new(&namespace(deployment), &name),
            uid: uid(3, deployment),
            labels: labels(deployment).into(),
            addresses: [address(172 << 24, deployment)].into(),
            ..Service::default()
        }),
        Object::EndpointSlice(EndpointSlice {
            name: ObjectName::new(&namespace(deployment), &format!("{name}-x7k2p")),
            service: name.into(),
            pods: (first..first + PODS_OF_A_DEPLOYMENT)
                .map(|n| uid(0, n))
                .collect(),
        }),
    ]
}

/// Resident memory of this process.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the state of this process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("VmRSS");
    let number = line.trim().trim_end_matches(" kB");
    number.parse().expect("a number")
}
