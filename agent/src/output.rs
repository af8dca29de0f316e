//! Alerts on standard output.

use crate::cli::OutputFormat;
use crate::config::Config;
use jiff::tz::TimeZone;
use saker_alert::{Alert, Clock, Colour, JsonKeys, JsonRenderer, TextRenderer, TimeFormat};
use std::io::{self, IsTerminal, Write};

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

    /// Prints one alert and sends it on at once.
    pub(crate) fn print(&self, alert: &Alert) -> io::Result<()> {
        let line = match self {
            Self::Text(renderer) => renderer.line(alert),
            Self::Json(renderer) => renderer.line(alert).map_err(io::Error::other)?,
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}

/// Whether a stream is a terminal that may be coloured.
pub(crate) fn wants_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
