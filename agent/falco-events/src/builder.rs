//! Events that are made up: for tests, and for captures that are written.

use crate::event::{Event, Header};
use crate::event_type::{EventCode, EventFlags, EventType};
use crate::table::event_type;

/// Puts an event together by the names of its parameters. Parameters that are not set have no value.
///
/// ```
/// use saker_falco_events::{EventBuilder, EventCode};
///
/// let open = EventBuilder::new(EventCode(3))
///     .and_then(|event| event.tid(42).number("fd", 3))
///     .and_then(|event| event.text("name", b"/etc/passwd"))
///     .expect("'open' has these parameters");
/// open.look(|event| assert_eq!(event.text(1), Some(&b"/etc/passwd"[..])));
/// ```
#[derive(Clone, Debug)]
pub struct EventBuilder {
    header: Header,
    event_type: &'static EventType,
    values: Vec<Vec<u8>>,
}

impl EventBuilder {
    /// Begins an event; `None` for a code that nobody knows.
    #[must_use]
    pub fn new(code: EventCode) -> Option<Self> {
        let event_type = event_type(code)?;
        Some(Self {
            header: Header {
                time_ns: 0,
                tid: 1,
                cpu: 0,
            },
            event_type,
            values: vec![Vec::new(); event_type.parameters.len()],
        })
    }

    /// When it happened, nanoseconds since the epoch.
    #[must_use]
    pub const fn time_ns(mut self, time_ns: u64) -> Self {
        self.header.time_ns = time_ns;
        self
    }

    /// The thread that caused it.
    #[must_use]
    pub const fn tid(mut self, tid: i64) -> Self {
        self.header.tid = tid;
        self
    }

    /// Sets a number in the width that the parameter has; what does not fit is cut. `None` where the
    /// event has no such parameter or it is no number.
    #[must_use]
    pub fn number(self, name: &str, value: i64) -> Option<Self> {
        let position = self.position(name)?;
        let kind = self.event_type.parameters.get(position)?.kind;
        let width = kind.fixed_length()?;
        let bytes = value.to_le_bytes();
        self.bytes(name, bytes.get(..width)?)
    }

    /// Sets a text and the NUL at its end; `None` where the event has no such parameter.
    #[must_use]
    pub fn text(self, name: &str, value: &[u8]) -> Option<Self> {
        self.bytes(name, &[value, b"\0"].concat())
    }

    /// Sets a parameter as it is; `None` where the event has no such parameter.
    #[must_use]
    pub fn bytes(mut self, name: &str, value: &[u8]) -> Option<Self> {
        let position = self.position(name)?;
        *self.values.get_mut(position)? = value.to_vec();
        Some(self)
    }

    fn position(&self, name: &str) -> Option<usize> {
        let mut parameters = self.event_type.parameters.iter();
        parameters.position(|parameter| parameter.name == name)
    }

    /// Lends out the event. A value that is longer than its length can say has none.
    pub fn look<T>(&self, look: impl FnOnce(&Event<'_>) -> T) -> T {
        let is_large = self.event_type.flags.contains(EventFlags::LARGE_PAYLOAD);
        let mut lengths = Vec::new();
        let mut values = Vec::new();
        for value in &self.values {
            let long = u32::try_from(value.len()).ok();
            let short = u16::try_from(value.len()).ok();
            if is_large {
                lengths.extend_from_slice(&long.unwrap_or_default().to_le_bytes());
            } else {
                lengths.extend_from_slice(&short.unwrap_or_default().to_le_bytes());
            }
            let fits = if is_large {
                long.is_some()
            } else {
                short.is_some()
            };
            if fits {
                values.extend_from_slice(value);
            }
        }
        look(&Event::new(self.header, self.event_type, &lengths, &values))
    }
}
