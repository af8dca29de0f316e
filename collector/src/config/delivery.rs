//! How alerts are taken from the queue, and how sinks are told.

use super::ConfigError;
use super::bounds::{seconds, within};
use serde::Deserialize;
use std::time::Duration;

/// Those who take alerts from the queue, as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WorkersFile {
    count: usize,
    batch_alerts: usize,
}

impl Default for WorkersFile {
    fn default() -> Self {
        Self {
            count: 2,
            batch_alerts: 1000,
        }
    }
}

/// Those who take alerts from the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkerSettings {
    /// How many there are in this process.
    pub(crate) count: usize,
    /// Alerts that are stored at a time, at most.
    pub(crate) batch_alerts: usize,
}

impl WorkersFile {
    pub(super) fn validate(&self) -> Result<WorkerSettings, ConfigError> {
        Ok(WorkerSettings {
            count: within("workers.count", self.count, 1..=256)?,
            batch_alerts: within("workers.batch_alerts", self.batch_alerts, 1..=10_000)?,
        })
    }
}

/// How sinks are told, as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DeliveryFile {
    concurrency: usize,
    attempts_max: u32,
    age_seconds_max: u64,
    retry_ms_min: u64,
    retry_seconds_max: u64,
    lease_seconds: u64,
    poll_ms: u64,
}

impl Default for DeliveryFile {
    fn default() -> Self {
        Self {
            concurrency: 1,
            attempts_max: 10_000,
            age_seconds_max: 3 * 86_400,
            retry_ms_min: 500,
            retry_seconds_max: 60,
            lease_seconds: 120,
            poll_ms: 500,
        }
    }
}

/// How sinks are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeliverySettings {
    /// Batches that one sink is told at a time.
    pub(crate) concurrency: usize,
    /// After so many attempts a notification is given up.
    pub(crate) attempts_max: u32,
    /// A notification that has waited so long is given up when an attempt fails.
    pub(crate) age_max: Duration,
    /// Pause after the first failure; it doubles with each that follows.
    pub(crate) retry_min: Duration,
    /// The longest pause.
    pub(crate) retry_max: Duration,
    /// How long a delivery may take. Then another process may take it over.
    pub(crate) lease: Duration,
    /// How often to look for what other processes left.
    pub(crate) poll: Duration,
}

impl DeliveryFile {
    pub(super) fn validate(&self) -> Result<DeliverySettings, ConfigError> {
        let retry_ms = within("delivery.retry_ms_min", self.retry_ms_min, 10..=60_000)?;
        let poll_ms = within("delivery.poll_ms", self.poll_ms, 50..=60_000)?;
        Ok(DeliverySettings {
            concurrency: within("delivery.concurrency", self.concurrency, 1..=64)?,
            attempts_max: within("delivery.attempts_max", self.attempts_max, 1..=1_000_000)?,
            age_max: seconds(
                "delivery.age_seconds_max",
                self.age_seconds_max,
                1..=31_536_000,
            )?,
            retry_min: Duration::from_millis(retry_ms),
            retry_max: seconds(
                "delivery.retry_seconds_max",
                self.retry_seconds_max,
                1..=86_400,
            )?,
            lease: seconds("delivery.lease_seconds", self.lease_seconds, 10..=3600)?,
            poll: Duration::from_millis(poll_ms),
        })
    }
}
