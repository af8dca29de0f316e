//! Who tells about containers and pods: asked on a thread of its own.

mod files;

use crate::config::{ClusterSource, FactsConfig};
use anyhow::Context;
use files::ClusterFiles;
use saker_container_metadata::{Containers, Limits, Requests};
use saker_container_runtimes::{Runtimes, RuntimesConfig};
use saker_kube_metadata::{Cluster, Limits as ClusterLimits, Scope};
use saker_kube_watch::{ConnectError, KubeConfig, KubeWatch};
use saker_policy_audit::{MeshHandle, NetworkPolicyHandle};
use saker_process_state::ContainerChange;
use saker_rule_fields::{Facts, Needs, RegoHandle};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

/// How long a cluster may take to be listed before the agent says that it is ready nevertheless.
const SYNC_WAIT: Duration = Duration::from_secs(30);

/// Wakes the thread that waits for facts, once it is known.
#[derive(Clone, Default)]
pub(crate) struct Waker(Arc<OnceLock<Thread>>);

impl Waker {
    /// From now on this thread is woken.
    pub(crate) fn wakes(&self, thread: &Thread) {
        self.0.get_or_init(|| thread.clone());
    }

    /// What calls it when something became known.
    fn on_change(&self) -> Box<dyn Fn() + Send + Sync> {
        let thread = Arc::clone(&self.0);
        Box::new(move || {
            if let Some(thread) = thread.get() {
                thread.unpark();
            }
        })
    }
}

/// The thread that asks. It ends when this is dropped.
pub(crate) struct FactSources {
    kube: Option<KubeWatch>,
    files: Option<ClusterFiles>,
    scope: watch::Sender<Scope>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FactSources {
    /// Starts to ask whom the configuration names; gives what will be known.
    pub(crate) fn start(
        config: FactsConfig,
        needs: Needs,
        waker: &Waker,
    ) -> anyhow::Result<(Facts, Self)> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the asynchronous runtime of containers and pods")?;
        let (kube, files) = match config.cluster {
            None => (None, None),
            Some(ClusterSource::Server(config)) => (runtime.block_on(connect(config))?, None),
            Some(ClusterSource::Manifests { path, node_name }) => {
                (None, Some(ClusterFiles::read(path, node_name)?))
            }
        };
        let limits = Limits {
            wait: config.wait,
            kept: config.kept,
            ..Limits::default()
        };
        let (containers, requests) = Containers::new(limits, waker.on_change());
        let limits = ClusterLimits {
            wait: config.wait,
            kept: config.kept,
            ..ClusterLimits::default()
        };
        let cluster = match (&kube, &files) {
            (None, None) => Cluster::unknown(),
            _ => Cluster::new(limits, waker.on_change()),
        };
        let files = files.map(|files| files.tell(cluster.clone(), needs.scope()));
        let facts = Facts {
            containers,
            mesh: MeshHandle::new(cluster.clone(), config.mtls),
            rego: RegoHandle::new(cluster.clone()),
            network_policies: NetworkPolicyHandle::new(cluster.clone()),
            cluster,
        };
        let (scope, scopes) = watch::channel(needs.scope());
        let (stop, stopped) = oneshot::channel();
        let asking = Asking {
            runtimes: config.runtimes,
            requests,
            kube: kube.clone(),
            scopes,
            facts: facts.clone(),
        };
        let thread = thread::Builder::new()
            .name("saker-facts".to_owned())
            .spawn(move || run(&runtime, asking, stopped))
            .context("cannot start the thread that asks for containers and pods")?;
        let sources = Self {
            kube,
            files,
            scope,
            stop: Some(stop),
            thread: Some(thread),
        };
        Ok((facts, sources))
    }

    /// From now on these are needed.
    pub(crate) fn need(&mut self, needs: Needs) {
        self.scope.send_replace(needs.scope());
        if let Some(files) = &mut self.files {
            files.need(needs.scope());
        }
    }

    /// Reads the files again that tell about the cluster; says what they have now. `None` where there are
    /// none. Those that cannot be used change nothing.
    pub(crate) fn read_files_again(&mut self) -> anyhow::Result<Option<String>> {
        let files = self.files.as_mut().map(ClusterFiles::read_again);
        files.transpose()
    }

    /// Waits until what is needed of the cluster was listed once, though not for ever; at once where
    /// there is none.
    pub(crate) fn synced(&self) -> impl Future<Output = ()> + use<> {
        let kube = self.kube.clone();
        async move {
            let Some(kube) = kube else { return };
            if timeout(SYNC_WAIT, kube.synced()).await.is_err() {
                tracing::warn!(
                    server = kube.server(),
                    "the cluster is not known yet; alerts lack what it has to tell"
                );
            }
        }
    }

    /// The watch of the cluster, if there is one.
    pub(crate) const fn kube(&self) -> Option<&KubeWatch> {
        self.kube.as_ref()
    }
}

impl Drop for FactSources {
    fn drop(&mut self) {
        // The other end hears that nothing will be sent.
        drop(self.stop.take());
        if self.thread.take().is_some_and(|it| it.join().is_err()) {
            tracing::error!("the thread that asks for containers and pods panicked");
        }
    }
}

/// Takes note of containers that appeared or ended: somebody is asked about the former. To be told before
/// the events that happen in them.
pub(crate) fn take_note(facts: &Facts, changes: Vec<ContainerChange>) {
    for change in changes {
        match change {
            ContainerChange::Appeared(container) => facts.containers.appeared(&container),
            ContainerChange::Ended(id) => facts.containers.ended(&id),
        }
    }
}

/// Finds the API server. A pod without an account is no error: most agents need no cluster.
async fn connect(config: KubeConfig) -> anyhow::Result<Option<KubeWatch>> {
    match KubeWatch::connect(config).await {
        Ok(watch) => Ok(watch),
        Err(error @ ConnectError::ServiceAccount(_)) => {
            let error = anyhow::Error::from(error);
            tracing::warn!("the cluster is not asked: {error:#}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whom to ask, and for whom.
struct Asking {
    runtimes: RuntimesConfig,
    requests: Requests,
    kube: Option<KubeWatch>,
    scopes: watch::Receiver<Scope>,
    facts: Facts,
}

fn run(runtime: &Runtime, asking: Asking, stopped: oneshot::Receiver<()>) {
    let Facts {
        containers,
        cluster,
        ..
    } = asking.facts;
    runtime.block_on(async {
        let runtimes = Runtimes::find(&asking.runtimes).serve(containers, asking.requests);
        let kube = async {
            match asking.kube {
                Some(kube) => kube.serve(cluster, asking.scopes).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = runtimes => {}
            () = kube => {}
            _ = stopped => {}
        }
    });
}
