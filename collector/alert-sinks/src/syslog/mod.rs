//! Syslog (RFC 5424): a message for each notification.
//!
//! <https://www.rfc-editor.org/rfc/rfc5424>
//!
//! - A message counts as delivered when the kernel has it: syslog has no acknowledgement, and what is on its way
//!   when the receiver dies is lost. Where that matters, another sink is the better one.
//! - Time and host are the event's. The structured data hold the alert's id, by which a receiver can tell a
//!   repetition.
//! - A message that is too long for the receiver is cut and says so.

use crate::{BuildError, Outcome, Sink, facts, formats};
use async_trait::async_trait;
use jiff::Timestamp;
use saker_alert_clients::syslog::{
    ElementError, Facility, STRUCTURED_DATA_ID, Severity, StructuredElement, SyslogClient,
    SyslogHeader, SyslogMessage, SyslogSettings as ClientSettings, SyslogTransport,
};
use saker_alert_formats::{Format, Notification, Renderer};
use saker_proto::v1;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// Messages that are sent one after the other.
const BATCH_MAX: usize = 500;

/// Where messages go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyslogSettings {
    /// Where the receiver is.
    pub transport: SyslogTransport,
    /// What a message says.
    #[serde(default = "default_format")]
    pub format: Format,
    /// The facility.
    #[serde(default)]
    pub facility: Facility,
    /// The name of the program in messages.
    #[serde(default = "default_app_name")]
    pub app_name: String,
    /// Longest message, in bytes.
    pub message_bytes_max: Option<usize>,
    /// How messages begin: by default as the transport's receivers expect it.
    pub header: Option<SyslogHeader>,
    /// For connecting, and for sending a message; in milliseconds.
    pub timeout_ms: Option<u64>,
}

fn default_format() -> Format {
    Format::Cef
}

fn default_app_name() -> String {
    "saker".to_owned()
}

impl SyslogSettings {
    pub(crate) fn build(&self) -> Result<SyslogSink, BuildError> {
        let mut settings = ClientSettings::new(self.transport.clone());
        settings.message_bytes_max = self.message_bytes_max;
        settings.header = self.header;
        if let Some(timeout_ms) = self.timeout_ms {
            settings.timeout_ms = timeout_ms;
        }
        Ok(SyslogSink {
            client: Mutex::new(SyslogClient::new(&settings)?),
            renderer: formats::renderer(self.format),
            facility: self.facility,
            app_name: self.app_name.clone(),
        })
    }
}

/// Sends messages.
pub(crate) struct SyslogSink {
    client: Mutex<SyslogClient>,
    renderer: Renderer,
    facility: Facility,
    app_name: String,
}

#[async_trait]
impl Sink for SyslogSink {
    fn kind(&self) -> &'static str {
        "syslog"
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let deadline = Instant::now() + crate::DELIVERY_TIME_MAX;
        // Messages of two deliveries must not mix in one connection.
        let mut client = self.client.lock().await;
        let mut outcomes = Vec::with_capacity(notifications.len());
        for notification in notifications {
            let sent = timeout_at(deadline, self.send(&mut client, notification)).await;
            match sent {
                Ok(Ok(())) => outcomes.push(Outcome::Delivered),
                Ok(Err(reason)) => {
                    outcomes.push(Outcome::retry(reason));
                    break;
                }
                Err(_) => break,
            }
        }
        // Where one fails for the receiver, the next would too.
        let rest = match outcomes.last() {
            Some(failed @ Outcome::Retry { .. }) => failed.clone(),
            _ => Outcome::retry("the receiver takes messages too slowly"),
        };
        outcomes.resize(notifications.len(), rest);
        outcomes
    }
}

impl SyslogSink {
    async fn send(
        &self,
        client: &mut SyslogClient,
        notification: &Notification,
    ) -> Result<(), String> {
        let alert = &notification.alert;
        let data = data(notification).map_err(|error| error.to_string())?;
        let message = SyslogMessage {
            facility: self.facility,
            severity: severity(alert.priority()),
            time: Timestamp::from_nanosecond(i128::from(alert.time_unix_ns))
                .unwrap_or(Timestamp::UNIX_EPOCH),
            host: facts::node(alert),
            app_name: &self.app_name,
            process_id: "",
            message_id: &alert.source,
            data: &[data],
            text: &self.renderer.line(notification),
        };
        client
            .send(&message)
            .await
            .map(|_whole_or_marked| ())
            .map_err(|error| error.to_string())
    }
}

fn data(notification: &Notification) -> Result<StructuredElement, ElementError> {
    facts::flat(notification).into_iter().try_fold(
        StructuredElement::new(STRUCTURED_DATA_ID)?,
        |data, (name, value)| data.with(name, value),
    )
}

fn severity(priority: v1::Priority) -> Severity {
    match priority {
        v1::Priority::Emergency => Severity::Emergency,
        v1::Priority::Alert => Severity::Alert,
        v1::Priority::Critical => Severity::Critical,
        v1::Priority::Error => Severity::Error,
        v1::Priority::Warning => Severity::Warning,
        v1::Priority::Notice => Severity::Notice,
        v1::Priority::Informational => Severity::Informational,
        v1::Priority::Debug | v1::Priority::Unspecified => Severity::Debug,
    }
}
