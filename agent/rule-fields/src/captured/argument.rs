//! Parameters of captured events as text.

use super::CapturedEvent;

/// Appends a parameter as `evt.arg` has it: by name where it has one.
pub(crate) fn append_value(_captured: &CapturedEvent<'_>, _index: usize, _out: &mut Vec<u8>) {}
