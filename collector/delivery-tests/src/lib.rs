//! Agent, collector, queues and stores together, with faults injected.
#![forbid(unsafe_code)]

mod collector;
mod rsyslog;
pub mod servers;

pub use collector::Collector;
pub use rsyslog::{ReceivedSyslog, Rsyslog};
