//! Lines of standard output, for containers whose output is collected, and for trying out.

use crate::{Outcome, Sink, formats};
use async_trait::async_trait;
use saker_alert_formats::{Format, Notification, Renderer};
use serde::Deserialize;
use std::io::{self, Write};

/// Lines that are written at once.
const BATCH_MAX: usize = 1_000;

/// What is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StdoutSettings {
    /// What a line holds.
    #[serde(default)]
    pub format: Format,
}

impl StdoutSettings {
    pub(crate) fn build(&self) -> StdoutSink {
        StdoutSink {
            renderer: formats::renderer(self.format),
        }
    }
}

/// Writes lines to standard output.
pub(crate) struct StdoutSink {
    renderer: Renderer,
}

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
            lines.push_str(&self.renderer.line(notification));
            lines.push('\n');
        }
        // A reader that does not read must not hold up others.
        let written = tokio::task::spawn_blocking(move || {
            let mut output = io::stdout().lock();
            output.write_all(lines.as_bytes())?;
            output.flush()
        });
        let outcome = match written.await {
            Ok(Ok(())) => Outcome::Delivered,
            Ok(Err(error)) => Outcome::retry(format!("cannot write to standard output: {error}")),
            Err(error) => Outcome::retry(format!("writing to standard output ended: {error}")),
        };
        vec![outcome; notifications.len()]
    }
}
