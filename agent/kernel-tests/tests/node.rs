//! A full node of a large cluster: what the agent holds in memory there.
//!
//! It takes minutes, so it is no part of the tests: `cargo xtask bench node` runs it.

#[expect(dead_code, reason = "the tests of the watches need more of it")]
#[path = "../../kube-watch/tests/api_server/mod.rs"]
mod api_server;

use api_server::ApiServer;
use saker_kernel_tests::agent::{Agent, get, sum};
use saker_kernel_tests::containerd::{Container, Containerd, IMAGE, Pod};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// Containers of the node, in so many pods.
const CONTAINERS: usize = 1_000;
const SANDBOXES: usize = 20;

/// Pods of the cluster, and its nodes.
const PODS: usize = 10_000;
const NODES: usize = 100;

/// What the agent may hold in all, KiB.
const RESIDENT_KIB_MAX: u64 = 60 << 10;

/// Containers that are made at a time.
const WORKERS: usize = 4;

/// How long everything may take to be known.
const PATIENCE: Duration = Duration::from_secs(120);

/// A rule that needs all there is to know of containers, and of the pods of the whole cluster.
const RULE: &str = r#"
- rule: Connection to a pod
  desc: A container connected to a pod of the cluster.
  condition: evt.type = connect and container.id != host and k8s.server.kind = pod
  output: >
    connect (%container.id %container.name %container.image.repository %container.mounts %k8s.ns.name
    %k8s.pod.name %k8s.pod.labels %k8s.workload.name %k8s.client.workload.name %k8s.server.name
    %k8s.server.workload.name)
  priority: NOTICE
"#;

/// A pod as a Deployment's looks, of those parts that are asked for, and of some that are not.
fn pod(number: usize) -> Value {
    let (high, low) = (number / 250, number % 250 + 1);
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("service-{}-6d4cf56db6-{number:05}", number / 20),
            "labels": {
                "app.kubernetes.io/name": format!("service-{}", number / 20),
                "app.kubernetes.io/part-of": "shop",
                "app.kubernetes.io/version": "1.24.3",
                "pod-template-hash": "6d4cf56db6",
            },
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9090"},
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": format!("service-{}-6d4cf56db6", number / 20),
                "uid": format!("10000000-0000-4000-8000-{:012x}", number / 20),
                "controller": true,
            }],
        },
        "spec": {
            "nodeName": format!("node-{}", number % NODES),
            "serviceAccountName": format!("service-{}", number / 20),
            "containers": [{"name": "main", "image": "registry.test/shop/service:1.24.3"}],
        },
        "status": {
            "phase": "Running",
            "podIP": format!("10.{}.{high}.{low}", 100),
            "podIPs": [{"ip": format!("10.{}.{high}.{low}", 100)}],
        },
    })
}

/// The API server with all pods, and the runtime that it answers on.
fn cluster(runtime: &tokio::runtime::Runtime) -> ApiServer {
    let server = runtime.block_on(ApiServer::start());
    for number in 0..PODS {
        let namespace = format!("team-{}", number % 40);
        let made = server.change(|store| store.create("/pods", &namespace, pod(number)));
        made.expect("a new pod");
    }
    server
}

/// Starts the node's containers, which wait.
fn fill(containerd: &Containerd) {
    let pods: Vec<_> = (0..SANDBOXES)
        .map(|number| containerd.run(Pod::new(&format!("{number}-full"))))
        .collect();
    containerd.block_on(async {
        let workers: Vec<_> = (0..WORKERS)
            .map(|first| {
                let (client, pods) = (containerd.client(), pods.clone());
                tokio::spawn(async move {
                    for number in (first..CONTAINERS).step_by(WORKERS) {
                        let container =
                            Container::new(&format!("full-{number}"), IMAGE, &["pause"]);
                        let launched = client.launch(&pods[number % pods.len()], &container).await;
                        launched.expect("a container");
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.expect("a worker");
        }
    });
}

fn resident_kib(agent: &Agent, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.pid()));
    let status = status.expect("the agent runs");
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let size = line.expect("a size").trim().trim_end_matches(" kB");
    size.parse().expect("a number")
}

#[test]
#[ignore = "takes minutes: cargo xtask bench node"]
fn a_full_node_of_a_large_cluster() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let server = cluster(&runtime);
    let containerd = Containerd::start();
    fill(&containerd);
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("rules.yaml");
    std::fs::write(&rules, RULE).expect("the rule");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("its address").to_string();
    drop(port);
    let kubeconfig = server.kubeconfig();
    let arguments = [
        "--rules",
        rules.to_str().expect("text"),
        "--metrics",
        &address,
        "--node-name",
        "node-0",
        "--kubeconfig",
        kubeconfig.to_str().expect("text"),
    ];
    let agent = Agent::start_with(&arguments, |command| {
        command.env("HOST_ROOT", containerd.host_root());
    });
    let limit = Instant::now() + PATIENCE;
    let (containers, pods) = loop {
        let metrics = get(&address, "/metrics");
        let containers = sum(&metrics, "saker_containers ");
        let pods = sum(&metrics, "saker_kubernetes_objects{kind=\"pods\"}");
        if containers >= (CONTAINERS + SANDBOXES) as u64 && pods >= PODS as u64 {
            break (containers, pods);
        }
        assert!(
            Instant::now() < limit,
            "{containers} containers, {pods} pods known"
        );
        std::thread::sleep(Duration::from_millis(200));
    };
    let resident = resident_kib(&agent, "VmRSS:");
    println!(
        "| {containers} containers, {pods} pods | resident {:.1} MiB, at most {:.1} MiB |",
        resident as f64 / 1024.0,
        resident_kib(&agent, "VmHWM:") as f64 / 1024.0
    );
    assert!(resident <= RESIDENT_KIB_MAX, "{resident} KiB");
    agent.end();
}
