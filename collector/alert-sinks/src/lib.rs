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

mod error;
mod selection;
mod settings;
mod sink;
mod stdout;

pub use error::BuildError;
pub use selection::{Filter, Selection};
pub use settings::{Destination, SinkSettings};
pub use sink::{Outcome, Sink};
