//! The same as against the API server of the tests, against a real one.
//!
//! `cargo xtask kube-test` runs it. It makes namespaces, nodes and roles whose names begin with `saker-`.

mod in_cluster;
mod scenarios;

use std::path::PathBuf;

fn kubeconfig() -> PathBuf {
    let path = std::env::var_os("SAKER_KUBECONFIG");
    path.expect("SAKER_KUBECONFIG names a file").into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Kubernetes API server that SAKER_KUBECONFIG names"]
async fn real_api_server() {
    scenarios::all(&kubeconfig()).await;
}

/// In a pod, and with the role that the manifest gives, the agent may read all that it watches, and
/// nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Kubernetes API server that SAKER_KUBECONFIG names, and to mount (root)"]
async fn in_a_cluster_with_the_role_of_the_manifest() {
    if in_cluster::is_inside() {
        in_cluster::inside().await;
    } else {
        in_cluster::outside(&kubeconfig(), "in_a_cluster_with_the_role_of_the_manifest").await;
    }
}
