//! A view of one event.

use crate::event_type::{EventFlags, EventType};

/// What every event begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// When it happened, nanoseconds since the epoch.
    pub time_ns: u64,
    /// Thread that caused it, as the host counts; -1 when none did.
    pub tid: i64,
    /// Processor on which it happened.
    pub cpu: u16,
}

/// One event, its parameters borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What it begins with.
    pub header: Header,
    /// Its kind.
    pub event_type: &'static EventType,
    lengths: &'a [u8],
    values: &'a [u8],
}

impl<'a> Event<'a> {
    /// Puts an event together from its parts: `lengths` are those of the parameters (2 or 4 bytes
    /// each, by [`EventFlags::LARGE_PAYLOAD`]), `values` the parameters without gaps.
    #[must_use]
    pub const fn new(
        header: Header,
        event_type: &'static EventType,
        lengths: &'a [u8],
        values: &'a [u8],
    ) -> Self {
        Self {
            header,
            event_type,
            lengths,
            values,
        }
    }

    /// The lengths of the parameters as they came, for keeping an event.
    #[must_use]
    pub const fn lengths(&self) -> &'a [u8] {
        self.lengths
    }

    /// The parameters as they came, without gaps.
    #[must_use]
    pub const fn values(&self) -> &'a [u8] {
        self.values
    }

    /// How many parameters the event has; older captures have fewer than the table names.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameter_lengths().count()
    }

    /// The bytes of a parameter; `None` where the event has fewer parameters or the value lies
    /// outside of it. A parameter without a value is empty.
    #[must_use]
    pub fn parameter(&self, index: usize) -> Option<&'a [u8]> {
        let mut lengths = self.parameter_lengths();
        let start = lengths
            .by_ref()
            .take(index)
            .fold(0_usize, usize::saturating_add);
        let length = lengths.next()?;
        self.values.get(start..start.saturating_add(length))
    }

    /// Position of the parameter with this name.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<usize> {
        let mut parameters = self.event_type.parameters.iter();
        parameters.position(|parameter| parameter.name == name)
    }

    /// A number with its sign, by the layout of the parameter; `None` where it has no value.
    #[must_use]
    pub fn signed(&self, index: usize) -> Option<i64> {
        let kind = self.event_type.parameters.get(index)?.kind;
        kind.signed(self.parameter(index)?)
    }

    /// A number without sign; `None` where it has no value.
    #[must_use]
    pub fn unsigned(&self, index: usize) -> Option<u64> {
        self.signed(index).map(i64::cast_unsigned)
    }

    /// A text without its NUL; `None` where it has no value.
    #[must_use]
    pub fn text(&self, index: usize) -> Option<&'a [u8]> {
        let bytes = self.parameter(index)?;
        bytes.split(|byte| *byte == 0).next()
    }

    fn parameter_lengths(&self) -> impl Iterator<Item = usize> + use<'a> {
        let is_large = self.event_type.flags.contains(EventFlags::LARGE_PAYLOAD);
        let width = if is_large { 4 } else { 2 };
        self.lengths
            .chunks_exact(width)
            .map(|length| match *length {
                [a, b] => u16::from_le_bytes([a, b]).into(),
                [a, b, c, d] => {
                    usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX)
                }
                _ => 0,
            })
    }
}
