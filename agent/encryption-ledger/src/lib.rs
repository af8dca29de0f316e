//! Who talks to whom, since when, and how it was protected.
//!
//! # Purpose
//!
//! Each node enters what its connections were ([`Observation`]) into a [`NodeLedger`], which is bounded and
//! kept in a file ([`mod@file`]). Those of all nodes together are a [`Ledger`], from which follow a [`Report`] and
//! the answer to whether a namespace is [ready](Readiness) to demand mutual TLS.
//!
//! # Invariants
//!
//! - To merge ledgers is commutative, associative and idempotent: of the same ledger of the same node the
//!   newer one counts.
//! - Nothing is claimed to be covered that was not: intervals of observation end when nobody observes, and
//!   what had to leave or could not be entered is counted with its time.
//! - Names come from others. They are kept as they are, and escaped where they are shown.
//!
//! # Example
//!
//! ```
//! use saker_encryption_ledger::{
//!     Evidence, Ledger, Limits, NodeLedger, NodeName, Observation, Party, Report, Transport,
//! };
//! use saker_flow_inspection::SecurityClass;
//!
//! let mut node = NodeLedger::begin(NodeName::new("", "worker-1"), 1_000);
//! node.enter(
//!     Observation {
//!         client: Party::workload("shop", "Deployment/cart"),
//!         server: Party::workload("shop", "StatefulSet/db"),
//!         server_port: 5432,
//!         transport: Transport::Tcp,
//!         protection: Some(SecurityClass::Plaintext),
//!         protocol: Some("postgresql"),
//!         evidence: Evidence::Server,
//!         opened_wall_ms: 1_500,
//!         seen_wall_ms: 2_000,
//!         connections: 1,
//!         bytes: 4_096,
//!     },
//!     &Limits::default(),
//! );
//! let report = Report::of(&Ledger::from(node), 0, None);
//! assert_eq!(report.edges[0].key.to_string(), "shop/Deployment/cart -> shop/StatefulSet/db:5432");
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

mod coverage;
mod edge;
mod encoding;
pub mod file;
mod ledger;
mod node_ledger;
mod observation;
mod party;
mod peer_authentication;
mod presence;
mod readiness;
mod report;
mod tally;

pub use coverage::{Coverage, INTERVALS_MAX, Interval, Loss};
pub use edge::{Edge, EdgeKey};
pub use encoding::{MalformedPart, PART_ENTRIES};
pub use ledger::Ledger;
pub use node_ledger::{Limits, NodeLedger, NodeName};
pub use observation::{Evidence, Observation, Transport};
pub use party::Party;
pub use peer_authentication::peer_authentication;
pub use presence::{MeshProxy, Presence, PresenceKey, Sighting};
pub use readiness::{Breakage, Demand, Doubt, DoubtReason, Readiness, Verdict, Why};
pub use report::{NodeReport, Report, ReportEdge};
pub use tally::{Count, PROTOCOLS_MAX, Tally};

#[cfg(test)]
mod tests;
