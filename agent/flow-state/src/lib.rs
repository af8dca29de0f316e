//! The connections of this host: kernel records in, flow events out.
//!
//! # Purpose
//!
//! A flow is a connection as one of its ends on this host sees it; a connection between two processes of
//! one host is two flows. [`FlowEvent`] is what rules of the source `flow` see of it: once when it is
//! classified, once when it is closed, and for each DNS message.
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

mod agenda;
mod callers;
mod entry;
mod flow;
mod listeners;
mod names;
mod record;
mod sockets;
mod state;
mod stats;
mod table;

pub use flow::{Caller, Flow, FlowEvent, FlowEventKind, FlowId, Role, Traffic};
pub use record::is_flow_record;
pub use saker_flow_inspection::{DnsMessage, DnsRecord};
pub use sockets::{Connections, SocketTable};
pub use state::{FlowOutput, FlowState, Limits, OWNER_EVENTS, Outputs, Satisfied};
pub use stats::Stats;
