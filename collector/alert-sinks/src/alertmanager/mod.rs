//! Prometheus Alertmanager, version 2 of its API: who is notified, and what silences exist, is up to it.
//!
//! <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>
//!
//! - Alerts of the same labels are one alert: what is sent again changes nothing but how long it fires.
//! - An alert of Saker is an event without an end. It fires until `hold_seconds` after the last event or, if that
//!   was long ago, after it was sent.
//! - Members of a cluster of Alertmanagers do not hand alerts to each other: each of `endpoints` is sent all. An alert
//!   is delivered when one of them has it, as Prometheus has it too.
//! - 400 tells of some alerts while the others were taken; they are sent by themselves then to see which.

mod alerts;

use crate::exchange::{Bounds, Exchange, Verdict, exchange};
use crate::over_http::OverHttp;
use crate::servers::Servers;
use crate::{BuildError, Outcome, Sink, clock, facts};
use async_trait::async_trait;
use saker_alert_clients::http::HttpRequest;
use saker_alert_formats::Notification;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Alerts of one request at most, as Prometheus has it.
const BATCH_MAX: usize = 256;

/// Alertmanager has no limit of its own.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Errors are told in a line or few.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where alerts go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerSettings {
    /// How long an alert fires after its last event, in seconds.
    #[serde(default = "default_hold_seconds")]
    pub hold_seconds: u64,
    /// Labels of every alert.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What notifications link to.
    pub generator_url: Option<String>,
}

fn default_hold_seconds() -> u64 {
    300
}

impl OverHttp<AlertmanagerSettings> {
    pub(crate) fn build(&self) -> Result<AlertmanagerSink, BuildError> {
        for name in self.own.labels.keys() {
            if !facts::is_label_name(name) {
                return Err(BuildError::Setting {
                    key: "labels",
                    problem: format!("'{name}' is no name of a label: letters, digits and '_'"),
                });
            }
        }
        let servers = self
            .servers
            .iter()
            .map(|server| Servers::new(std::slice::from_ref(server), ANSWER_BYTES_MAX))
            .collect::<Result<_, _>>()?;
        Ok(AlertmanagerSink {
            servers,
            settings: self.own.clone(),
        })
    }
}

/// Posts alerts.
pub(crate) struct AlertmanagerSink {
    servers: Vec<Servers>,
    settings: AlertmanagerSettings,
}

#[async_trait]
impl Sink for AlertmanagerSink {
    fn kind(&self) -> &'static str {
        "alertmanager"
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let settings = &self.settings;
        let now_ns = clock::unix_ns();
        let alerts: Vec<String> = notifications
            .iter()
            .map(|notification| {
                let url = settings.generator_url.as_deref();
                let hold = Duration::from_secs(settings.hold_seconds);
                alerts::alert(notification, &settings.labels, url, hold, now_ns).to_string()
            })
            .collect();
        let bounds = Bounds {
            bytes_max: REQUEST_BYTES_MAX,
            items_max: BATCH_MAX,
        };
        exchange(self, &alerts, bounds).await
    }
}

impl Exchange for AlertmanagerSink {
    type Item = String;

    fn size(&self, item: &String) -> usize {
        item.len().saturating_add(1)
    }

    async fn send(&self, items: &[String]) -> Verdict {
        let body = format!("[{}]", items.join(","));
        let request = HttpRequest::post("application/json", body).at("api/v2/alerts");
        let verdicts = self.servers.iter().map(|server| async {
            match server.send(&request).await {
                Ok(answer) => answer.verdict(),
                Err(outcome) => Verdict::All(outcome),
            }
        });
        let mut verdicts = futures_util::future::join_all(verdicts).await;
        verdicts.sort_by_key(|verdict| match verdict {
            Verdict::All(Outcome::Delivered) => 0,
            Verdict::Refused { .. } => 1,
            _ => 2,
        });
        verdicts
            .into_iter()
            .next()
            .unwrap_or_else(|| Verdict::All(Outcome::retry("no endpoint")))
    }
}
