//! The thread that keeps the ledger: in memory, on disk, and at a collector.

use super::ends::workload_name;
use super::{LedgerObserver, Note, notes};
use crate::config::LedgerConfig;
use anyhow::Context;
use saker_alert_delivery::uplink::grpc::{GrpcSettings, LedgerCallError, LedgerClient};
use saker_encryption_ledger::{MeshProxy, NodeLedger, NodeName, PresenceKey, Sighting, file};
use saker_kube_metadata::{Cluster, Pod, PodNetwork};
use saker_policy_audit::{Membership, membership};
use saker_rule_fields::Facts;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle as TaskHandle;

/// How often the file is replaced and the collector is told.
const KEPT_EVERY: Duration = Duration::from_secs(60);

/// How long the collector may take at the end.
const LAST_REPORT: Duration = Duration::from_secs(3);

/// Labels that differ between pods of one workload, or between its versions.
const LABELS_OF_PODS: [&str; 8] = [
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "version",
];

/// Labels that tell a workload from others by themselves, where pods have them.
const LABELS_ENOUGH: [&[&str]; 3] = [
    &["app.kubernetes.io/name", "app.kubernetes.io/instance"],
    &["app"],
    &["k8s-app"],
];

/// Labels of a workload that are kept at most. One whose pods have more, and none that is made to tell it from
/// others, has none that tell.
const LABELS_MAX: usize = 16;

/// What the keeper works with.
pub(crate) struct KeeperSettings {
    /// The file and its bounds.
    pub(crate) config: LedgerConfig,
    /// Whose ledger it is.
    pub(crate) name: NodeName,
    /// The collector that is told, if there is one.
    pub(crate) collector: Option<GrpcSettings>,
    /// Records of connections that the kernel could not deliver so far.
    pub(crate) lost_records: Box<dyn Fn() -> u64 + Send>,
}

/// The thread.
pub(crate) struct LedgerKeeper(JoinHandle<()>);

impl LedgerKeeper {
    /// Reads the file, and starts to keep what the observer is told. It ends when the observer is dropped.
    pub(crate) fn start(
        settings: KeeperSettings,
        facts: &Facts,
    ) -> anyhow::Result<(LedgerObserver, Self)> {
        let path = &settings.config.path;
        let resumed = file::resume(path, settings.name.clone(), now_wall_ms())?;
        if let Some(error) = resumed.replaced {
            let error = anyhow::Error::from(error);
            tracing::warn!("the ledger is begun anew, the file is kept beside it: {error:#}");
        }
        // What cannot be written is said at the start, not a minute later.
        file::write(path, &resumed.ledger)?;
        let (notes, receiver) = notes();
        let uplink = settings
            .collector
            .as_ref()
            .map(Uplink::new)
            .transpose()
            .context("cannot report the ledger to the collector")?;
        let mut keeper = Keeper {
            config: settings.config,
            ledger: resumed.ledger,
            lost_notes: Arc::clone(&notes.lost),
            lost_records: settings.lost_records,
            lost_before: 0,
            cluster: facts.cluster.clone(),
            uplink,
            is_write_failing: false,
        };
        keeper.lost_before = keeper.lost();
        let thread = thread::Builder::new()
            .name("saker-ledger".to_owned())
            .spawn(move || keeper.run(&receiver))
            .context("cannot start the thread that keeps the ledger")?;
        let observer = LedgerObserver::new(facts.clone(), notes);
        Ok((observer, Self(thread)))
    }

    /// Waits until everything is kept, once the observer is gone.
    pub(crate) fn finish(self) {
        if self.0.join().is_err() {
            tracing::error!("the thread that keeps the ledger panicked");
        }
    }
}

struct Keeper {
    config: LedgerConfig,
    ledger: NodeLedger,
    lost_notes: Arc<AtomicU64>,
    lost_records: Box<dyn Fn() -> u64 + Send>,
    lost_before: u64,
    cluster: Cluster,
    uplink: Option<Uplink>,
    is_write_failing: bool,
}

impl Keeper {
    fn run(mut self, notes: &Receiver<Note>) {
        let mut due = Instant::now() + KEPT_EVERY;
        loop {
            let patience = due.saturating_duration_since(Instant::now());
            match notes.recv_timeout(patience) {
                Ok(Note::Seen(observation)) => {
                    self.ledger.enter(*observation, &self.config.limits);
                }
                Ok(Note::WentOn(wall_ms)) => self.ledger.go_on(wall_ms),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if Instant::now() >= due {
                due = Instant::now() + KEPT_EVERY;
                self.keep();
                if let Some(uplink) = &mut self.uplink {
                    uplink.report(&self.ledger);
                }
            }
        }
        self.keep();
        if let Some(uplink) = &mut self.uplink {
            uplink.finish(&self.ledger);
        }
    }

    fn keep(&mut self) {
        let now_wall_ms = now_wall_ms();
        let lost = self.lost();
        self.ledger
            .lose(lost.saturating_sub(self.lost_before), now_wall_ms);
        self.lost_before = lost;
        for pod in self.cluster.present_pods() {
            let sighting = sighting(&pod, &self.cluster);
            if let Some(sighting) = sighting.filter(|it| !it.key.node.is_empty()) {
                self.ledger.see(sighting, now_wall_ms, &self.config.limits);
            }
        }
        self.ledger.expire(now_wall_ms, &self.config.limits);
        match file::write(&self.config.path, &self.ledger) {
            Ok(()) => self.is_write_failing = false,
            Err(error) if !self.is_write_failing => {
                self.is_write_failing = true;
                let error = anyhow::Error::from(error);
                tracing::error!("the ledger is not kept until it can be written again: {error:#}");
            }
            Err(_) => {}
        }
    }

    /// Connections that may be missing, since the agent began.
    fn lost(&self) -> u64 {
        let lost_notes = self.lost_notes.load(Relaxed);
        lost_notes.saturating_add((self.lost_records)())
    }
}

/// What the ledger knows of a pod, if it has a network of its own. The node is empty until one has taken it.
pub(crate) fn sighting(pod: &Pod, cluster: &Cluster) -> Option<Sighting> {
    if pod.network == PodNetwork::Host {
        return None;
    }
    let namespace = cluster.namespace(&pod.name.namespace).known();
    let proxy = match membership(pod, namespace.as_deref()) {
        Membership::Member(_) => MeshProxy::Present,
        Membership::Missing(..) | Membership::Outside if pod.settings.containers.is_empty() => {
            MeshProxy::Unknown
        }
        Membership::Missing(..) | Membership::Outside => MeshProxy::Absent,
    };
    Some(Sighting {
        key: PresenceKey {
            namespace: (&*pod.name.namespace).into(),
            workload: workload_name(pod, cluster).into(),
            node: pod.node.as_deref().unwrap_or_default().into(),
        },
        proxy,
        labels: labels(pod),
    })
}

/// Labels that select the pods of the workload and no others: those that are made for it, else all that do not
/// differ between its pods.
fn labels(pod: &Pod) -> BTreeMap<Box<str>, Box<str>> {
    let has = |name: &&str| pod.labels.get(name).is_some();
    let names: Vec<&str> = match LABELS_ENOUGH.iter().find(|names| names.iter().all(&has)) {
        Some(names) => names.to_vec(),
        None => {
            let all = pod.labels.iter().map(|(name, _)| name);
            all.filter(|name| !LABELS_OF_PODS.contains(name)).collect()
        }
    };
    let names = Some(names).filter(|names| names.len() <= LABELS_MAX);
    let pairs = names.into_iter().flatten().filter_map(|name| {
        let value = pod.labels.get(name)?;
        Some((name.into(), value.into()))
    });
    pairs.collect()
}

/// Tells a collector what is new.
struct Uplink {
    runtime: Runtime,
    client: Arc<LedgerClient>,
    /// What the collector has: all up to this revision.
    acknowledged: u64,
    /// A report that is under way, and what the collector has when it is done.
    under_way: Option<(TaskHandle<Result<(), LedgerCallError>>, u64)>,
    is_failing: bool,
}

impl Uplink {
    fn new(settings: &GrpcSettings) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("saker-ledger-io")
            .enable_all()
            .build()?;
        let client = {
            let _entered = runtime.enter();
            LedgerClient::new(settings)?
        };
        Ok(Self {
            runtime,
            client: Arc::new(client),
            acknowledged: 0,
            under_way: None,
            is_failing: false,
        })
    }

    /// Sends what is new, unless it is still sending.
    fn report(&mut self, ledger: &NodeLedger) {
        match self.under_way.take() {
            Some((task, revision)) if !task.is_finished() => {
                self.under_way = Some((task, revision));
                return;
            }
            Some((task, revision)) => self.settle(task, revision, Duration::ZERO),
            None => {}
        }
        let parts = ledger.parts_since(self.acknowledged);
        let client = Arc::clone(&self.client);
        let task = self
            .runtime
            .spawn(async move { client.report(parts).await });
        self.under_way = Some((task, ledger.revision));
    }

    /// Takes note of how a report ended.
    fn settle(
        &mut self,
        task: TaskHandle<Result<(), LedgerCallError>>,
        revision: u64,
        patience: Duration,
    ) {
        let ended = self
            .runtime
            .block_on(async { tokio::time::timeout(patience, task).await });
        match ended {
            Ok(Ok(Ok(()))) => {
                self.acknowledged = revision;
                self.is_failing = false;
            }
            Ok(Ok(Err(error))) if !self.is_failing => {
                self.is_failing = true;
                tracing::warn!("the collector does not take the ledger: {error}");
            }
            Ok(Err(error)) => tracing::error!("reporting the ledger failed: {error}"),
            Ok(Ok(Err(_))) | Err(_) => {}
        }
    }

    /// Sends what is new once more, if that takes no long time.
    fn finish(&mut self, ledger: &NodeLedger) {
        if let Some((task, revision)) = self.under_way.take() {
            self.settle(task, revision, LAST_REPORT);
        }
        self.report(ledger);
        if let Some((task, revision)) = self.under_way.take() {
            self.settle(task, revision, LAST_REPORT);
        }
    }
}

fn now_wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
