//! Slack: messages through an incoming webhook.
//!
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>
//!
//! - The URL is what lets anybody post: it is a secret.
//! - Slack takes one message a second from a webhook, bursts aside
//!   (<https://docs.slack.dev/apis/web-api/rate-limits/>). A message holds up to ten alerts, and messages of a sink are
//!   a second apart; what is too much for Slack still answers 429 with `Retry-After`.
//! - Slack knows no repetition: after a lost answer a message may stand there twice. Each alert shows its id.

mod message;

use crate::exchange::{Bounds, Exchange, Verdict, exchange};
use crate::servers::Servers;
use crate::{BuildError, Outcome, Sink};
use async_trait::async_trait;
use saker_alert_clients::Secret;
use saker_alert_clients::http::{HttpError, HttpRequest, HttpSettings};
use saker_alert_formats::Notification;
use saker_tls::ClientTlsSettings;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Pause between messages.
const PACE: Duration = Duration::from_secs(1);

/// Errors are words such as `invalid_blocks`.
const ANSWER_BYTES_MAX: usize = 4 * 1024;

/// Where messages go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackSettings {
    /// URL of the incoming webhook.
    pub url: Secret,
    /// Certificates.
    #[serde(default)]
    pub tls: ClientTlsSettings,
}

impl SlackSettings {
    pub(crate) fn build(&self) -> Result<SlackSink, BuildError> {
        // Tells of a missing or useless URL now rather than with the first alert.
        let current = self.webhook(self.url.value()?.expose())?;
        Ok(SlackSink {
            settings: self.clone(),
            current: Mutex::new(Arc::new(current)),
            next: Mutex::new(Instant::now()),
        })
    }

    fn webhook(&self, url: &str) -> Result<Webhook, BuildError> {
        let settings = HttpSettings {
            tls: self.tls.clone(),
            ..HttpSettings::new(url)
        };
        let servers = Servers::new(&[settings], ANSWER_BYTES_MAX).map_err(|error| match error {
            // What the library says shows the URL.
            BuildError::Http(HttpError::Url { .. }) => BuildError::Setting {
                key: "url",
                problem: "the secret is no URL such as https://hooks.slack.com/services/…"
                    .to_owned(),
            },
            other => other,
        })?;
        Ok(Webhook {
            url: url.to_owned(),
            servers,
        })
    }
}

/// Posts messages.
pub(crate) struct SlackSink {
    settings: SlackSettings,
    current: Mutex<Arc<Webhook>>,
    /// When the next message may be sent.
    next: Mutex<Instant>,
}

/// The webhook that the secret names at the time.
struct Webhook {
    url: String,
    servers: Servers,
}

#[async_trait]
impl Sink for SlackSink {
    fn kind(&self) -> &'static str {
        "slack"
    }

    fn batch_max(&self) -> usize {
        message::ALERTS_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let bounds = Bounds {
            bytes_max: usize::MAX,
            items_max: message::ALERTS_MAX,
        };
        exchange(self, notifications, bounds).await
    }
}

impl Exchange for SlackSink {
    type Item = Notification;

    /// A message is bounded by the number of alerts: each is cut to what Slack takes.
    fn size(&self, _: &Notification) -> usize {
        1
    }

    async fn send(&self, items: &[Notification]) -> Verdict {
        let webhook = match self.webhook().await {
            Ok(webhook) => webhook,
            Err(error) => return Verdict::All(Outcome::retry(error.to_string())),
        };
        let body = message::message(items).to_string();
        self.keep_pace().await;
        let request = HttpRequest::post("application/json", body);
        let verdict = match webhook.servers.send(&request).await {
            Ok(answer) => answer.verdict(),
            Err(outcome) => Verdict::All(outcome),
        };
        webhook.without_url(verdict)
    }
}

impl SlackSink {
    /// The webhook, made anew when the secret has changed.
    async fn webhook(&self) -> Result<Arc<Webhook>, BuildError> {
        let url = self.settings.url.value()?;
        let mut current = self.current.lock().await;
        if current.url != url.expose() {
            *current = Arc::new(self.settings.webhook(url.expose())?);
        }
        Ok(Arc::clone(&current))
    }

    async fn keep_pace(&self) {
        let turn = {
            let mut next = self.next.lock().await;
            let turn = (*next).max(Instant::now());
            *next = turn.checked_add(PACE).unwrap_or(turn);
            turn
        };
        sleep_until(turn).await;
    }
}

impl Webhook {
    /// An answer may repeat the URL, and reasons are kept and shown.
    fn without_url(&self, verdict: Verdict) -> Verdict {
        let path = self
            .url
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('/'))
            .map_or("", |(_, path)| path);
        let hidden = |reason: String| match path {
            "" => reason,
            path => reason.replace(path, "***"),
        };
        match verdict {
            Verdict::All(Outcome::Retry { reason, after }) => Verdict::All(Outcome::Retry {
                reason: hidden(reason),
                after,
            }),
            Verdict::Refused { reason } => Verdict::Refused {
                reason: hidden(reason),
            },
            other => other,
        }
    }
}
