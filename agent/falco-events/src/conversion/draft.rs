//! An event that is being put together.

use crate::event::{Event, Header};
use crate::event_type::{EventCode, EventFlags, EventType, ParameterKind};
use crate::table::event_type;

/// Parameters of an event in buffers that are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    code: u16,
    lengths: Vec<u8>,
    values: Vec<u8>,
}

impl Draft {
    /// Begins an event without parameters.
    pub(super) fn begin(&mut self, event_type: &EventType) {
        self.code = event_type.code.0;
        self.lengths.clear();
        self.values.clear();
    }

    /// Takes over another event with its parameters.
    pub(super) fn copy(&mut self, event: &Event<'_>) {
        self.begin(event.event_type);
        self.extend(event);
    }

    /// Appends all parameters of another event.
    pub(super) fn extend(&mut self, event: &Event<'_>) {
        for index in 0..event.parameter_count() {
            self.push(event.parameter(index).unwrap_or_default());
        }
    }

    /// Appends a parameter. What is longer than its layout or its length field permits is cut.
    pub(super) fn push(&mut self, value: &[u8]) {
        let Some(row) = event_type(EventCode(self.code)) else {
            return;
        };
        let is_large = row.flags.contains(EventFlags::LARGE_PAYLOAD);
        let width = if is_large { 4 } else { 2 };
        let index = self.lengths.len().checked_div(width).unwrap_or_default();
        let kind = row.parameters.get(index).map(|parameter| parameter.kind);
        let fixed = kind.and_then(ParameterKind::fixed_length);
        let most = fixed.unwrap_or(if is_large {
            usize::try_from(u32::MAX).unwrap_or(usize::MAX)
        } else {
            usize::from(u16::MAX)
        });
        let value = value.get(..most).unwrap_or(value);
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.lengths
            .extend_from_slice(length.get(..width).unwrap_or_default());
        self.values.extend_from_slice(value);
    }

    /// Appends the value that stands for none in the next parameter.
    pub(super) fn push_default(&mut self) {
        let view = self.parameters_so_far();
        let row = event_type(EventCode(self.code));
        let parameter = row.and_then(|row| row.parameters.get(view));
        let kind = parameter.map(|parameter| parameter.kind);
        match kind {
            Some(ParameterKind::Uid | ParameterKind::Gid) => self.push(&u32::MAX.to_le_bytes()),
            kind => {
                let length = kind.and_then(ParameterKind::fixed_length).unwrap_or(0);
                let zeros = [0; 16];
                self.push(zeros.get(..length).unwrap_or_default());
            }
        }
    }

    fn parameters_so_far(&self) -> usize {
        let row = event_type(EventCode(self.code));
        let is_large = row.is_some_and(|row| row.flags.contains(EventFlags::LARGE_PAYLOAD));
        let width = if is_large { 4 } else { 2 };
        self.lengths.len().checked_div(width).unwrap_or_default()
    }

    /// The event; `None` only before anything was begun.
    pub(super) fn event(&self, header: Header) -> Option<Event<'_>> {
        let row = event_type(EventCode(self.code))?;
        Some(Event::new(header, row, &self.lengths, &self.values))
    }
}
