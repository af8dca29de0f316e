//! Time of a verdict with 5,000 network policies and 10,000 pods:
//! `cargo run --release -p saker-policy-audit --example network-policy-bench`.
//!
//! Each line is a way to lay the policies out: nanoseconds of a verdict over both ends (the median of many
//! rounds), microseconds to put all policies in order, and resident memory of the index and the policies.

use saker_kube_metadata::{
    AddressBlock, LabelTest, Labels, NetworkPolicy, ObjectName, Pod, PolicyPeer, PolicyPort,
    PolicyPorts, PolicyProtocol, PolicyRule, Requirement, Selector,
};
use saker_policy_audit::{NetworkFlow, NetworkParty, NetworkPolicies};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

const POLICIES: u32 = 5_000;
const PODS: u32 = 10_000;
const PODS_OF_A_WORKLOAD: u32 = 20;
/// Time for each line.
const ROUNDS_TIME: Duration = Duration::from_secs(1);
/// Verdicts between two looks at the clock.
const ROUND: u32 = 100;

/// How policies lie in namespaces.
#[derive(Clone, Copy)]
struct Layout {
    name: &'static str,
    namespaces: u32,
    selects: Selects,
}

#[derive(Clone, Copy)]
enum Selects {
    /// Each policy is about one workload.
    Workload,
    /// Each policy is about all pods of its namespace.
    All,
}

fn main() {
    println!(
        "{:<58} {:>9} {:>10} {:>9}",
        "layout", "ns", "order us", "KiB"
    );
    for layout in [
        Layout {
            name: "100 namespaces, policies about one workload each",
            namespaces: 100,
            selects: Selects::Workload,
        },
        Layout {
            name: "1 namespace, policies about one workload each",
            namespaces: 1,
            selects: Selects::Workload,
        },
        Layout {
            name: "100 namespaces, policies about all pods (50 for each pod)",
            namespaces: 100,
            selects: Selects::All,
        },
        Layout {
            name: "1 namespace, policies about all pods (5,000 for each pod)",
            namespaces: 1,
            selects: Selects::All,
        },
    ] {
        measure(layout);
    }
}

fn measure(layout: Layout) {
    let pods: Vec<Pod> = (0..PODS).map(|number| pod(number, layout)).collect();
    let before = resident_kib();
    let typed: Vec<Arc<NetworkPolicy>> = (0..POLICIES).map(|n| policy(n, layout)).collect();
    let begin = Instant::now();
    let policies = NetworkPolicies::new(typed);
    let order_us = begin.elapsed().as_micros();
    let memory_kib = resident_kib().saturating_sub(before);
    let mut rounds = Vec::new();
    let begin = Instant::now();
    let mut number = 0_usize;
    while begin.elapsed() < ROUNDS_TIME {
        let round = Instant::now();
        for _ in 0..ROUND {
            number = number.wrapping_add(7_919);
            let (source, destination) =
                (&pods[number % pods.len()], &pods[(number / 3) % pods.len()]);
            black_box(policies.verdict(&flow(source, destination)));
        }
        rounds.push(round.elapsed().as_nanos() / u128::from(ROUND));
    }
    rounds.sort_unstable();
    let ns = rounds[rounds.len() / 2];
    println!("{:<58} {ns:>9} {order_us:>10} {memory_kib:>9}", layout.name);
}

fn flow<'a>(source: &'a Pod, destination: &'a Pod) -> NetworkFlow<'a> {
    let party = |pod: &'a Pod| NetworkParty::Pod {
        pod,
        namespace: None,
        address: pod.addresses.first().copied(),
    };
    NetworkFlow {
        source: party(source),
        destination: party(destination),
        protocol: PolicyProtocol::Tcp,
        port: Some(8080),
    }
}

fn pod(number: u32, layout: Layout) -> Pod {
    let workload = number / PODS_OF_A_WORKLOAD;
    let labels = [
        ("app".to_owned(), format!("app-{workload}")),
        ("app.kubernetes.io/part-of".to_owned(), "system".to_owned()),
        ("pod-template-hash".to_owned(), format!("{workload:08x}")),
        ("tier".to_owned(), "backend".to_owned()),
    ];
    let address = Ipv4Addr::from_bits(0x0a00_0000 + number);
    Pod {
        name: ObjectName::new(
            &namespace(workload, layout),
            &format!("app-{workload}-{number}"),
        ),
        uid: format!("{number:08x}").into(),
        labels: Arc::new(Labels::from_iter(labels)),
        addresses: [IpAddr::from(address)].into(),
        node: Some(format!("node-{}", number % 200).into()),
        ..Pod::default()
    }
}

fn namespace(workload: u32, layout: Layout) -> String {
    format!("team-{}", workload % layout.namespaces)
}

/// Ten policies for each workload: who may come in, where it may go.
fn policy(number: u32, layout: Layout) -> Arc<NetworkPolicy> {
    let workloads = PODS / PODS_OF_A_WORKLOAD;
    let workload = number % workloads;
    let of = |workload: u32| Selector {
        requirements: [Requirement {
            key: "app".into(),
            test: LabelTest::In([format!("app-{workload}").into()].into()),
        }]
        .into(),
    };
    let rule = |other: u32| PolicyRule {
        peers: [
            PolicyPeer::Pods {
                namespaces: None,
                pods: Some(of(other % workloads)),
            },
            PolicyPeer::Addresses {
                block: AddressBlock {
                    address: Ipv4Addr::new(198, 51, 100, 0).into(),
                    prefix_bits: 24,
                },
                except: Box::default(),
            },
        ]
        .into(),
        ports: [PolicyPort {
            protocol: PolicyProtocol::Tcp,
            ports: PolicyPorts::Range {
                first: 8080,
                last: 8080,
            },
        }]
        .into(),
    };
    Arc::new(NetworkPolicy {
        name: ObjectName::new(&namespace(workload, layout), &format!("policy-{number}")),
        uid: format!("{number:08x}").into(),
        pods: match layout.selects {
            Selects::Workload => of(workload),
            Selects::All => Selector::default(),
        },
        ingress: Some([rule(number + 1), rule(number + 100)].into()),
        egress: Some([rule(number + 200), rule(number + 300)].into()),
    })
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let words = line.and_then(|line| line.split_whitespace().next());
    words
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
