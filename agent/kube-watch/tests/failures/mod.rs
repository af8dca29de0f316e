//! What goes wrong, and that the cluster is known as it is afterwards.

mod connections;
mod many;
mod meshes;
mod refusals;
mod replies;

use crate::api_server::ApiServer;
use crate::scenarios::{Watched, config};
use saker_kube_metadata::{Kind, Scope};
use saker_kube_watch::{KindCounters, KubeConfig, TroubleKind};
use serde_json::{Value, json};

/// The node of these tests.
const NODE: &str = "saker-node-a";

fn node_config(server: &ApiServer) -> KubeConfig {
    config(&server.kubeconfig(), NODE)
}

/// Makes a pod. Returns its uid.
fn make_pod(server: &ApiServer, name: &str, node: &str) -> String {
    let object = pod(name, node);
    let made = server.change(|store| store.create("/pods", "shop", object));
    let made = made.expect("a new pod");
    made["metadata"]["uid"].as_str().expect("a uid").to_owned()
}

fn pod(name: &str, node: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "shop"}},
        "spec": {"nodeName": node, "containers": [{"name": "main"}]},
        "status": {"phase": "Running"}
    })
}

/// Counts of the watch of pods.
fn counters(watched: &Watched) -> KindCounters {
    let statuses = watched.watch.status();
    statuses.get(&Kind::Pods).expect("pods").counters.clone()
}

/// How often the watch of pods had a trouble.
fn troubles(watched: &Watched, kind: TroubleKind) -> u64 {
    counters(watched).troubles.get(&kind).copied().unwrap_or(0)
}

/// What is wrong with the watch of a kind now.
fn trouble(watched: &Watched, kind: Kind) -> Option<TroubleKind> {
    let statuses = watched.watch.status();
    statuses
        .get(&kind)?
        .trouble
        .as_ref()
        .map(|trouble| trouble.kind)
}

/// Watches the pods of the cluster.
async fn all_pods(server: &ApiServer) -> Watched {
    Watched::synced(node_config(server), Scope::CLUSTER_PODS).await
}
