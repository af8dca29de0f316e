//! Agent, collector, queues and stores together, with faults injected.
#![forbid(unsafe_code)]

mod rsyslog;
pub mod servers;

pub use rsyslog::{ReceivedSyslog, Rsyslog};
