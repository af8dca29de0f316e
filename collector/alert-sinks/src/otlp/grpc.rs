//! OTLP over gRPC.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>

use super::OtlpSettings;
use crate::exchange::Verdict;
use crate::{BuildError, Outcome};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use saker_alert_clients::http::{Compression, HeaderSetting};
use saker_tls::{ClientTls, grpc_channel};
use std::time::Duration;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataKey, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

/// For name, TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A response holds a number and a text.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Longest reason that is kept, in bytes.
const REASON_BYTES_MAX: usize = 512;

/// Calls the service.
pub(super) struct Exporter {
    client: LogsServiceClient<Channel>,
    metadata: Vec<(MetadataKey<tonic::metadata::Ascii>, HeaderSetting)>,
    timeout: Duration,
}

impl Exporter {
    pub(super) fn new(settings: &OtlpSettings) -> Result<Self, BuildError> {
        let no_url = || BuildError::Setting {
            key: "url",
            problem: format!("'{}' is none such as https://host:4317", settings.url),
        };
        let endpoint = Endpoint::from_shared(settings.url.clone()).map_err(|_| no_url())?;
        let tls = match endpoint.uri().scheme_str() {
            Some("https") => Some(ClientTls::load(&settings.tls)?),
            Some("http") => None,
            _ => return Err(no_url()),
        };
        let metadata = settings
            .headers
            .iter()
            .map(|(name, value)| {
                let key =
                    MetadataKey::from_bytes(name.as_bytes()).map_err(|_| BuildError::Setting {
                        key: "headers",
                        problem: format!("'{name}' is no name of metadata"),
                    })?;
                if let HeaderSetting::Secret(secret) = value {
                    secret.value()?;
                }
                Ok((key, value.clone()))
            })
            .collect::<Result<_, BuildError>>()?;
        let mut client = LogsServiceClient::new(grpc_channel(&endpoint, tls, CONNECT_TIMEOUT))
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        if settings.compression == Compression::Gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        Ok(Self {
            client,
            metadata,
            timeout: Duration::from_millis(settings.timeout_ms),
        })
    }

    pub(super) async fn export(&self, request: ExportLogsServiceRequest) -> Verdict {
        let request = match self.with_metadata(request) {
            Ok(request) => request,
            Err(reason) => return Verdict::All(Outcome::retry(reason)),
        };
        match self.client.clone().export(request).await {
            Ok(response) => super::verdict(response.into_inner()),
            Err(status) => verdict(&status),
        }
    }

    fn with_metadata(
        &self,
        request: ExportLogsServiceRequest,
    ) -> Result<Request<ExportLogsServiceRequest>, String> {
        let mut request = Request::new(request);
        request.set_timeout(self.timeout);
        for (key, value) in &self.metadata {
            let no_value = |_| format!("header {key}: it has characters that no header may have");
            let value = match value {
                HeaderSetting::Text(text) => MetadataValue::try_from(text).map_err(no_value)?,
                HeaderSetting::Secret(secret) => {
                    let secret = secret.value().map_err(|error| error.to_string())?;
                    MetadataValue::try_from(secret.expose()).map_err(no_value)?
                }
            };
            request.metadata_mut().insert(key.clone(), value);
        }
        Ok(request)
    }
}

/// Whether it is the records that are wrong. The specification has clients drop what fails with any code that is
/// not retryable; here it is tried again for as long as who calls wants, because a wrong token or a receiver
/// without logs somebody can put right.
fn verdict(status: &Status) -> Verdict {
    let mut reason = format!("{:?}: {}", status.code(), status.message());
    reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
    match status.code() {
        Code::InvalidArgument => Verdict::Refused { reason },
        _ => Verdict::All(Outcome::Retry {
            reason,
            after: status
                .get_details_retry_info()
                .and_then(|info| info.retry_delay),
        }),
    }
}
