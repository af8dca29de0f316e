//! The field table: name, type, argument, documentation and extractor of every field.
//!
//! # Purpose
//!
//! A field is one [`FieldRow`]; there is one file for each namespace. [`Fields`] is the catalog that
//! rules are checked against, and [`Fields::extract`] reads a value from an [`EventContext`].
//!
//! # Invariants
//!
//! - Every field that Falco's system call source and its plugins container, k8smeta, k8saudit and json
//!   have is a row, with the same type and argument, so shared rules load; one without values says why
//!   ([`Availability::NotYet`]).
//! - A rule sees the fields of its source only ([`FieldRow::sources`]).
//! - A field of an event that Falco captured ([`CapturedEvent`]) means what it means in Falco; rows
//!   whose meaning differs have an extractor of their own for such events.
//! - A field that has no value is [`FieldValue::Missing`], never an empty text that was made up.
//! - [`EventContext::with_path_view`] switches all path fields together; `fd.nameraw` and the other
//!   raw fields never change.
//! - Reading a field neither fails nor panics, and allocates only where a text must be put together
//!   that no buffer of [`Scratch`] can hold.
//!
//! ```
//! use saker_rule_fields::{FieldCatalog as _, Fields};
//! let fields = Fields::new();
//! let name = fields.field("syscall", "proc.name").map(|field| field.value_type);
//! assert_eq!(name, Some(saker_rule_language::FieldType::String));
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod captured;
mod context;
mod descriptor;
mod documentation;
mod event_names;
mod facts;
mod fields;
mod labels;
mod namespaces;
mod paths;
mod processes;
mod rego;
mod row;
mod schema;
mod scratch;
mod subject;
mod value;

pub use captured::CapturedEvent;
pub use context::{EventContext, Host, PathView, Payload, Surroundings};
pub use documentation::{
    argument_name, availability_note, events_markdown, fields_table, markdown, plurality_name,
    type_name,
};
pub use event_names::{
    EVENT_NAMES, Emission, EventName, FLOW_EVENT_NAMES, FlowEventName, POD_EVENT_NAMES, emission,
    is_shown_to_rules,
};
pub use facts::{Enrichment, Facts, Needs, Patience};
pub use fields::{
    BUILTIN_PLUGINS, FLOW_SOURCE, Fields, K8S_AUDIT_SOURCE, POD_SOURCE, SYSCALL_SOURCE,
    builtin_plugins,
};
pub use processes::Processes;
pub use rego::{RegoHandle, RegoPolicies};
pub use row::{Availability, Extractor, FieldRow, FieldSources, Plurality};
pub use saker_audit_source::AuditEvent;
pub use saker_flow_state::FlowEvent;
pub use saker_rule_language::FieldCatalog;
pub use schema::schema_digest;
pub use scratch::Scratch;
pub use subject::{
    Relative, SUBJECT_ANCESTORS_MAX, Subject, SubjectContainer, SubjectPod, SubjectRequest,
};
pub use value::FieldValue;

#[cfg(test)]
mod tests;
