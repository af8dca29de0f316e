//! Sinks, with the real servers that they are for.

mod alertmanager;
mod fixtures;
mod kafka;
mod otlp;
mod syslog;
