//! Values of parameters as the parsers of events read them.

use saker_falco_events::{Event, ParameterKind};

/// Stands for a text that was not read.
pub(super) const UNREAD: &[u8] = b"<NA>";

/// A parameter that has a value.
pub(super) fn bytes<'a>(event: &Event<'a>, slot: usize) -> Option<&'a [u8]> {
    event.parameter(slot).filter(|bytes| !bytes.is_empty())
}

/// A text or a path; [`UNREAD`] for one that was not read.
pub(super) fn text<'a>(event: &Event<'a>, slot: usize) -> &'a [u8] {
    let Some(bytes) = bytes(event, slot) else {
        return UNREAD;
    };
    let parameter = event.event_type.parameters.get(slot);
    let is_text = matches!(
        parameter.map(|parameter| parameter.kind),
        Some(ParameterKind::Text | ParameterKind::Path | ParameterKind::PathRelativeTo(_))
    );
    if is_text && bytes == b"(NULL)\0" {
        return UNREAD;
    }
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number; `None` where the parameter has no value.
pub(super) fn signed(event: &Event<'_>, slot: usize) -> Option<i64> {
    event.signed(slot)
}

/// A number of 8 bytes.
pub(super) fn unsigned(event: &Event<'_>, slot: usize) -> Option<u64> {
    event.unsigned(slot)
}

/// A number of at most 4 bytes.
pub(super) fn unsigned32(event: &Event<'_>, slot: usize) -> Option<u32> {
    unsigned(event, slot).map(low)
}

/// The lower half of a number.
pub(super) fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default()
}
