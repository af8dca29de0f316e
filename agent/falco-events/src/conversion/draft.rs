//! An event that is being put together.

use crate::event::{Event, Header};
use crate::event_type::{EventFlags, EventType, ParameterKind};

/// Longest value of those kinds whose values all have the same length.
const FIXED_BYTES_MAX: usize = 8;

/// Parameters of an event in buffers that are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    event_type: Option<&'static EventType>,
    count: usize,
    lengths: Vec<u8>,
    values: Vec<u8>,
}

impl Draft {
    /// Begins an event without parameters.
    pub(super) fn begin(&mut self, event_type: &'static EventType) {
        self.event_type = Some(event_type);
        self.count = 0;
        self.lengths.clear();
        self.values.clear();
    }

    /// Takes over another event with its parameters.
    pub(super) fn copy(&mut self, event: &Event<'_>) {
        self.begin(event.event_type);
        for index in 0..event.parameter_count() {
            self.push_whole(event.parameter(index).unwrap_or_default());
        }
    }

    /// Appends a parameter. What is longer than its layout permits is cut.
    pub(super) fn push(&mut self, value: &[u8]) {
        let fixed = self.kind().and_then(ParameterKind::fixed_length);
        let value = fixed.and_then(|most| value.get(..most)).unwrap_or(value);
        self.push_whole(value);
    }

    /// Appends the value that stands for none in the next parameter.
    pub(super) fn push_default(&mut self) {
        match self.kind() {
            Some(ParameterKind::Uid | ParameterKind::Gid) => {
                self.push_whole(&u32::MAX.to_le_bytes());
            }
            kind => {
                let length = kind.and_then(ParameterKind::fixed_length).unwrap_or(0);
                let zeros = [0; FIXED_BYTES_MAX];
                self.push_whole(zeros.get(..length).unwrap_or_default());
            }
        }
    }

    /// The event; `None` only before anything was begun.
    pub(super) fn event(&self, header: Header) -> Option<Event<'_>> {
        let event_type = self.event_type?;
        Some(Event::new(header, event_type, &self.lengths, &self.values))
    }

    /// Bytes of memory that the parameters take.
    pub(super) fn bytes(&self) -> usize {
        self.lengths
            .capacity()
            .saturating_add(self.values.capacity())
    }

    /// Appends a parameter. What its length could not tell is cut.
    fn push_whole(&mut self, value: &[u8]) {
        let is_large = self
            .event_type
            .is_some_and(|event_type| event_type.flags.contains(EventFlags::LARGE_PAYLOAD));
        self.count = self.count.saturating_add(1);
        if is_large {
            let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
            self.lengths.extend_from_slice(&length.to_le_bytes());
            self.values.extend_from_slice(value);
        } else {
            let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
            self.lengths.extend_from_slice(&length.to_le_bytes());
            let value = value.get(..length.into()).unwrap_or(value);
            self.values.extend_from_slice(value);
        }
    }

    /// Layout of the next parameter.
    fn kind(&self) -> Option<ParameterKind> {
        let parameter = self.event_type?.parameters.get(self.count)?;
        Some(parameter.kind)
    }
}
