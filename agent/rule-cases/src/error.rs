//! What is wrong with a case, other than that it fails.

use std::path::PathBuf;

use saker_audit_source::AuditError;
use saker_capture_replay::ReplayError;
use saker_event_decode::{BuildError, DecodeError};
use saker_kube_manifests::DocumentError;

use crate::case::Place;

/// A file of cases cannot be read, or a case in it makes no event.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file does not hold cases.
    #[error("{place}: not a list of cases")]
    Format {
        /// Which, and where.
        place: Place,
        /// Why.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// A case is not in order.
    #[error("{place}: case '{case}'")]
    Case {
        /// Where.
        place: Place,
        /// Name of the case.
        case: String,
        /// What is wrong.
        #[source]
        problem: Box<Problem>,
    },
}

/// What is wrong with a case.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It has no event.
    #[error("neither 'event' nor 'fields' nor 'capture'; give one of them")]
    NoEvent,
    /// It has several events.
    #[error("'event', 'fields' and 'capture' cannot stand together; give one of them")]
    SeveralEvents,
    /// It has a capture and does not count.
    #[error("'expect' of a capture counts alerts, such as {{Sensitive file read: 2}}")]
    NotCounted,
    /// It has one event and counts.
    #[error(
        "'expect' of one event lists rules, such as [Sensitive file read]; only a capture is counted"
    )]
    Counted,
    /// It has a capture where one event is needed.
    #[error("the case is about all events of a capture, not about one")]
    NotOneEvent,
    /// The capture cannot be played.
    #[error("the capture cannot be played")]
    Capture(#[from] ReplayError),
    /// The policy in Rego cannot be used.
    #[error("the policy in Rego cannot be used")]
    Rego(#[source] Box<saker_rego_policies::LoadError>),
    /// A key does not go with how the event is given.
    #[error("'{key}' stands beside '{needs}' only")]
    Stray {
        /// The key.
        key: &'static str,
        /// What it belongs to.
        needs: &'static str,
    },
    /// The event table has no such event.
    #[error("no event '{event}'; {remedy}")]
    UnknownEvent {
        /// The event's name as written.
        event: String,
        /// What to do about it.
        remedy: String,
    },
    /// Rules may name the event, and it does not occur.
    #[error("events of type '{event}' are not reported; docs/events.md lists those that are")]
    UnreportedEvent {
        /// The event's name.
        event: String,
    },
    /// The fields do not tell the type of the event.
    #[error("'evt.type' is not among the fields; every event has a type")]
    NoEventType,
    /// There is no such field.
    #[error("field '{field}': {message}")]
    UnknownField {
        /// The field as written.
        field: String,
        /// What the rule language says.
        message: String,
    },
    /// A field has a value of another type.
    #[error("field '{field}' is {expected}, not {value}")]
    FieldType {
        /// The field.
        field: String,
        /// Its type, in words.
        expected: &'static str,
        /// The value as written.
        value: String,
    },
    /// A field is given twice, under two spellings.
    #[error("field '{field}' is given twice")]
    FieldTwice {
        /// The field.
        field: String,
    },
    /// A field is given that does not show what the runtime says of a container, or with a value that
    /// no runtime says.
    #[error(
        "field '{field}' cannot be given by 'container'; its fields are container.name, \
         container.image*, container.label, container.ip, container.cni.json, container.privileged, \
         container.host_*, k8s.pod.name, k8s.ns.name, k8s.pod.uid, k8s.pod.label, k8s.pod.ip, \
         k8s.pod.cni.json and k8s.pod.full_sandbox_id"
    )]
    NotOfContainer {
        /// The field.
        field: String,
    },
    /// What the runtime says of a container is given, and the process runs in none.
    #[error(
        "'container' describes a container, but the process runs in none; give it the id of one"
    )]
    NoContainer,
    /// An argument has a value that does not fit its kind.
    #[error("argument '{argument}' of kind {kind} cannot be {value}")]
    Value {
        /// Name of the argument.
        argument: String,
        /// Its kind.
        kind: &'static str,
        /// The value as written.
        value: String,
    },
    /// The event of the audit log is none.
    #[error("not an event of the audit log")]
    Audit(#[from] AuditError),
    /// An event of the audit log has something that only events of the kernel have.
    #[error("an event with 'audit' has no '{key}'")]
    NotOfAudit {
        /// The key that must go.
        key: &'static str,
    },
    /// What happens to a connection has something that only system calls have.
    #[error("an event with 'flow' has no '{key}' beside it")]
    NotOfFlow {
        /// The key that must go.
        key: &'static str,
    },
    /// What happens to a pod has something that only system calls have.
    #[error("an event with 'pod' has no '{key}' beside it")]
    NotOfPod {
        /// The key that must go.
        key: &'static str,
    },
    /// It cannot be told which pod is meant.
    #[error(
        "'pod' is about one pod: 'manifests' must have it, and 'name' say which where there are several"
    )]
    NotOnePod,
    /// A word that nobody knows.
    #[error("'{key}' of a connection cannot be '{value}'; it is one of {known}")]
    UnknownWord {
        /// The key.
        key: &'static str,
        /// The word as written.
        value: String,
        /// The words that are known.
        known: String,
    },
    /// An object of the cluster is not in order.
    #[error("'manifests'")]
    Manifests(#[from] Box<DocumentError>),
    /// Objects of the cluster are of kinds that nobody reads.
    #[error("{count} of 'manifests' are of kinds that nobody reads")]
    UnknownManifests {
        /// How many.
        count: usize,
    },
    /// The record cannot be built.
    #[error("argument '{argument}'")]
    Build {
        /// Name of the argument, empty for the record as a whole.
        argument: String,
        /// Why.
        #[source]
        source: BuildError,
    },
    /// The record cannot be read back.
    #[error("the record cannot be read back")]
    Decode(#[from] DecodeError),
}
