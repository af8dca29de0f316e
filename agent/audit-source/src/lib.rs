//! Events of the Kubernetes audit log.
//!
//! # Purpose
//!
//! [`Batch`] takes what an API server sends to its webhook, or a file with an event a line, and gives
//! [`AuditEvent`]s. What becomes an event is what Falco's `k8saudit` plugin takes for one: an object of
//! kind `Event` or an item of an `EventList`, with a `stageTimestamp`; lists may lie in arrays.
//!
//! # Invariants
//!
//! - Input is hostile: nothing panics, and every size has a bound in [`Limits`]; nesting is bounded by
//!   the JSON parser (128 levels).
//! - An event that is refused is an [`AuditError`] that says which one it was; the others are kept.
//!
//! ```
//! use saker_audit_source::{Batch, Limits};
//! let body = br#"{"kind": "EventList", "items": [
//!     {"auditID": "1", "stage": "ResponseComplete", "stageTimestamp": "2018-10-20T00:18:26.747868Z"},
//!     {"auditID": "2", "stage": "ResponseComplete"}
//! ]}"#;
//! let batch = Batch::from_body(body, &Limits::default());
//! assert_eq!(batch.events[0].audit_id(), Some("1"));
//! assert_eq!(batch.errors[0].to_string(), "event 2: no 'stageTimestamp'");
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod batch;
mod error;
mod event;

pub use batch::{Batch, Limits};
pub use error::{AuditError, Place};
pub use event::AuditEvent;

#[cfg(test)]
mod tests;
