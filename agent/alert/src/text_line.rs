//! An alert as a line of text.

use saker_rule_engine::Enrichment;
use saker_rule_language::Priority;

use crate::model::Alert;
use crate::time::Clock;

/// Says in an alert whether all was known that it needed.
pub(crate) const ENRICHMENT: &str = "saker.enrichment";

/// What it says when it was not.
pub(crate) const PARTIAL: &str = "partial";

/// Whether the priority is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Plain text, for files and pipes.
    #[default]
    Never,
    /// ANSI colours, for a terminal.
    Always,
}

/// Renders lines such as `16:17:57.881781397: Warning Sensitive file read (file=/etc/shadow)`.
#[derive(Clone, Debug)]
pub struct TextRenderer {
    clock: Clock,
    colour: Colour,
}

impl TextRenderer {
    /// A renderer that takes the time format and zone from the clock.
    #[must_use]
    pub fn new(clock: Clock, colour: Colour) -> Self {
        Self { clock, colour }
    }

    /// The line, without a line break; at its end `saker.enrichment=partial` where not all was known that
    /// rule and output ask for. Nothing in it can end the line or command a terminal, other than
    /// the colour that was asked for.
    #[must_use]
    pub fn line(&self, alert: &Alert) -> String {
        let time = self.clock.text(alert.time_wall_ns);
        let (on, off) = match self.colour {
            Colour::Never => ("", ""),
            Colour::Always => (sequence(alert.priority), "\u{1b}[0m"),
        };
        let line = format!("{time}: {on}{}{off} {}", alert.priority, alert.message);
        match alert.enrichment {
            Enrichment::Complete => line,
            Enrichment::Partial(_) => format!("{line} {ENRICHMENT}={PARTIAL}"),
        }
    }
}

/// Starts the colour of a priority.
fn sequence(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical => "\u{1b}[1;31m",
        Priority::Error => "\u{1b}[31m",
        Priority::Warning => "\u{1b}[33m",
        Priority::Notice => "\u{1b}[36m",
        Priority::Informational => "\u{1b}[32m",
        Priority::Debug => "\u{1b}[2m",
    }
}
