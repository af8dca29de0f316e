//! OpenTelemetry: a log record for each notification, over gRPC or HTTP.
//!
//! <https://opentelemetry.io/docs/specs/otlp/>
//!
//! - `log.record.uid` is the alert's id: records of the same uid may be taken for duplicates.
//! - Where a receiver takes a request in part, it says how many records it dropped and not which, and must not be
//!   sent any of them again. All of the request then count as rejected: none is lost unnoticed.
//! - Of the states of gRPC, only INVALID_ARGUMENT is about the records. `RESOURCE_EXHAUSTED` and `UNAVAILABLE` may
//!   say in `RetryInfo` how long to wait.

mod grpc;
mod http;
mod record;

use crate::exchange::{Bounds, Exchange, Verdict, exchange};
use crate::{BuildError, Outcome, Sink, clock};
use async_trait::async_trait;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use saker_alert_clients::http::{HeaderSetting, HttpSettings};
use saker_alert_formats::Notification;
use saker_tls::ClientTlsSettings;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Records of one request at most; receivers batch by themselves.
const BATCH_MAX: usize = 500;

/// The default limit of a message of gRPC is 4 MiB.
const REQUEST_BYTES_MAX: usize = 3 * 1024 * 1024;

/// What a record takes beside itself.
const FRAME_BYTES: usize = 64;

/// Where records go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtlpSettings {
    /// `https://host:4317` for gRPC, `https://host:4318` for HTTP; for HTTP, `/v1/logs` is added.
    pub url: String,
    /// How it is spoken.
    #[serde(default)]
    pub protocol: Protocol,
    /// Headers, or metadata of gRPC.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderSetting>,
    /// Certificates.
    #[serde(default)]
    pub tls: ClientTlsSettings,
    /// For a request, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Whether requests are compressed.
    #[serde(default)]
    pub compression: saker_alert_clients::http::Compression,
}

/// How OTLP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Protocol {
    /// By gRPC.
    #[default]
    #[serde(rename = "grpc")]
    Grpc,
    /// By HTTP, with protobuf.
    #[serde(rename = "http/protobuf")]
    Http,
}

fn default_timeout_ms() -> u64 {
    10_000
}

impl OtlpSettings {
    pub(crate) fn build(&self) -> Result<OtlpSink, BuildError> {
        let transport = match self.protocol {
            Protocol::Grpc => Transport::Grpc(grpc::Exporter::new(self)?),
            Protocol::Http => Transport::Http(http::Exporter::new(&HttpSettings {
                headers: self.headers.clone(),
                tls: self.tls.clone(),
                timeout_ms: self.timeout_ms,
                compression: self.compression,
                ..HttpSettings::new(&self.url)
            })?),
        };
        Ok(OtlpSink { transport })
    }
}

/// Exports records.
pub(crate) struct OtlpSink {
    transport: Transport,
}

enum Transport {
    Grpc(grpc::Exporter),
    Http(http::Exporter),
}

/// A record, and where it comes from.
pub(crate) struct Item {
    resource: Resource,
    record: LogRecord,
}

#[async_trait]
impl Sink for OtlpSink {
    fn kind(&self) -> &'static str {
        "otlp"
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let observed_ns = clock::unix_ns();
        let items: Vec<Item> = notifications
            .iter()
            .map(|notification| Item {
                resource: record::resource(&notification.alert),
                record: record::record(notification, observed_ns),
            })
            .collect();
        let bounds = Bounds {
            bytes_max: REQUEST_BYTES_MAX,
            items_max: BATCH_MAX,
        };
        exchange(self, &items, bounds).await
    }
}

impl Exchange for OtlpSink {
    type Item = Item;

    fn size(&self, item: &Item) -> usize {
        item.resource
            .encoded_len()
            .saturating_add(item.record.encoded_len())
            .saturating_add(FRAME_BYTES)
    }

    async fn send(&self, items: &[Item]) -> Verdict {
        let request = request(items);
        match &self.transport {
            Transport::Grpc(exporter) => exporter.export(request).await,
            Transport::Http(exporter) => exporter.export(&request).await,
        }
    }
}

/// Records that come from the same place stand together.
fn request(items: &[Item]) -> ExportLogsServiceRequest {
    let scope = InstrumentationScope {
        name: "saker".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let mut places: BTreeMap<Vec<u8>, (Resource, Vec<LogRecord>)> = BTreeMap::new();
    for Item { resource, record } in items {
        places
            .entry(resource.encode_to_vec())
            .or_insert_with(|| (resource.clone(), Vec::new()))
            .1
            .push(record.clone());
    }
    let resource_logs = places
        .into_values()
        .map(|(resource, log_records)| ResourceLogs {
            resource: Some(resource),
            scope_logs: vec![ScopeLogs {
                scope: Some(scope.clone()),
                log_records,
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        })
        .collect();
    ExportLogsServiceRequest { resource_logs }
}

/// What an answer of success says.
fn verdict(response: ExportLogsServiceResponse) -> Verdict {
    let Some(partial) = response.partial_success else {
        return Verdict::All(Outcome::Delivered);
    };
    // Zero with a message is a warning.
    if partial.rejected_log_records <= 0 {
        return Verdict::All(Outcome::Delivered);
    }
    let mut reason = format!(
        "the receiver dropped {} records of the request and does not say which: {}",
        partial.rejected_log_records, partial.error_message
    );
    reason.truncate(reason.floor_char_boundary(512));
    Verdict::All(Outcome::Rejected { reason })
}
