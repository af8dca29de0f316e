//! Grafana Loki: a line for each notification.
//!
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>
//!
//! - Labels are few and of few values: Loki keeps a stream for each combination. All else is structured metadata,
//!   which Loki has by default since version 3; `structured_metadata: false` leaves it out for older ones.
//! - A line has the time of its event. Loki drops what it has already: same stream, time and line.
//! - 400 tells of lines that are too old, too far behind their stream or too long, while the others were taken; the
//!   lines are sent by themselves then to see which.

mod push;

use crate::exchange::{Bounds, Exchange, Verdict, exchange};
use crate::over_http::OverHttp;
use crate::servers::Servers;
use crate::{BuildError, Outcome, Sink, facts, formats};
use async_trait::async_trait;
use push::{Entry, Labels};
use saker_alert_clients::http::{HeaderName, HeaderValue, HttpRequest};
use saker_alert_formats::{Format, Notification, Renderer};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Lines of one request at most.
const BATCH_MAX: usize = 500;

/// Loki's default limit of a request is 4 MiB, uncompressed.
const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Errors are told in a line or few.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where lines go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LokiSettings {
    /// What a line holds.
    #[serde(default)]
    pub format: Format,
    /// What of an alert is a label.
    #[serde(default = "default_labels")]
    pub labels: Vec<Label>,
    /// Labels of every line.
    #[serde(default = "default_static_labels")]
    pub static_labels: BTreeMap<String, String>,
    /// Whether the other facts go along.
    #[serde(default = "default_structured_metadata")]
    pub structured_metadata: bool,
    /// The tenant, in the header `X-Scope-OrgID`, where Loki has several.
    pub tenant: Option<String>,
}

/// What of an alert can be a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Eight values.
    Priority,
    /// One for each source of events.
    Source,
    /// One for each cluster.
    Cluster,
    /// One for each namespace with alerts.
    Namespace,
    /// One for each rule that fires.
    Rule,
}

fn default_labels() -> Vec<Label> {
    vec![
        Label::Priority,
        Label::Source,
        Label::Cluster,
        Label::Namespace,
    ]
}

fn default_static_labels() -> BTreeMap<String, String> {
    BTreeMap::from([("service_name".to_owned(), "saker".to_owned())])
}

fn default_structured_metadata() -> bool {
    true
}

impl Label {
    fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Source => "source",
            Self::Cluster => "cluster",
            Self::Namespace => "namespace",
            Self::Rule => "rule",
        }
    }
}

impl OverHttp<LokiSettings> {
    pub(crate) fn build(&self) -> Result<LokiSink, BuildError> {
        let settings = &self.own;
        for name in settings.static_labels.keys() {
            if !facts::is_label_name(name) {
                return Err(BuildError::Setting {
                    key: "static_labels",
                    problem: format!("'{name}' is no name of a label: letters, digits and '_'"),
                });
            }
        }
        // Loki refuses a stream without labels, and an alert may lack all others.
        if settings.static_labels.values().all(String::is_empty) {
            return Err(BuildError::Setting {
                key: "static_labels",
                problem: "one at least is needed, such as service_name: saker".to_owned(),
            });
        }
        let tenant = settings
            .tenant
            .as_deref()
            .map(HeaderValue::from_str)
            .transpose()
            .map_err(|_| BuildError::Setting {
                key: "tenant",
                problem: "it has characters that no header may have".to_owned(),
            })?;
        Ok(LokiSink {
            servers: Servers::new(&self.servers, ANSWER_BYTES_MAX)?,
            renderer: formats::renderer(settings.format),
            settings: settings.clone(),
            tenant,
        })
    }
}

/// Pushes lines.
pub(crate) struct LokiSink {
    servers: Servers,
    renderer: Renderer,
    settings: LokiSettings,
    tenant: Option<HeaderValue>,
}

#[async_trait]
impl Sink for LokiSink {
    fn kind(&self) -> &'static str {
        "loki"
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let entries: Vec<Entry> = notifications
            .iter()
            .map(|notification| self.entry(notification))
            .collect();
        let bounds = Bounds {
            bytes_max: REQUEST_BYTES_MAX,
            items_max: BATCH_MAX,
        };
        exchange(self, &entries, bounds).await
    }
}

impl LokiSink {
    fn entry(&self, notification: &Notification) -> Entry {
        let settings = &self.settings;
        let labels: Labels = push::labels(notification, &settings.labels, &settings.static_labels);
        let mut metadata = BTreeMap::new();
        if settings.structured_metadata {
            metadata = push::metadata(notification);
            metadata.retain(|name, _| !labels.contains_key(*name));
        }
        Entry {
            labels,
            time_ns: notification.alert.time_unix_ns,
            line: self.renderer.line(notification),
            metadata,
        }
    }
}

impl Exchange for LokiSink {
    type Item = Entry;

    fn size(&self, item: &Entry) -> usize {
        item.size()
    }

    async fn send(&self, items: &[Entry]) -> Verdict {
        let mut request =
            HttpRequest::post("application/json", push::body(items)).at("loki/api/v1/push");
        if let Some(tenant) = &self.tenant {
            request = request.with(HeaderName::from_static("x-scope-orgid"), tenant.clone());
        }
        match self.servers.send(&request).await {
            Ok(answer) => answer.verdict(),
            Err(outcome) => Verdict::All(outcome),
        }
    }
}
