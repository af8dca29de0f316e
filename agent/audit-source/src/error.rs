//! Why something in the input is no event.

use std::fmt;

/// Where in the input something stands; both count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line of a file of lines.
    pub line: Option<usize>,
    /// Event within the body or line, in the order in which they are written.
    pub event: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.event) {
            (Some(line), Some(event)) => write!(f, "line {line}, event {event}"),
            (Some(line), None) => write!(f, "line {line}"),
            (None, Some(event)) => write!(f, "event {event}"),
            (None, None) => f.write_str("body"),
        }
    }
}

/// Something in the input is not an audit event, or is over a limit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The text is not JSON, or is nested too deeply.
    #[error("{place}: not JSON")]
    Json {
        /// Where.
        place: Place,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A value is neither an event nor a list of events.
    #[error("{place}: no audit event; its 'kind' must be Event, or EventList with 'items'")]
    Kind {
        /// Where.
        place: Place,
    },
    /// The event does not say when it happened.
    #[error("{place}: no 'stageTimestamp'")]
    NoTime {
        /// Where.
        place: Place,
    },
    /// The event's time cannot be read.
    #[error("{place}: 'stageTimestamp' is not a time after RFC 3339 between 1970 and 2554")]
    Time {
        /// Where.
        place: Place,
    },
    /// The event is too large.
    #[error("{place}: the event has {bytes} bytes, the limit is {limit}")]
    EventTooLarge {
        /// Where.
        place: Place,
        /// How large it is as JSON without blanks.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The input as a whole is too large.
    #[error("the input has {bytes} bytes, the limit is {limit}; send smaller batches")]
    TooLarge {
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// There are too many events; the rest was not looked at.
    #[error("more than {limit} events; send smaller batches")]
    TooMany {
        /// How many are looked at.
        limit: usize,
    },
}
