//! Lines of standard output, for containers whose output is collected, and for trying out.

use crate::{Outcome, Sink};
use async_trait::async_trait;
use saker_alert_formats::Notification;
use serde::Deserialize;
use std::io::Write;

/// Lines that are written at once.
const BATCH_MAX: usize = 1_000;

/// Lines of standard output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StdoutSettings {}

impl StdoutSettings {
    pub(crate) fn build(&self) -> StdoutSink {
        StdoutSink
    }
}

/// Writes lines to standard output.
pub(crate) struct StdoutSink;

#[async_trait]
impl Sink for StdoutSink {
    fn kind(&self) -> &'static str {
        "stdout"
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let mut lines = String::new();
        for notification in notifications {
            lines.push_str(&notification.alert.output);
            lines.push('\n');
        }
        let written = std::io::stdout().lock().write_all(lines.as_bytes());
        let outcome = match written {
            Ok(()) => Outcome::Delivered,
            Err(error) => Outcome::retry(format!("cannot write to standard output: {error}")),
        };
        vec![outcome; notifications.len()]
    }
}
