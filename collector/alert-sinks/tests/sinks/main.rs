//! Sinks against servers that check what they are sent by the documents of their APIs, and that fail in the ways
//! in which servers do.
#![forbid(unsafe_code)]

mod alertmanager;
mod documentation;
mod elasticsearch;
mod faults;
mod fixtures;
mod loki;
mod otlp;
mod receiver;
mod selection;
mod settings;
mod slack;
mod syslog;
mod webhook;
