//! An alert as a line of text.

use saker_proto::v1::{Enrichment, Priority};

use crate::escape::safe;
use crate::notification::Notification;
use crate::priority::priority_name;
use crate::time::{Clock, rfc3339};

/// Says in an alert whether all was known that it needed.
pub(crate) const ENRICHMENT: &str = "saker.enrichment";
/// What it says when it was not.
pub(crate) const PARTIAL: &str = "partial";
/// How many alerts a notification stands for.
pub(crate) const COUNT: &str = "saker.count";
/// When the event of the first one happened.
pub(crate) const FIRST_SEEN: &str = "saker.first_seen";
/// When the event of the last one happened.
pub(crate) const LAST_SEEN: &str = "saker.last_seen";
/// Their ids.
pub(crate) const MEMBERS: &str = "saker.members";
/// How many were held back.
pub(crate) const SUPPRESSED: &str = "saker.suppressed";

/// Ids that a line lists of the alerts that it stands for; the count tells how many there are.
pub(crate) const LISTED_MAX: usize = 16;

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

    /// The line, without a line break. At its end stands what is not ordinary: that not all was known that
    /// rule and output ask for, what was repeated, what was held back. Nothing in it can end the line or
    /// command a terminal, other than the colour that was asked for.
    #[must_use]
    pub fn line(&self, notification: &Notification) -> String {
        let alert = &*notification.alert;
        let time = self.clock.text(alert.time_unix_ns);
        let (on, off) = match self.colour {
            Colour::Never => ("", ""),
            Colour::Always => (sequence(alert.priority()), "\u{1b}[0m"),
        };
        let priority = priority_name(alert.priority());
        let mut line = format!("{time}: {on}{priority}{off} {}", safe(&alert.output));
        if alert.enrichment() == Enrichment::Partial {
            add(&mut line, ENRICHMENT, PARTIAL);
        }
        if notification.is_repeated() {
            let repeats = &notification.repeats;
            add(&mut line, COUNT, &repeats.members.len().to_string());
            add(&mut line, FIRST_SEEN, &rfc3339(repeats.first_seen_ns));
            add(&mut line, LAST_SEEN, &rfc3339(repeats.last_seen_ns));
            let members = notification.listed(LISTED_MAX).join(",");
            add(&mut line, MEMBERS, &members);
        }
        if alert.suppressed != 0 {
            add(&mut line, SUPPRESSED, &alert.suppressed.to_string());
        }
        line
    }
}

fn add(line: &mut String, name: &str, value: &str) {
    for part in [" ", name, "=", value] {
        line.push_str(part);
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
        Priority::Debug | Priority::Unspecified => "\u{1b}[2m",
    }
}
