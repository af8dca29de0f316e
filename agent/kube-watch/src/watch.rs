//! The watches that the rules need.

use crate::board::{Board, KindStatus};
use crate::config::{self, Backoff, ConnectError, Connection, KubeConfig};
use crate::kind_watch::{KindWatch, Selection};
use crate::trouble::{Trouble, TroubleKind};
use kube::api::ListParams;
use kube::{Api, Client};
use saker_kube_manifests::{SeenMetadata, resources};
use saker_kube_metadata::{Cluster, Kind, Scope};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often what is gone since long is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(30);

/// Longest time for a question of [`KubeWatch::server_version`] and [`KubeWatch::check`].
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A client of the API server that keeps a [`Cluster`] up to date.
#[derive(Clone)]
pub struct KubeWatch {
    client: Client,
    server: String,
    node_name: Option<String>,
    backoff: Backoff,
    list_wait: Duration,
    board: Arc<Board>,
}

impl KubeWatch {
    /// Finds the API server: the one of the file that `config` names, or that of the cluster around
    /// this pod; `None` where there is neither. Nothing is sent yet.
    pub async fn connect(config: KubeConfig) -> Result<Option<Self>, ConnectError> {
        let Some(connection) = config::connect(&config).await? else {
            return Ok(None);
        };
        let Connection {
            client,
            server,
            node_name,
        } = connection;
        Ok(Some(Self {
            client,
            server,
            node_name,
            backoff: config.backoff,
            list_wait: config.list_wait,
            board: Arc::new(Board::new()),
        }))
    }

    /// Address of the API server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Name of the node that this agent runs on; `None` where it cannot be told.
    #[must_use]
    pub fn node_name(&self) -> Option<&str> {
        self.node_name.as_deref()
    }

    /// Keeps `cluster` as the API server describes it, as far as the scope asks for it, and the scope may
    /// change at any time. Ends when the sender of the scope is gone.
    pub async fn serve(&self, cluster: Cluster, mut scope: watch::Receiver<Scope>) {
        if let Some(node) = &self.node_name {
            cluster.set_own_node(node);
        }
        let mut watches = Watches::default();
        let mut forget = interval(FORGET_EVERY);
        forget.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wanted = *scope.borrow_and_update();
            self.follow(&cluster, wanted, &mut watches).await;
            loop {
                tokio::select! {
                    changed = scope.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                    _ = forget.tick() => cluster.forget_ended(),
                }
            }
        }
    }

    /// Starts and stops watches as a scope asks for.
    async fn follow(&self, cluster: &Cluster, scope: Scope, watches: &mut Watches) {
        let mut wanted: BTreeMap<Kind, Selection> = BTreeMap::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_in(scope)) {
            wanted.insert(kind, self.selection(kind, scope));
        }
        // A watch that still ran could bring back what is forgotten below.
        for (kind, running) in std::mem::take(&mut watches.running) {
            if wanted.get(&kind) == Some(&running.selection) {
                watches.running.insert(kind, running);
            } else {
                running.stop().await;
            }
        }
        cluster.set_scope(scope);
        let kinds: Vec<Kind> = wanted.keys().copied().collect();
        let new = |kind: &Kind| !watches.running.contains_key(kind);
        self.board.begin(&kinds, new);
        for (kind, selection) in wanted {
            watches.running.entry(kind).or_insert_with(|| {
                let watch = KindWatch {
                    client: self.client.clone(),
                    kind,
                    selection: selection.clone(),
                    cluster: cluster.clone(),
                    board: Arc::clone(&self.board),
                    backoff: self.backoff,
                    list_wait: self.list_wait,
                };
                let task = tokio::spawn(watch.run());
                Running { selection, task }
            });
        }
    }

    fn selection(&self, kind: Kind, scope: Scope) -> Selection {
        match &self.node_name {
            Some(node) if kind == Kind::Pods && !scope.contains(Scope::CLUSTER_PODS) => {
                Selection::OnNode(node.clone())
            }
            _ => Selection::All,
        }
    }

    /// Waits until everything that [`serve`](Self::serve) watches was listed once, or is refused in a
    /// way that waiting does not change.
    pub async fn synced(&self) {
        // The sender is `self`'s.
        drop(
            self.board
                .settled()
                .wait_for(|is_settled| *is_settled)
                .await,
        );
    }

    /// How the watches are doing.
    #[must_use]
    pub fn status(&self) -> BTreeMap<Kind, KindStatus> {
        self.board.statuses()
    }

    /// Version of the API server, such as `v1.32.1`.
    pub async fn server_version(&self) -> Result<String, Trouble> {
        let answer = timeout(ANSWER_WAIT, self.client.apiserver_version()).await;
        match answer {
            Ok(Ok(version)) => Ok(version.git_version),
            Ok(Err(error)) => Err(Trouble::of_client(&error, Kind::Pods, "get")),
            Err(_) => Err(Trouble::silent(ANSWER_WAIT)),
        }
    }

    /// Tries to list each kind of objects that a scope asks for.
    pub async fn check(&self, scope: Scope) -> Vec<(Kind, Result<(), Trouble>)> {
        let mut answers = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_in(scope)) {
            answers.push((kind, self.check_kind(kind, scope).await));
        }
        answers
    }

    async fn check_kind(&self, kind: Kind, scope: Scope) -> Result<(), Trouble> {
        let mut one = ListParams::default().limit(1);
        if let Selection::OnNode(node) = self.selection(kind, scope) {
            one = one.fields(&format!("spec.nodeName={node}"));
        }
        let mut answer = Ok(());
        for resource in resources(kind) {
            let api = Api::<SeenMetadata>::all_with(self.client.clone(), &resource);
            answer = match timeout(ANSWER_WAIT, api.list(&one)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(Trouble::of_client(&error, kind, "list")),
                Err(_) => Err(Trouble::silent(ANSWER_WAIT)),
            };
            let is_not_served = |trouble: &Trouble| trouble.kind == TroubleKind::NotServed;
            if !answer.as_ref().is_err_and(is_not_served) {
                break;
            }
            // No mesh is no trouble.
            if kind.is_mesh() {
                answer = Ok(());
            }
        }
        answer
    }
}

/// The watches that run.
#[derive(Default)]
struct Watches {
    running: BTreeMap<Kind, Running>,
}

struct Running {
    selection: Selection,
    task: JoinHandle<()>,
}

impl Running {
    /// Ends it: afterwards it learns nothing more.
    async fn stop(mut self) {
        self.task.abort();
        // It ends by being aborted, which is an error to who joins it.
        drop((&mut self.task).await);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
