//! Destinations that take batches and say what became of them.

pub mod grpc;
pub(crate) mod http;

use std::future::Future;
use std::time::Duration;

use saker_alert_spool::Record;

/// Where the records of a spool go. A [`Pump`](crate::pump::Pump) sends them and heeds the outcome.
pub trait Uplink: Send + Sync + 'static {
    /// Sends these records once. May be called again before the last call is done, as often as the pump is
    /// told to have batches under way. To drop the future may or may not send them.
    fn send(&self, records: Vec<Record>) -> impl Future<Output = Outcome> + Send;
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All records are where they should be, but for those that the destination refused for good.
    Delivered {
        /// In the order of the records.
        refused: Vec<Refusal>,
    },
    /// The destination will never take this batch.
    Rejected {
        /// For people.
        reason: String,
    },
    /// Nothing is known of the batch. It is sent again, so that some of it may arrive twice.
    Retry {
        /// What went wrong, for people.
        reason: String,
        /// How long the destination asked to be left alone.
        after: Option<Duration>,
    },
}

/// A record that the destination will never take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// For people.
    pub reason: String,
}
