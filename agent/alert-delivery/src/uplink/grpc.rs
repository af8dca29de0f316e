//! Alerts to a collector over gRPC: `saker.v1.AlertIngest.Deliver`.

mod connection;
mod ledger;
mod settings;

pub use ledger::{LedgerCallError, LedgerClient};
pub use settings::{GrpcError, GrpcSettings};

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use saker_alert_spool::Record;
use saker_tls::ClientTls;
use tokio::sync::{mpsc, oneshot};

use super::{Outcome, Refusal, Uplink};
use connection::{Answer, Connections, Request};

/// Batches that wait for a stream. A pump has fewer under way.
const REQUESTS_WAITING: usize = 64;

/// A collector that is connected to when there is something to send.
///
/// All batches go over one stream, several at a time. When the stream fails all of them fail, and the next
/// batch goes to the next endpoint.
#[derive(Debug)]
pub struct GrpcUplink {
    requests: mpsc::Sender<Request>,
    tls: Option<ClientTls>,
}

impl GrpcUplink {
    /// Checks the settings. Connects when the first batch is sent. Within a tokio runtime.
    ///
    /// # Errors
    ///
    /// See [`GrpcError`].
    pub fn new(settings: &GrpcSettings) -> Result<Self, GrpcError> {
        let targets = settings.targets()?;
        let tls = targets.tls.clone();
        let (requests, incoming) = mpsc::channel(REQUESTS_WAITING);
        tokio::spawn(Connections::new(targets).run(incoming));
        Ok(Self { requests, tls })
    }

    /// What it speaks TLS with, for the expiry of its certificate.
    #[must_use]
    pub fn tls(&self) -> Option<&ClientTls> {
        self.tls.as_ref()
    }

    async fn try_once(&self, alerts: Vec<Bytes>) -> Answer {
        let (answer, answered) = oneshot::channel();
        if self.requests.send(Request { alerts, answer }).await.is_ok()
            && let Ok(answer) = answered.await
        {
            return answer;
        }
        Answer::Failed {
            reason: "the runtime ends".to_owned(),
        }
    }
}

impl Uplink for GrpcUplink {
    /// A batch that is too large for the collector is sent in halves, so that only an alert that is too large
    /// by itself is refused.
    async fn send(&self, records: Vec<Record>) -> Outcome {
        let alerts: Vec<Bytes> = records.into_iter().map(|record| record.payload).collect();
        let mut refused = BTreeMap::new();
        let mut left: Vec<Range<usize>> = std::iter::once(0..alerts.len()).collect();
        while let Some(range) = left.pop() {
            let part = alerts.get(range.clone()).unwrap_or_default().to_vec();
            match self.try_once(part).await {
                Answer::Acknowledged { refused: reasons } => {
                    let of_batch = |(index, reason)| (range.start + index, reason);
                    refused.extend(reasons.into_iter().map(of_batch));
                }
                Answer::TooLarge { reason } if range.len() <= 1 => {
                    refused.insert(range.start, reason);
                }
                Answer::TooLarge { .. } => {
                    let middle = range.start + range.len() / 2;
                    left.push(middle..range.end);
                    left.push(range.start..middle);
                }
                Answer::Failed { reason } => {
                    return Outcome::Retry {
                        reason,
                        after: None,
                    };
                }
            }
        }
        let refused = refused
            .into_iter()
            .map(|(index, reason)| Refusal { index, reason });
        Outcome::Delivered {
            refused: refused.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
