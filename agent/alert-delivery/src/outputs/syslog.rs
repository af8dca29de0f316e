//! A receiver of syslog.
//!
//! Each alert is a message of RFC 5424: time and host of the event, the rule's priority as severity, the alert as
//! the format has it as text, and as structured data `saker@32473` with id, rule, source and tags. 32473 is the number that
//! RFC 5612 keeps for documentation: Saker has none of its own.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use saker_alert_clients::syslog::{
    ElementError, Facility, STRUCTURED_DATA_ID, Severity, StructuredElement, SyslogClient,
    SyslogError, SyslogMessage, SyslogSettings,
};
use saker_alert_formats::Renderer;
use saker_proto::v1::{self, Priority};
use saker_tls::ClientTls;
use tokio::runtime::Runtime;

use crate::counters::Loss;
use crate::output::{Failure, Output, Progress, Routed};
use crate::settings::SyslogOutputSettings;

/// Sends messages.
pub(crate) struct Syslog {
    client: SyslogClient,
    facility: Facility,
    renderer: Renderer,
    runtime: Runtime,
    process_id: String,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum SyslogOutputError {
    /// A setting is of no use.
    #[error(transparent)]
    Syslog(#[from] SyslogError),
    /// The runtime cannot be made.
    #[error("cannot start the asynchronous runtime")]
    Runtime(#[from] io::Error),
}

impl Syslog {
    pub(crate) fn new(
        settings: &SyslogOutputSettings,
        renderer: Renderer,
    ) -> Result<Self, SyslogOutputError> {
        let mut client = SyslogSettings::new(settings.transport.clone());
        client.message_bytes_max = settings.message_bytes_max;
        client.header = settings.header;
        if let Some(timeout_ms) = settings.timeout_ms {
            client.timeout_ms = timeout_ms.get();
        }
        Ok(Self {
            client: SyslogClient::new(&client)?,
            facility: settings.facility,
            renderer,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            process_id: std::process::id().to_string(),
        })
    }

    pub(crate) fn tls(&self) -> Option<ClientTls> {
        self.client.tls().cloned()
    }

    fn send(&mut self, routed: &Routed) -> Result<(), Failure> {
        let alert = &*routed.notification.alert;
        let reject =
            |error: &dyn std::error::Error| Failure::Reject(Loss::Failed, error.to_string());
        let data = [structured(alert, &routed.notification.repeats.members)
            .map_err(|error| reject(&error))?];
        let time = Timestamp::from_nanosecond(i128::from(alert.time_unix_ns))
            .map_err(|error| reject(&error))?;
        let text = self.renderer.line(&routed.notification);
        let message = SyslogMessage {
            facility: self.facility,
            severity: severity(alert.priority()),
            time,
            host: alert.node.as_ref().map_or("", |node| &node.hostname),
            app_name: "saker",
            process_id: &self.process_id,
            message_id: "alert",
            data: &data,
            text: &text,
        };
        match self.runtime.block_on(self.client.send(&message)) {
            // Cut off at the receiver's bound, which the message says.
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Retry(error.to_string())),
        }
    }
}

impl Output for Syslog {
    fn deliver(&mut self, batch: &[Arc<Routed>]) -> Progress {
        for (delivered, routed) in batch.iter().enumerate() {
            if let Err(failure) = self.send(routed) {
                return Progress::until(delivered, failure);
            }
        }
        Progress::all(batch.len())
    }
}

fn structured(
    alert: &v1::Alert,
    members: &[saker_proto::AlertId],
) -> Result<StructuredElement, ElementError> {
    let mut element = StructuredElement::new(STRUCTURED_DATA_ID)?;
    if let Some(id) = members.first() {
        element = element.with("id", id.to_string())?;
    }
    element = element
        .with("rule", alert.rule.as_str())?
        .with("source", alert.source.as_str())?;
    if !alert.tags.is_empty() {
        element = element.with("tags", alert.tags.join(","))?;
    }
    Ok(element)
}

fn severity(priority: Priority) -> Severity {
    match priority {
        Priority::Emergency => Severity::Emergency,
        Priority::Alert => Severity::Alert,
        Priority::Critical => Severity::Critical,
        Priority::Error => Severity::Error,
        Priority::Warning => Severity::Warning,
        Priority::Notice => Severity::Notice,
        Priority::Informational => Severity::Informational,
        Priority::Debug | Priority::Unspecified => Severity::Debug,
    }
}
