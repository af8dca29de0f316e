//! The same as against the API server of the tests, against a real one.
//!
//! `cargo xtask kube-test` runs it. It makes namespaces and nodes whose names begin with `saker-`.

mod scenarios;

use std::path::PathBuf;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Kubernetes API server that SAKER_KUBECONFIG names"]
async fn real_api_server() {
    let kubeconfig = std::env::var_os("SAKER_KUBECONFIG").expect("SAKER_KUBECONFIG names a file");
    scenarios::all(&PathBuf::from(kubeconfig)).await;
}
