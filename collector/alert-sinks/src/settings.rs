//! What a configuration says of a sink.

use crate::alertmanager::AlertmanagerSettings;
use crate::elasticsearch::{ElasticsearchSettings, Product};
use crate::kafka::KafkaSettings;
use crate::loki::LokiSettings;
use crate::otlp::OtlpSettings;
use crate::over_http::OverHttp;
use crate::selection::{Filter, Selection, priority};
use crate::slack::SlackSettings;
use crate::stdout::StdoutSettings;
use crate::syslog::SyslogSettings;
use crate::webhook::WebhookSettings;
use crate::{BuildError, Sink};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value};

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// Keys that every sink has, whatever its kind.
const COMMON_KEYS: [&str; 3] = ["name", "minimum_priority", "filter"];

/// A sink, as the configuration has it: `name`, `kind`, `minimum_priority`, `filter`, and what its kind has beside.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct SinkSettings {
    /// Names it in metrics and in the store: what it has yet to be told is kept under this name.
    pub name: String,
    /// Which alerts it gets.
    pub selection: Selection,
    /// Where they go.
    pub destination: Destination,
}

/// Where alerts go.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    /// Prometheus Alertmanager.
    Alertmanager(OverHttp<AlertmanagerSettings>),
    /// Elasticsearch.
    Elasticsearch(OverHttp<ElasticsearchSettings>),
    /// Kafka.
    Kafka(KafkaSettings),
    /// Grafana Loki.
    Loki(OverHttp<LokiSettings>),
    /// OpenSearch.
    #[serde(rename = "opensearch")]
    OpenSearch(OverHttp<ElasticsearchSettings>),
    /// OpenTelemetry.
    Otlp(OtlpSettings),
    /// Slack.
    Slack(SlackSettings),
    /// Lines of standard output.
    Stdout(StdoutSettings),
    /// Syslog.
    Syslog(SyslogSettings),
    /// A webhook.
    Webhook(OverHttp<WebhookSettings>),
}

/// What every sink has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    name: String,
    minimum_priority: Option<String>,
    #[serde(default)]
    filter: Filter,
}

impl TryFrom<Map<String, Value>> for SinkSettings {
    type Error = String;

    fn try_from(mut settings: Map<String, Value>) -> Result<Self, Self::Error> {
        let common: Map<String, Value> = COMMON_KEYS
            .iter()
            .filter_map(|key| settings.remove_entry(*key))
            .collect();
        let named = match common.get("name") {
            Some(Value::String(name)) => format!("sink '{name}'"),
            _ => "a sink".to_owned(),
        };
        Self::from_parts(common, settings).map_err(|error| format!("{named}: {error}"))
    }
}

impl SinkSettings {
    fn from_parts(
        common: Map<String, Value>,
        rest: Map<String, Value>,
    ) -> Result<Self, serde_json::Error> {
        let common = Common::deserialize(Value::Object(common))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if common.name.is_empty()
            || common.name.len() > NAME_BYTES_MAX
            || !common.name.bytes().all(is_plain)
        {
            return Err(serde_json::Error::custom(format_args!(
                "a name has 1 to {NAME_BYTES_MAX} letters, digits, '-', '_' and '.'"
            )));
        }
        let minimum_priority = common
            .minimum_priority
            .map(|name| {
                priority(&name).ok_or_else(|| {
                    serde_json::Error::custom(format_args!(
                        "minimum_priority: '{name}' is none of emergency, alert, critical, error, warning, \
                         notice, informational, debug"
                    ))
                })
            })
            .transpose()?;
        Ok(Self {
            name: common.name,
            selection: Selection {
                minimum_priority,
                filter: common.filter,
            },
            destination: Destination::deserialize(Value::Object(rest))?,
        })
    }

    /// The sink. Reads the files that the settings name, and connects to nothing yet.
    ///
    /// # Errors
    ///
    /// A file cannot be read or does not hold what it should; a setting makes no sense.
    pub fn build(&self) -> Result<Box<dyn Sink>, BuildError> {
        let sink: Box<dyn Sink> = match &self.destination {
            Destination::Alertmanager(settings) => Box::new(settings.build()?),
            Destination::Elasticsearch(settings) => {
                Box::new(settings.build(Product::Elasticsearch)?)
            }
            Destination::Kafka(settings) => Box::new(settings.build()?),
            Destination::Loki(settings) => Box::new(settings.build()?),
            Destination::OpenSearch(settings) => Box::new(settings.build(Product::OpenSearch)?),
            Destination::Otlp(settings) => Box::new(settings.build()?),
            Destination::Slack(settings) => Box::new(settings.build()?),
            Destination::Stdout(settings) => Box::new(settings.build()),
            Destination::Syslog(settings) => Box::new(settings.build()?),
            Destination::Webhook(settings) => Box::new(settings.build()?),
        };
        Ok(self.selection.clone().applied_to(sink))
    }
}
