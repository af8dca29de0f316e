//! Takes the audit log of Kubernetes: over a webhook, or from the files that an API server writes.
//!
//! # Purpose
//!
//! [`Desk`] is a thread that reads batches of events, leaves out those that it has seen, and shows the others to a
//! [`Judge`]. [`Webhook`] and [`Follower`] bring batches to it: the first from API servers, by HTTP; the second from
//! files of lines, as `tail -F` reads them, and from folders of these.
//!
//! # Invariants
//!
//! - What is acknowledged is not lost: a request is answered with 200, and the position in a file is kept, when every
//!   event was judged and every alert is in safe hands ([`saker_alert_delivery::Receipt`]).
//! - What comes twice is judged once, as long as it is remembered.
//! - What is no event is counted and told, and does not keep its neighbours out.
//! - Memory has bounds: for bytes on their way, connections, batches that wait, and what is remembered. Who sends more
//!   is told to come again.
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

mod counters;
mod desk;
mod follow;
mod recent;
mod settings;
mod webhook;

pub use counters::{AuditCounters, Connections, Refused};
pub use desk::{Desk, DeskThread, Judge};
pub use follow::{FollowError, Follower, LineReader, Part, files_of};
pub use settings::{
    AuditSettings, FileSettings, SettingsError, Start, WebhookAddress, WebhookSettings,
};
pub use webhook::{StartError, Webhook};
