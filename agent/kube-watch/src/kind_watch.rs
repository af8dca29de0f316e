//! The watch of one kind of objects.

use crate::board::Board;
use crate::config::Backoff;
use crate::trouble::{Trouble, TroubleKind};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use kube::core::ApiResource;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource};
use saker_kube_manifests::{KindVisitor, resources, with_kind};
use saker_kube_metadata::{Cluster, Kind, Object};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// Objects that one reply to a list brings.
const PAGE_OBJECTS: u32 = 500;

/// The fewest, where the objects are so large that the reply is longer than is read.
const PAGE_OBJECTS_MIN: u32 = 4;

/// When nothing failed for so long, the next failure is the first one again.
const CALM: Duration = Duration::from_secs(120);

/// Most that the server may ask to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);

/// How many times the longest delay a mesh may take to be noticed that is installed later.
const MESH_PATIENCE: u32 = 10;

/// Which objects of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// All of the cluster.
    All,
    /// Those that run on a node.
    OnNode(String),
}

/// Watches one kind of objects.
pub(crate) struct KindWatch {
    pub(crate) client: Client,
    pub(crate) kind: Kind,
    pub(crate) selection: Selection,
    pub(crate) cluster: Cluster,
    pub(crate) board: Arc<Board>,
    pub(crate) backoff: Backoff,
    pub(crate) list_wait: Duration,
}

impl KindVisitor for KindWatch {
    type Output = BoxFuture<'static, ()>;

    fn visit<K>(self, read: impl Fn(K) -> Option<Object> + Send + Sync + 'static) -> Self::Output
    where
        K: Resource<DynamicType = ApiResource>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + Sync
            + 'static,
    {
        self.follow(read).boxed()
    }
}

impl KindWatch {
    /// Watches until it is dropped.
    pub(crate) async fn run(self) {
        with_kind(self.kind, self).await;
    }

    /// Watches, and begins anew whenever going on is of no use.
    async fn follow<K>(self, read: impl Fn(K) -> Option<Object> + Send + Sync)
    where
        K: Resource<DynamicType = ApiResource>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + Sync
            + 'static,
    {
        let mut delays = Delays::new(self.backoff);
        let mut page_objects = PAGE_OBJECTS;
        // Older servers have some kinds in older versions only.
        let resources: Vec<ApiResource> = resources(self.kind).collect();
        let mut versions = resources.iter();
        let mut resource = versions.next();
        while let Some(current) = resource {
            let api = Api::<K>::all_with(self.client.clone(), current);
            let events = watcher(api, self.config(page_objects));
            let trouble = self.drive(events, &read, &mut delays).await;
            match trouble.kind {
                TroubleKind::NotServed => {
                    resource = versions.next();
                    if resource.is_some() {
                        continue;
                    }
                    versions = resources.iter();
                    resource = versions.next();
                    if self.kind.is_mesh() {
                        self.lacks();
                        sleep(self.backoff.longest.saturating_mul(MESH_PATIENCE)).await;
                        continue;
                    }
                }
                TroubleKind::TooLong if page_objects > PAGE_OBJECTS_MIN => {
                    page_objects = (page_objects / 5).max(PAGE_OBJECTS_MIN);
                    continue;
                }
                _ => {}
            }
            let delay = delays.next(trouble.retry_after);
            self.failed(trouble);
            sleep(delay).await;
        }
    }

    fn config(&self, page_objects: u32) -> watcher::Config {
        let config = watcher::Config::default();
        match &self.selection {
            // The pods of a node are few, and the server has them in its cache, which knows no pages.
            // Without it the server would read all pods of the cluster to find them.
            Selection::OnNode(node) => {
                let config = config.fields(&format!("spec.nodeName={node}"));
                if page_objects == PAGE_OBJECTS {
                    watcher::Config {
                        page_size: None,
                        ..config.any_semantic()
                    }
                } else {
                    config.page_size(page_objects)
                }
            }
            // From the cache they would come in one piece, which takes memory on this side.
            Selection::All => config.page_size(page_objects),
        }
    }

    /// Takes what comes until the watch has to begin anew. Returns why.
    async fn drive<K: Resource>(
        &self,
        events: impl Stream<Item = watcher::Result<Event<K>>> + Send,
        read: &(impl Fn(K) -> Option<Object> + Send + Sync),
        delays: &mut Delays,
    ) -> Trouble {
        let mut events = pin!(events);
        let mut is_listing = true;
        loop {
            let next = if is_listing {
                timeout(self.list_wait, events.next()).await
            } else {
                Ok(events.next().await)
            };
            let error = match next {
                Ok(Some(Ok(event))) => {
                    is_listing = match event {
                        Event::Init => true,
                        Event::InitDone => false,
                        _ => is_listing,
                    };
                    self.take(event, read);
                    continue;
                }
                Ok(Some(Err(error))) => error,
                // The stream of a watcher has no end.
                Ok(None) | Err(_) => return Trouble::silent(self.list_wait),
            };
            let trouble = Trouble::of_watch(&error, self.kind);
            match trouble.kind {
                // The watcher would ask for the same again.
                TroubleKind::Expired | TroubleKind::NotServed | TroubleKind::TooLong => {
                    return trouble;
                }
                _ => {
                    let delay = delays.next(trouble.retry_after);
                    self.failed(trouble);
                    sleep(delay).await;
                }
            }
        }
    }

    fn take<K>(&self, event: Event<K>, read: &impl Fn(K) -> Option<Object>) {
        match event {
            Event::Init => {
                self.cluster.begin_list(self.kind);
                self.board.count(self.kind, |counters| {
                    counters.lists = counters.lists.saturating_add(1);
                });
            }
            Event::InitApply(object) => self.learn(read(object)),
            Event::InitDone => {
                self.cluster.end_list(self.kind);
                self.board.works(self.kind);
            }
            Event::Apply(object) => {
                self.learn(read(object));
                self.board.works(self.kind);
            }
            Event::Delete(object) => {
                if let Some(object) = read(object) {
                    self.cluster.end(&object);
                }
                self.board.works(self.kind);
                self.board.count(self.kind, |counters| {
                    counters.deletions = counters.deletions.saturating_add(1);
                });
            }
        }
    }

    fn learn(&self, object: Option<Object>) {
        let is_understood = object.is_some();
        if let Some(object) = object {
            self.cluster.learn(object);
        }
        self.board.count(self.kind, |counters| {
            counters.objects = counters.objects.saturating_add(1);
            let skipped = u64::from(!is_understood);
            counters.skipped = counters.skipped.saturating_add(skipped);
        });
    }

    /// A cluster without a mesh does not serve its objects: that is no trouble.
    fn lacks(&self) {
        self.cluster.lacks(self.kind);
        self.board.lacks(self.kind);
    }

    fn failed(&self, trouble: Trouble) {
        // That a place in the stream of changes is forgotten is part of the protocol.
        if trouble.kind == TroubleKind::Expired {
            self.board.count_trouble(self.kind, trouble.kind);
            return;
        }
        self.cluster.fail(self.kind);
        self.board.trouble(self.kind, trouble);
    }
}

/// How long to wait after each failure.
struct Delays {
    builder: ExponentialBuilder,
    next: ExponentialBackoff,
    last: Option<Instant>,
}

impl Delays {
    fn new(backoff: Backoff) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(backoff.first)
            .with_max_delay(backoff.longest)
            .with_jitter()
            .without_max_times();
        Self {
            builder,
            next: builder.build(),
            last: None,
        }
    }

    /// The next one, but no shorter than the server asks for.
    fn next(&mut self, retry_after: Option<Duration>) -> Duration {
        if self.last.is_some_and(|last| last.elapsed() >= CALM) {
            self.next = self.builder.build();
        }
        self.last = Some(Instant::now());
        let asked = retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
        self.next.next().unwrap_or(RETRY_AFTER_MAX).max(asked)
    }
}
