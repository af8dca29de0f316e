//! Where alerts go in the end: Elasticsearch, Loki, OTLP, Kafka, webhooks, syslog.
#![forbid(unsafe_code)]

mod sink;

pub use sink::{Outcome, Sink};
