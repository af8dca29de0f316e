//! Reads a cluster and says how long that took, and how much memory:
//! `cargo run --release -p saker-kube-watch --example sync -- ~/.kube/config`.

use saker_kube_metadata::{Cluster, Limits, Scope};
use saker_kube_watch::{KubeConfig, KubeWatch};
use std::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let kubeconfig = std::env::args_os()
        .nth(1)
        .expect("the path of a kubeconfig");
    let config = KubeConfig {
        kubeconfig: Some(kubeconfig.into()),
        ..KubeConfig::default()
    };
    let watch = KubeWatch::connect(config).await.expect("a configuration");
    let watch = watch.expect("a server");
    println!(
        "server: {} {:?}",
        watch.server(),
        watch.server_version().await
    );
    let before = memory_kib("VmRSS:");
    let cluster = Cluster::new(Limits::default(), Box::new(|| {}));
    let everything = Scope::CLUSTER_PODS
        .with(Scope::NAMESPACES)
        .with(Scope::SERVICES)
        .with(Scope::OWNERS)
        .with(Scope::NODES)
        .with(Scope::NETWORK_POLICIES);
    let (_scope, wanted) = tokio::sync::watch::channel(everything);
    let began = Instant::now();
    let serving = {
        let (watch, cluster) = (watch.clone(), cluster.clone());
        tokio::spawn(async move { watch.serve(cluster, wanted).await })
    };
    watch.synced().await;
    println!("synced in {:?}", began.elapsed());
    for (kind, numbers) in cluster.stats().kinds {
        println!("{:>22}: {}", kind.name(), numbers.objects);
    }
    for (kind, status) in watch.status() {
        if let Some(trouble) = status.trouble {
            println!("{}: {trouble}", kind.name());
        }
    }
    let (now, most) = (memory_kib("VmRSS:"), memory_kib("VmHWM:"));
    println!(
        "resident: {} KiB more than before, at most {} KiB",
        now - before,
        most - before
    );
    serving.abort();
}

/// Memory of this process, by the name of a line of its state.
fn memory_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the state of this process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .expect("the line");
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}
