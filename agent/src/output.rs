//! Alerts on standard output.
//!
//! A thread of its own prints them: a reader that is slow, or stops, must not keep the agent from
//! signals, reloads and metrics.

use crate::cli::OutputFormat;
use crate::config::Config;
use crate::statistics::Statistics;
use jiff::tz::TimeZone;
use saker_alert::{Alert, Clock, Colour, JsonKeys, JsonRenderer, TextRenderer, TimeFormat};
use saker_rule_language::ColorChoice;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// Prints alerts, one a line.
pub(crate) enum Printer {
    /// Lines for people.
    Text(TextRenderer),
    /// JSON objects.
    Json(JsonRenderer),
}

impl Printer {
    /// A printer as the configuration wants it; coloured on a terminal, unless NO_COLOR is set.
    pub(crate) fn new(config: &Config) -> Self {
        let format = if config.iso_8601 {
            TimeFormat::Iso8601
        } else {
            TimeFormat::TimeOfDay
        };
        let clock = Clock::new(TimeZone::system(), format);
        match config.output {
            OutputFormat::Json => Self::Json(JsonRenderer::new(clock, JsonKeys::default())),
            OutputFormat::Text => {
                let colour = if wants_colour(&io::stdout()) {
                    Colour::Always
                } else {
                    Colour::Never
                };
                Self::Text(TextRenderer::new(clock, colour))
            }
        }
    }

    /// The line of an alert, without its end.
    pub(crate) fn line(&self, alert: &Alert) -> io::Result<String> {
        match self {
            Self::Text(renderer) => Ok(renderer.line(alert)),
            Self::Json(renderer) => Ok(renderer.line(alert)),
        }
    }

    /// Prints one alert and sends it on at once.
    pub(crate) fn print(&self, alert: &Alert) -> io::Result<()> {
        let line = self.line(alert)?;
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}

/// Starts the thread that prints alerts. It ends when no more can come, or when nobody reads them any
/// more; the receiver resolves then.
pub(crate) fn spawn(
    printer: Printer,
    mut alerts: mpsc::Receiver<Alert>,
    statistics: Arc<Statistics>,
) -> io::Result<oneshot::Receiver<io::Result<()>>> {
    let (sender, ended) = oneshot::channel();
    thread::Builder::new()
        .name("saker-output".to_owned())
        .spawn(move || {
            let outcome = print_all(&printer, &mut alerts, &statistics);
            if sender.send(outcome).is_err() {
                tracing::debug!("nobody waits for the end of the output any more");
            }
        })?;
    Ok(ended)
}

fn print_all(
    printer: &Printer,
    alerts: &mut mpsc::Receiver<Alert>,
    statistics: &Statistics,
) -> io::Result<()> {
    while let Some(alert) = alerts.blocking_recv() {
        if let Err(error) = printer.print(&alert) {
            statistics.output_errors.fetch_add(1, Relaxed);
            if error.kind() == io::ErrorKind::BrokenPipe {
                return Err(error);
            }
            tracing::debug!(%error, "cannot print an alert");
        }
    }
    Ok(())
}

/// Whether a stream is a terminal that may be coloured.
pub(crate) fn wants_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether what goes to standard output is coloured.
pub(crate) fn stdout_color() -> ColorChoice {
    color_of(&io::stdout())
}

/// Whether what goes to standard error is coloured.
pub(crate) fn stderr_color() -> ColorChoice {
    color_of(&io::stderr())
}

fn color_of(stream: &impl IsTerminal) -> ColorChoice {
    if wants_colour(stream) {
        ColorChoice::Always
    } else {
        ColorChoice::Never
    }
}
