//! Against the API server of these tests: when all is well, and when it is not.

mod api_server;
mod failures;
mod scenarios;

use api_server::ApiServer;
use scenarios::objects::Objects;

#[tokio::test]
async fn what_holds_for_a_real_server() {
    let server = ApiServer::start().await;
    scenarios::all(&server.kubeconfig()).await;
}

#[tokio::test]
async fn what_holds_for_an_old_server() {
    let server = ApiServer::start().await;
    server.faults().not_served = vec![
        "discovery.k8s.io/v1/endpointslices".to_owned(),
        "batch/v1/cronjobs".to_owned(),
    ];
    scenarios::all(&server.kubeconfig()).await;
    let objects = Objects::begin(&server.kubeconfig()).await;
    assert_eq!(objects.version("batch", "CronJob"), "v1beta1");
}
