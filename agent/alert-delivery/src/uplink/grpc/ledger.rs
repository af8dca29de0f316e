//! Encryption ledgers to and from a collector: `saker.v1.LedgerIngest` and `saker.v1.LedgerFeed`.

use std::error::Error;
use std::time::Duration;

use saker_proto::v1::ledger_feed_client::LedgerFeedClient;
use saker_proto::v1::ledger_ingest_client::LedgerIngestClient;
use saker_proto::v1::{LedgerPart, ReadLedgerRequest, ReportLedgerRequest};
use saker_tls::grpc_channel;
use tonic::Status;
use tonic::transport::Channel;

use super::settings::{GrpcError, GrpcSettings, Targets};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Most parts that are read. The largest clusters have 5,000 nodes, and most nodes need few parts.
const PARTS_MAX: usize = 100_000;

/// Most bytes of one part. Collectors close parts at two megabytes, and older ones at a thousand entries.
const PART_BYTES_MAX: usize = 16 << 20;

/// The collector does not take or give ledgers.
#[derive(Debug, thiserror::Error)]
pub enum LedgerCallError {
    /// No collector was reached, or none agreed; what the last one said.
    #[error("{endpoint}: {reason}")]
    Refused {
        /// Which.
        endpoint: String,
        /// What it said.
        reason: String,
    },
    /// It did not answer in time.
    #[error("{endpoint} did not answer within {} seconds", .patience.as_secs())]
    Overdue {
        /// Which.
        endpoint: String,
        /// How long it had.
        patience: Duration,
    },
    /// It sends without an end.
    #[error("{endpoint} sent more than {PARTS_MAX} parts of ledgers")]
    TooMuch {
        /// Which.
        endpoint: String,
    },
}

/// Reports ledgers to a collector, or reads them from one. Connects anew for each call: there are few.
#[derive(Debug)]
pub struct LedgerClient {
    targets: Targets,
}

impl LedgerClient {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// See [`GrpcError`].
    pub fn new(settings: &GrpcSettings) -> Result<Self, GrpcError> {
        Ok(Self {
            targets: settings.targets()?,
        })
    }

    /// Reports parts, one after the other. Within a tokio runtime.
    ///
    /// # Errors
    ///
    /// No collector takes them; what was taken until then may be reported again.
    pub async fn report(&self, parts: Vec<LedgerPart>) -> Result<(), LedgerCallError> {
        self.on_any(|channel| {
            let parts = parts.clone();
            async move {
                let mut client = LedgerIngestClient::new(channel);
                for part in parts {
                    client
                        .report_ledger(ReportLedgerRequest { part: Some(part) })
                        .await?;
                }
                Ok(())
            }
        })
        .await
        .map(|((), _)| ())
    }

    /// Reads the ledgers of a cluster, or of all if it is empty, without edges that were last seen before.
    /// Within a tokio runtime.
    ///
    /// # Errors
    ///
    /// No collector gives them.
    pub async fn read(
        &self,
        cluster: &str,
        since_unix_ms: u64,
    ) -> Result<Vec<LedgerPart>, LedgerCallError> {
        let request = ReadLedgerRequest {
            cluster: cluster.to_owned(),
            since_unix_ms,
        };
        let (parts, endpoint) = self
            .on_any(|channel| {
                let request = request.clone();
                async move {
                    let mut client =
                        LedgerFeedClient::new(channel).max_decoding_message_size(PART_BYTES_MAX);
                    let mut responses = client.read_ledger(request).await?.into_inner();
                    let mut parts = Vec::new();
                    while let Some(response) = responses.message().await? {
                        parts.extend(response.part);
                        if parts.len() > PARTS_MAX {
                            break;
                        }
                    }
                    Ok(parts)
                }
            })
            .await?;
        if parts.len() > PARTS_MAX {
            return Err(LedgerCallError::TooMuch { endpoint });
        }
        Ok(parts)
    }

    /// Calls the first collector that answers; gives its address as well.
    async fn on_any<T, F: Future<Output = Result<T, Status>>>(
        &self,
        call: impl Fn(Channel) -> F,
    ) -> Result<(T, String), LedgerCallError> {
        let patience = self.targets.patience;
        let mut failure = None;
        for target in &self.targets.endpoints {
            let tls = self.targets.tls.clone().filter(|_| target.is_tls);
            let channel = grpc_channel(&target.endpoint, tls, CONNECT_TIMEOUT);
            let endpoint = target.endpoint.uri().to_string();
            failure = Some(match tokio::time::timeout(patience, call(channel)).await {
                Ok(Ok(answer)) => return Ok((answer, endpoint)),
                Ok(Err(status)) => LedgerCallError::Refused {
                    endpoint,
                    reason: reason(&status),
                },
                Err(_) => LedgerCallError::Overdue { endpoint, patience },
            });
        }
        // Settings without an endpoint are refused.
        Err(failure.unwrap_or(LedgerCallError::Refused {
            endpoint: String::new(),
            reason: GrpcError::NoEndpoint.to_string(),
        }))
    }
}

fn reason(status: &Status) -> String {
    let mut text = format!("{:?}: {}", status.code(), status.message());
    let mut cause = Error::source(status);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
