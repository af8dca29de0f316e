//! Alerts to a server of HTTP.

use std::sync::Arc;

use prost::Message;
use saker_alert_clients::http::{
    HeaderSetting, HttpClient, HttpError, HttpOutcome, HttpRequest, HttpSettings,
};
use saker_alert_formats::{Notification, Renderer};
use saker_alert_spool::Record;
use saker_proto::v1;
use saker_tls::{ClientTls, ClientTlsSettings};

use super::{Outcome, Refusal, Uplink};
use crate::settings::{Encoding, HttpOutputSettings};

/// A server that alerts are posted to.
#[derive(Debug)]
pub(crate) struct HttpUplink {
    client: HttpClient,
    encoding: Encoding,
    renderer: Renderer,
}

impl HttpUplink {
    /// Checks the settings and reads certificates; connects to nobody.
    pub(crate) fn new(
        settings: &HttpOutputSettings,
        renderer: Renderer,
    ) -> Result<Self, HttpError> {
        Ok(Self {
            client: HttpClient::new(&client_settings(settings))?,
            encoding: settings.encoding,
            renderer,
        })
    }

    pub(crate) fn tls(&self) -> Option<ClientTls> {
        self.client.tls().cloned()
    }

    fn content_type(&self) -> &'static str {
        match self.encoding {
            Encoding::Lines if self.renderer.format().is_json() => "application/x-ndjson",
            _ => self.renderer.format().media_type(),
        }
    }

    fn body(&self, lines: &[String]) -> String {
        match self.encoding {
            Encoding::Single => lines.concat(),
            Encoding::Lines => lines.iter().flat_map(|line| [line, "\n"]).collect(),
            Encoding::Array => format!("[{}]", lines.join(",")),
        }
    }
}

impl Uplink for HttpUplink {
    async fn send(&self, records: Vec<Record>) -> Outcome {
        let mut refused = Vec::new();
        let mut lines = Vec::new();
        for (index, record) in records.into_iter().enumerate() {
            match v1::Alert::decode(record.payload) {
                Ok(alert) => {
                    let notification = Notification::single(record.id, Arc::new(alert));
                    lines.push(self.renderer.line(&notification));
                }
                Err(error) => refused.push(Refusal {
                    index,
                    reason: format!("what the spool holds is no alert: {error}"),
                }),
            }
        }
        if lines.is_empty() {
            return Outcome::Delivered { refused };
        }
        let request = HttpRequest::post(self.content_type(), self.body(&lines));
        match self.client.send(request).await {
            HttpOutcome::Delivered(reply) => {
                tracing::debug!(
                    status = reply.status,
                    answer = reply.excerpt(),
                    "alerts posted"
                );
                Outcome::Delivered { refused }
            }
            HttpOutcome::Retry { reason, after, .. } => Outcome::Retry { reason, after },
            HttpOutcome::Rejected { reason, .. } => Outcome::Rejected { reason },
        }
    }
}

fn client_settings(settings: &HttpOutputSettings) -> HttpSettings {
    let mut client = HttpSettings::new(&settings.url);
    client.headers = settings.headers.clone();
    if let Some(agent) = &settings.user_agent {
        let header = HeaderSetting::Text(agent.clone());
        client.headers.insert("user-agent".to_owned(), header);
    }
    client.authentication = settings.authentication.clone();
    if settings.compress_uploads {
        client.compression = saker_alert_clients::http::Compression::Gzip;
    }
    client.timeout_ms = settings.timeout_ms.get();
    client.tls = ClientTlsSettings {
        ca_file: settings.ca_cert.clone().or(settings.ca_bundle.clone()),
        certificate_file: settings
            .client_cert
            .clone()
            .filter(|_| settings.shows_certificate()),
        key_file: settings
            .client_key
            .clone()
            .filter(|_| settings.shows_certificate()),
        server_name: None,
    };
    client
}
