//! Where alerts go in the end: Elasticsearch, Loki, OTLP, Kafka, webhooks, syslog.
//!
//! # Purpose
//!
//! [`SinkSettings`] is what a configuration says of a sink, [`SinkSettings::build`] makes a [`Sink`] of it. A sink
//! tries once and says for each notification what became of it; repeating, and keeping what nobody wants, is up
//! to who calls it.
//!
//! # Invariants
//!
//! - Each notification gets one [`Outcome`]. Where one of a batch is refused, the others are not lost with it.
//! - Requests and answers are bounded in size and time.
//! - What is sent again after a lost answer carries the alert's id again, so that it can be told from news.
#![forbid(unsafe_code)]

mod alertmanager;
mod clock;
mod elasticsearch;
mod error;
mod exchange;
mod facts;
mod formats;
mod kafka;
mod loki;
mod otlp;
mod over_http;
mod selection;
mod servers;
mod settings;
mod sink;
mod slack;
mod stdout;
mod syslog;
mod webhook;

pub use error::BuildError;
pub use exchange::DELIVERY_TIME_MAX;
pub use selection::{Filter, Selection};
pub use settings::{Destination, SinkSettings};
pub use sink::{Outcome, Sink};
