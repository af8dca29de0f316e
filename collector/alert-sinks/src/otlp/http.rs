//! OTLP over HTTP.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use crate::exchange::Verdict;
use crate::servers::Servers;
use crate::{BuildError, Outcome};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use prost::Message;
use saker_alert_clients::http::{HttpRequest, HttpSettings};

/// A response holds a number and a text.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

const CONTENT_TYPE: &str = "application/x-protobuf";

/// Posts requests.
pub(super) struct Exporter {
    servers: Servers,
}

impl Exporter {
    pub(super) fn new(settings: &HttpSettings) -> Result<Self, BuildError> {
        Ok(Self {
            servers: Servers::new(std::slice::from_ref(settings), ANSWER_BYTES_MAX)?,
        })
    }

    pub(super) async fn export(&self, request: &ExportLogsServiceRequest) -> Verdict {
        let post = HttpRequest::post(CONTENT_TYPE, request.encode_to_vec()).at("v1/logs");
        let answer = match self.servers.send(&post).await {
            Ok(answer) => answer,
            Err(outcome) => return Verdict::All(outcome),
        };
        if answer.status() != 200 {
            return answer.verdict();
        }
        match ExportLogsServiceResponse::decode(answer.reply.body) {
            Ok(response) => super::verdict(response),
            Err(error) => Verdict::All(Outcome::retry(format!(
                "answered 200 with what is no ExportLogsServiceResponse: {error}"
            ))),
        }
    }
}
