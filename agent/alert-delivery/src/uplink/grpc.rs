//! Alerts to a collector over gRPC.

use saker_alert_spool::Record;

use super::{Outcome, Uplink};

/// Which collectors.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcSettings {
    /// Such as `https://collector.example:9377`. One is used at a time; when it fails, the next.
    pub endpoints: Vec<String>,
    /// Seconds until a batch must be acknowledged, or the connection is given up.
    #[serde(default = "acknowledgement_seconds")]
    pub acknowledgement_seconds: u64,
}

fn acknowledgement_seconds() -> u64 {
    30
}

/// A collector that is connected to when there is something to send.
#[derive(Debug)]
pub struct GrpcUplink {}

/// Settings that lead nowhere.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// Nothing to connect to.
    #[error("endpoints is empty; name a collector, such as https://collector.example:9377")]
    NoEndpoint,
}

impl GrpcUplink {
    /// Checks the settings. Connects when the first batch is sent. Within a tokio runtime.
    ///
    /// # Errors
    ///
    /// See [`GrpcError`].
    pub fn new(_settings: &GrpcSettings) -> Result<Self, GrpcError> {
        todo!()
    }
}

impl Uplink for GrpcUplink {
    async fn send(&self, _records: Vec<Record>) -> Outcome {
        todo!()
    }
}
