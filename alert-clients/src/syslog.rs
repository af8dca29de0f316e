//! A client of syslog: messages of RFC 5424 over UDP, TCP and TLS, and those of `syslog(3)` over unix sockets.
//!
//! Syslog has no acknowledgements. [`SyslogClient::send`] says `Ok` when the kernel has taken the whole
//! message, so what was on its way is lost, and nobody can tell, when the receiver or the network dies then:
//! over TCP and TLS up to what fits into the buffers of both sides, over UDP anything. Where that matters,
//! alerts go to a collector, by gRPC. A peer that has closed the connection before a message is noticed
//! before it is written, and one that has vanished after 30 seconds.

mod client;
mod message;
mod settings;
mod transport;

pub use client::{Sent, SyslogClient, SyslogError};
pub use message::{
    ElementError, Facility, STRUCTURED_DATA_ID, Severity, StructuredElement, SyslogMessage,
};
pub use settings::{SyslogHeader, SyslogSettings, SyslogTransport};
