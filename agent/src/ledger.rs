//! The encryption ledger of this node: entered by the matcher, kept and reported by a thread of its own.
//!
//! The matcher says of each connection who its ends are ([`ends`]) and hands that over without waiting
//! ([`observer`]); what does not fit is counted as lost. The keeper ([`keeper`]) enters it, replaces the file
//! once a minute, and tells a collector what is new, where there is one.

mod ends;
mod keeper;
mod observer;
#[cfg(test)]
mod tests;

pub(crate) use keeper::{LedgerKeeper, sighting};

use crate::config::Config;
use crate::pipeline::flows::FlowObserver;
use crate::this_host;
use keeper::KeeperSettings;
use observer::LedgerObserver;
use saker_alert_delivery::Kind;
use saker_encryption_ledger::{NodeName, Observation};
use saker_event_schema::{ROWS, Ring};
use saker_kernel_source::LossCounters;
use saker_kube_metadata::Scope;
use saker_rule_fields::{Facts, Needs};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Observations on their way to the keeper. When there are more, they are counted as lost.
const NOTES_MAX: usize = 16_384;

/// What the ledger has to know beside the connections.
pub(crate) fn needs() -> Needs {
    let scope = Scope::CLUSTER_PODS
        .with(Scope::NODE_PODS)
        .with(Scope::NAMESPACES)
        .with(Scope::SERVICES)
        .with(Scope::OWNERS)
        .with(Scope::NODES);
    Needs::CONTAINER.with(Needs::cluster(scope))
}

/// Goes on with the ledger of this node. To be called when connections are observed: its coverage begins now.
pub(crate) fn start(
    config: &Config,
    facts: &Facts,
    losses: Arc<LossCounters>,
) -> anyhow::Result<(Box<dyn FlowObserver>, LedgerKeeper)> {
    let node = config.facts.node_name().map(str::to_owned);
    let node = node.unwrap_or_else(|| this_host::node().hostname.to_string());
    let outputs = config.delivery.outputs.iter();
    let collector = outputs
        .filter_map(|output| match &output.kind {
            Kind::Collector(settings) => Some(settings.grpc.clone()),
            _ => None,
        })
        .next();
    let settings = KeeperSettings {
        config: config.ledger.clone(),
        name: NodeName::new(&config.delivery.cluster, &node),
        collector,
        lost_records: Box::new(move || lost_records(&losses)),
    };
    let (observer, keeper) = LedgerKeeper::start(settings, facts)?;
    Ok((Box::new(observer), keeper))
}

/// Records of connections that the kernel could not deliver.
fn lost_records(losses: &LossCounters) -> u64 {
    let network = ROWS.iter().filter(|row| row.ring == Ring::Network);
    network
        .filter_map(|row| losses.of(row.id).ok())
        .map(|counts| counts.lost())
        .sum()
}

/// What the matcher tells the keeper.
enum Note {
    /// A connection.
    Seen(Box<Observation>),
    /// All connections that are open were told: observation went on until then, milliseconds since the epoch.
    WentOn(u64),
}

/// The matcher's end, and the keeper's.
fn notes() -> (Notes, Receiver<Note>) {
    let (sender, receiver) = sync_channel(NOTES_MAX);
    let notes = Notes {
        sender,
        lost: Arc::default(),
    };
    (notes, receiver)
}

/// Where the matcher leaves notes.
struct Notes {
    sender: SyncSender<Note>,
    /// Notes that did not fit, and connections of pods that the cluster has not told of.
    lost: Arc<AtomicU64>,
}
