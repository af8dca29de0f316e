//! What is asserted of any API server: the one of these tests, and a real one.

pub(crate) mod objects;
pub(crate) mod owners;
pub(crate) mod pods;
pub(crate) mod services;

use objects::Objects;
use saker_kube_metadata::{Answer, Cluster, Endpoint, Limits, Pod, Scope};
use saker_kube_watch::{Backoff, KubeConfig, KubeWatch};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longest time until what happened on the server is known here.
const PATIENCE: Duration = Duration::from_secs(20);

/// Short ones, so that tests are.
pub(crate) const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_millis(400),
};

/// A cluster that is watched, as long as it is held.
pub(crate) struct Watched {
    pub(crate) cluster: Cluster,
    pub(crate) watch: KubeWatch,
    pub(crate) scope: watch::Sender<Scope>,
    serving: JoinHandle<()>,
}

impl Watched {
    /// Begins to watch, and does not wait for anything.
    pub(crate) async fn begin(config: KubeConfig, scope: Scope) -> Self {
        let limits = Limits {
            // What is gone is forgotten as soon as `forget_ended` is called.
            kept: Duration::ZERO,
            wait: Duration::from_millis(100),
            ..Limits::default()
        };
        let cluster = Cluster::new(limits, Box::new(|| {}));
        let watch = KubeWatch::connect(config).await.expect("a configuration");
        let watch = watch.expect("a server");
        let (scope, wanted) = watch::channel(scope);
        let serving = {
            let (watch, cluster) = (watch.clone(), cluster.clone());
            tokio::spawn(async move { watch.serve(cluster, wanted).await })
        };
        Self {
            cluster,
            watch,
            scope,
            serving,
        }
    }

    /// Watches, and waits until everything was listed.
    pub(crate) async fn synced(config: KubeConfig, scope: Scope) -> Self {
        let watched = Self::begin(config, scope).await;
        let synced = tokio::time::timeout(PATIENCE, watched.watch.synced()).await;
        synced.unwrap_or_else(|_| panic!("not synced: {:?}", watched.watch.status()));
        watched
    }

    pub(crate) fn pod(&self, uid: &str) -> Option<Arc<Pod>> {
        self.cluster.pod(uid).known()
    }

    pub(crate) fn endpoint(&self, address: &str) -> Answer<Endpoint> {
        self.cluster.endpoint(address.parse().expect("an address"))
    }

    /// Whether a pod that is gone was noticed: then it is no longer known without being kept.
    pub(crate) fn is_gone(&self, uid: &str) -> bool {
        self.cluster.forget_ended();
        self.pod(uid).is_none()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// How a client reaches a server.
pub(crate) fn config(kubeconfig: &Path, node: &str) -> KubeConfig {
    KubeConfig {
        kubeconfig: Some(kubeconfig.to_owned()),
        node_name: Some(node.to_owned()),
        backoff: BACKOFF,
        ..KubeConfig::default()
    }
}

/// Waits until something is the case.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// All that does not need anything to go wrong.
pub(crate) async fn all(kubeconfig: &Path) {
    let objects = Objects::begin(kubeconfig).await;
    pods::pods_of_this_node(kubeconfig, &objects).await;
    pods::changes_of_pods(kubeconfig, &objects).await;
    pods::a_static_pod(kubeconfig, &objects).await;
    owners::chains_of_owners(kubeconfig, &objects).await;
    owners::namespaces(kubeconfig, &objects).await;
    services::services_of_a_pod(kubeconfig, &objects).await;
    services::addresses(kubeconfig, &objects).await;
    services::network_policies(kubeconfig, &objects).await;
    pods::what_the_rules_need_changes(kubeconfig, &objects).await;
    pods::what_the_server_says_of_itself(kubeconfig).await;
    objects.end().await;
}
