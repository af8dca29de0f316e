//! A webhook: notifications as the body of a POST.
//!
//! The headers are those of Standard Webhooks,
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>:
//!
//! - `webhook-id` is the same whenever the same is sent again: with one notification the id of its alert, with
//!   several a hash of theirs.
//! - `webhook-timestamp` is when it was sent, in seconds since the epoch.
//! - `webhook-signature`, with a secret, is an HMAC-SHA256 over both and the body. The standard has libraries that
//!   verify it; a receiver refuses timestamps that are minutes off.
//!
//! Any answer 2xx is taken for an acceptance; 400, 413 and 422 for a refusal; all else is tried again.

mod signature;

use crate::exchange::{Bounds, Exchange, Verdict, exchange};
use crate::over_http::OverHttp;
use crate::servers::Servers;
use crate::{BuildError, Outcome, Sink, clock, formats};
use async_trait::async_trait;
use saker_alert_clients::Secret;
use saker_alert_clients::http::{HeaderName, HeaderValue, HttpRequest};
use saker_alert_formats::{Format, Notification, Renderer};
use saker_proto::AlertId;
use serde::Deserialize;
use xxhash_rust::xxh3::Xxh3;

/// Notifications of one request at most, where it may hold several.
const BATCH_MAX: usize = 100;

/// The largest body, unless a single notification is larger than that.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// What a receiver says is read for the reason of a failure only.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// What is posted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// What a notification is like.
    #[serde(default)]
    pub format: Format,
    /// How many a request holds.
    #[serde(default)]
    pub body: Body,
    /// Signs requests.
    pub signing_secret: Option<Secret>,
}

/// How many notifications a request holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// One.
    #[default]
    Single,
    /// An array of JSON.
    Array,
    /// A line for each.
    Lines,
}

impl OverHttp<WebhookSettings> {
    pub(crate) fn build(&self) -> Result<WebhookSink, BuildError> {
        let settings = self.own.clone();
        if settings.body == Body::Array && !settings.format.is_json() {
            return Err(BuildError::Setting {
                key: "body",
                problem: format!(
                    "array: the format {} is no JSON; say lines or single",
                    settings.format
                ),
            });
        }
        if let Some(secret) = &settings.signing_secret {
            signature::signature(secret.value()?.expose(), "", "", b"").map_err(|_| {
                BuildError::Setting {
                    key: "signing_secret",
                    problem: "after whsec_ there is no base64".to_owned(),
                }
            })?;
        }
        Ok(WebhookSink {
            servers: Servers::new(&self.servers, ANSWER_BYTES_MAX)?,
            renderer: formats::renderer(settings.format),
            settings,
        })
    }
}

/// Posts notifications.
pub(crate) struct WebhookSink {
    servers: Servers,
    renderer: Renderer,
    settings: WebhookSettings,
}

/// A notification, as it is in a body.
pub(crate) struct Part {
    id: AlertId,
    text: String,
}

#[async_trait]
impl Sink for WebhookSink {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let parts: Vec<Part> = notifications
            .iter()
            .map(|notification| Part {
                id: notification.id(),
                text: self.renderer.line(notification),
            })
            .collect();
        let bounds = Bounds {
            bytes_max: REQUEST_BYTES_MAX,
            items_max: match self.settings.body {
                Body::Single => 1,
                Body::Array | Body::Lines => BATCH_MAX,
            },
        };
        exchange(self, &parts, bounds).await
    }
}

impl WebhookSink {
    fn request(&self, parts: &[Part]) -> Result<HttpRequest, String> {
        let body = body(parts, self.settings.body);
        let id = id(parts);
        let timestamp = clock::unix_ns()
            .checked_div(1_000_000_000)
            .unwrap_or_default()
            .to_string();
        let mut headers = vec![
            ("webhook-id", id.clone()),
            ("webhook-timestamp", timestamp.clone()),
        ];
        if let Some(secret) = &self.settings.signing_secret {
            let secret = secret.value().map_err(|error| error.to_string())?;
            let signature = signature::signature(secret.expose(), &id, &timestamp, body.as_bytes())
                .map_err(|error| format!("signing_secret: {error}"))?;
            headers.push(("webhook-signature", signature));
        }
        let content_type = match self.settings.body {
            Body::Lines if self.settings.format.is_json() => "application/x-ndjson",
            Body::Lines => "text/plain; charset=utf-8",
            Body::Array | Body::Single => self.settings.format.media_type(),
        };
        let mut request = HttpRequest::post(content_type, body);
        for (name, value) in headers {
            let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
            request = request.with(HeaderName::from_static(name), value);
        }
        Ok(request)
    }
}

impl Exchange for WebhookSink {
    type Item = Part;

    fn size(&self, item: &Part) -> usize {
        item.text.len().saturating_add(1)
    }

    async fn send(&self, items: &[Part]) -> Verdict {
        let request = match self.request(items) {
            Ok(request) => request,
            Err(reason) => return Verdict::All(Outcome::retry(reason)),
        };
        match self.servers.send(&request).await {
            Ok(answer) => answer.verdict(),
            Err(outcome) => Verdict::All(outcome),
        }
    }
}

fn body(parts: &[Part], shape: Body) -> String {
    let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    match shape {
        Body::Single => texts.concat(),
        Body::Array => format!("[{}]", texts.join(",")),
        Body::Lines => texts.join("\n") + "\n",
    }
}

/// The same for the same notifications in the same order.
fn id(parts: &[Part]) -> String {
    if let [part] = parts {
        return part.id.to_string();
    }
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(&part.id.to_bytes());
    }
    format!("{:032x}", hash.digest128())
}
