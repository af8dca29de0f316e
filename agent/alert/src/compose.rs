//! From a match to an alert.

use std::sync::Arc;

use saker_rule_engine::{Event, PathView, Rule};
use saker_rule_fields::{EventContext, K8S_AUDIT_SOURCE, Payload, Subject};

use crate::id::{IdParts, halves};
use crate::model::Alert;
use crate::output::{fields, render};

/// The node that alerts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, as alerts show it.
    pub hostname: Arc<str>,
    /// Boot id of the node, or id of the recording or capture that is played.
    pub boot_id: Arc<str>,
}

/// When and where an event happened: what tells it from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Nanoseconds since the epoch.
    pub time_wall_ns: u64,
    /// Nanoseconds since boot; the number of a captured event.
    pub time_boot_ns: u64,
    /// Processor; for an event that none belongs to, half of a hash of what identifies it.
    pub cpu: u32,
    /// Number of the event on that processor; or else the other half.
    pub sequence: u32,
}

impl Occurrence {
    /// When and where an event of the agent happened.
    #[must_use]
    pub fn of(context: &EventContext<'_>) -> Self {
        let time_wall_ns = context.time_wall_ns();
        match context.payload() {
            Payload::Syscall(event) => {
                let header = event.header();
                Self {
                    time_wall_ns,
                    time_boot_ns: header.time_boot_ns,
                    cpu: header.cpu,
                    sequence: header.sequence,
                }
            }
            // A capture does not say when its host booted. Its events are numbered in their order.
            Payload::Capture(captured) => Self {
                time_wall_ns,
                time_boot_ns: context.number(),
                cpu: captured.event.header.cpu.into(),
                sequence: u32::try_from(context.number()).unwrap_or(u32::MAX),
            },
            Payload::K8sAudit(event) => Self::of_identity(
                time_wall_ns,
                // A request has an event for each of its stages.
                &[event.audit_id(), event.stage()].map(Option::unwrap_or_default),
            ),
            Payload::Flow(event) => {
                let id = event.flow.id;
                let peer = id.peer.map_or_else(String::new, |peer| peer.to_string());
                // A flow is classified once and closed once; its messages differ in time.
                let identity = [&id.cookie.to_string(), &*peer, event.kind.name()];
                let mut occurrence = Self::of_identity(time_wall_ns, &identity);
                occurrence.time_boot_ns = event.time_boot_ns;
                occurrence
            }
            Payload::Pod(event) => {
                Self::of_identity(time_wall_ns, &[&event.pod.uid, event.kind.name()])
            }
            _ => Self::of_identity(time_wall_ns, &[]),
        }
    }

    fn of_identity(time_wall_ns: u64, identity: &[&str]) -> Self {
        let (cpu, sequence) = halves(identity);
        Self {
            time_wall_ns,
            // Such an event knows no boot; its time tells it from others as well.
            time_boot_ns: time_wall_ns,
            cpu,
            sequence,
        }
    }
}

/// What the ids of alerts are of. A request of the audit log happened in the cluster: whoever is told of it, and how
/// often, makes the same id of it.
fn origin<'a>(node: &'a Node, source: &'a str) -> &'a str {
    if source == K8S_AUDIT_SOURCE {
        source
    } else {
        &node.boot_id
    }
}

impl Alert {
    /// The alert that a rule raises for an event, under the view of paths in which it fired. Who acted is
    /// added by [`Self::with_details`].
    #[must_use]
    pub fn compose<E: Event + ?Sized>(
        node: &Node,
        rule: &Rule,
        event: &E,
        view: PathView,
        occurrence: &Occurrence,
    ) -> Self {
        let id = IdParts {
            origin: origin(node, &rule.source),
            time_wall_ns: occurrence.time_wall_ns,
            time_boot_ns: occurrence.time_boot_ns,
            cpu: occurrence.cpu,
            sequence: occurrence.sequence,
            rule: &rule.name,
            view,
        }
        .id();
        Self {
            id,
            time_wall_ns: occurrence.time_wall_ns,
            rule: Arc::clone(&rule.name),
            priority: rule.priority,
            source: Arc::clone(&rule.source),
            tags: Arc::clone(&rule.tags),
            node: node.clone(),
            message: render(&rule.output, event, view).unwrap_or_default(),
            fields: fields(&rule.output, event, view, occurrence.time_wall_ns),
            path_view: view,
            // After the fields: they tell what they lack when they are read.
            enrichment: event.enrichment(),
            subject: Subject::default(),
            rules: None,
        }
    }
}
