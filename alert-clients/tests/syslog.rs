//! The client of syslog against receivers of every transport.

#[path = "syslog/messages.rs"]
mod messages;
#[path = "syslog/transports.rs"]
mod transports;
