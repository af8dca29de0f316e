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
    pub const fn parameter_count(&self) -> usize {
        if self.is_large() {
            self.lengths.as_chunks::<4>().0.len()
        } else {
            self.lengths.as_chunks::<2>().0.len()
        }
    }

    /// The bytes of a parameter; `None` where the event has fewer parameters or the value lies
    /// outside of it. A parameter without a value is empty.
    #[must_use]
    #[inline]
    pub fn parameter(&self, index: usize) -> Option<&'a [u8]> {
        let (start, length) = if self.is_large() {
            let (lengths, _) = self.lengths.as_chunks();
            span(lengths, index, |length| u32::from_le_bytes(length).into())
        } else {
            let (lengths, _) = self.lengths.as_chunks();
            span(lengths, index, |length| u16::from_le_bytes(length).into())
        }?;
        self.values.get(start..start.checked_add(length)?)
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

    const fn is_large(&self) -> bool {
        self.event_type.flags.contains(EventFlags::LARGE_PAYLOAD)
    }
}

/// Where a value begins among the values, and how long it is.
#[inline]
fn span<const N: usize>(
    lengths: &[[u8; N]],
    index: usize,
    number: impl Fn([u8; N]) -> u64,
) -> Option<(usize, usize)> {
    let length = number(*lengths.get(index)?);
    // As many bytes of lengths as it takes for this sum to overflow, no memory has.
    let start: u64 = lengths.get(..index)?.iter().map(|it| number(*it)).sum();
    Some((start.try_into().ok()?, length.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_type::EventCode;
    use crate::table::event_type;
    use proptest::prelude::*;

    const HEADER: Header = Header {
        time_ns: 1,
        tid: 2,
        cpu: 3,
    };

    fn event<'a>(code: u16, lengths: &'a [u8], values: &'a [u8]) -> Event<'a> {
        Event::new(
            HEADER,
            event_type(EventCode(code)).unwrap(),
            lengths,
            values,
        )
    }

    #[test]
    fn parameters_lie_one_after_the_other() {
        // The exit of a close: the result, and the descriptor.
        let values = [(-9_i64).to_le_bytes(), 3_i64.to_le_bytes()].concat();
        let close = event(5, &[8, 0, 8, 0], &values);
        assert_eq!(close.parameter_count(), 2);
        assert_eq!(close.signed(0), Some(-9));
        assert_eq!(close.unsigned(close.slot("fd").unwrap()), Some(3));
        assert_eq!(close.parameter(2), None);
        assert_eq!(close.slot("name"), None);
    }

    #[test]
    fn what_has_no_value_is_not_zero() {
        let close = event(5, &[8, 0, 0, 0], &[0; 8]);
        assert_eq!(close.signed(0), Some(0));
        assert_eq!(close.parameter(1), Some(&[][..]));
        assert_eq!(close.signed(1), None);
        // An older event that ends after its first parameter.
        let close = event(5, &[8, 0], &[0; 8]);
        assert_eq!(close.parameter(1), None);
        assert_eq!(close.signed(1), None);
    }

    #[test]
    fn long_lengths_are_told_by_the_table() {
        let code = crate::table::event_types()
            .find(|row| row.flags.contains(EventFlags::LARGE_PAYLOAD))
            .unwrap()
            .code;
        let large = event(code.0, &[1, 0, 0, 0, 2, 0, 0, 0], b"abc");
        assert_eq!(large.parameter_count(), 2);
        assert_eq!(large.parameter(1), Some(&b"bc"[..]));
    }

    #[test]
    fn a_text_ends_at_its_nul() {
        let text = event(13, &[8, 0, 5, 0], b"\0\0\0\0\0\0\0\0bash\0");
        assert_eq!(text.text(1), Some(&b"bash"[..]));
        assert_eq!(text.text(2), None);
    }

    proptest! {
        #[test]
        fn no_bytes_lead_outside_of_an_event(
            code in 0..454_u16,
            lengths: Vec<u8>,
            values: Vec<u8>,
        ) {
            let event = event(code, &lengths, &values);
            for index in 0..event.parameter_count().saturating_add(2) {
                let value = event.parameter(index);
                prop_assert!(value.is_none_or(|value| value.len() <= values.len()));
                prop_assert!(index < event.parameter_count() || value.is_none());
                let number = event.signed(index).map(i64::cast_unsigned);
                prop_assert_eq!(event.unsigned(index), number);
                let text = event.text(index);
                prop_assert!(text.is_none_or(|text| !text.contains(&0)));
            }
        }
    }
}
