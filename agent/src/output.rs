//! From alerts to outputs, and what is particular to a terminal.

use crate::cli::OutputFormat;
use crate::config::{Config, DeliveryConfig};
use jiff::tz::TimeZone;
use saker_alert::{
    Agent, Alert, Clock, Colour, JsonKeys, JsonRenderer, OutputValue, TextRenderer, TimeFormat,
};
use saker_alert_delivery::{Delivery, Inbox, Options, Receipt, StartError, Time, WhenFull};
use saker_rule_language::ColorChoice;
use std::io::{self, IsTerminal, Write};

/// What an alert takes beside its texts, in bytes; roughly.
const ALERT_BYTES: usize = 1024;

/// Prints alerts, one a line; where they are printed and nothing else is to become of them.
pub(crate) enum Printer {
    /// Lines for people.
    Text(TextRenderer),
    /// JSON objects.
    Json(JsonRenderer),
}

impl Printer {
    /// A printer as the configuration wants it; coloured on a terminal, unless NO_COLOR is set.
    pub(crate) fn new(config: &Config) -> Self {
        let clock = clock(config);
        match config.output {
            OutputFormat::Json => Self::Json(JsonRenderer::new(clock, JsonKeys::default())),
            OutputFormat::Text => Self::Text(TextRenderer::new(clock, stdout_colour())),
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

/// How alerts are delivered live or from captures.
pub(crate) struct Manner {
    /// Whether the raising side waits, or alerts are dropped.
    pub(crate) when_full: WhenFull,
    /// What throttling takes for the time.
    pub(crate) time: Time,
    /// Added to the folders of spools.
    pub(crate) spool_suffix: &'static str,
}

/// Starts the outputs; `closed` is called when nobody reads standard output any more.
pub(crate) fn start_delivery(
    config: &Config,
    delivery: DeliveryConfig,
    manner: Manner,
    closed: impl FnOnce(io::Error) + Send + 'static,
) -> Result<(Inbox<Alert>, Delivery), StartError> {
    let agent = Agent::new(env!("CARGO_PKG_VERSION"), &delivery.cluster);
    let options = Options {
        when_full: manner.when_full,
        time: manner.time,
        spool_suffix: manner.spool_suffix,
        clock: clock(config),
        colour: stdout_colour(),
        to_message: Box::new(move |alert: Alert| alert.to_wire(&agent)),
        closed: Box::new(closed),
    };
    Delivery::start(delivery.outputs, &delivery.throttle, options)
}

/// Hands an alert over to the outputs.
pub(crate) fn raise(inbox: &Inbox<Alert>, alert: Alert) {
    let bytes = bytes_of(&alert);
    inbox.raise(saker_alert::priority(alert.priority), bytes, alert);
}

/// The same, for who has to know when it is in safe hands.
pub(crate) fn raise_with(inbox: &Inbox<Alert>, alert: Alert, receipt: &Receipt) {
    let (priority, bytes) = (saker_alert::priority(alert.priority), bytes_of(&alert));
    inbox.raise_with(priority, bytes, alert, receipt.clone());
}

/// Memory that an alert takes, roughly.
fn bytes_of(alert: &Alert) -> usize {
    let fields = alert.fields.iter().map(|field| match &field.value {
        OutputValue::Text(text) => text.len(),
        _ => 0,
    });
    ALERT_BYTES.saturating_add(fields.fold(alert.message.len(), usize::saturating_add))
}

fn clock(config: &Config) -> Clock {
    let format = if config.iso_8601 {
        TimeFormat::Iso8601
    } else {
        TimeFormat::TimeOfDay
    };
    Clock::new(TimeZone::system(), format)
}

fn stdout_colour() -> Colour {
    if wants_colour(&io::stdout()) {
        Colour::Always
    } else {
        Colour::Never
    }
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
