//! Captures of any length, for measurements: the events of one, over and over.

use super::block::{BlockType, Content, EventForm, FRAME_BYTES};
use std::io::{self, Write};
use std::ops::Range;

/// Bytes of a block's type and length.
const HEAD_BYTES: usize = 8;

/// Time between the last event of one round and the first of the next, nanoseconds.
const PAUSE_NS: u64 = 1_000_000;

/// Writes an uncompressed capture of so many events: what stands before the first event, then the
/// events, round after round, each round later than the one before. Threads and descriptors keep
/// their numbers, so that every round does what the first one did. Returns how many bytes it wrote.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidData`] where `capture` is damaged or has no events; else when the target
/// fails.
pub fn repeat_events(capture: &[u8], events: u64, target: &mut impl Write) -> io::Result<u64> {
    let layout = Layout::new(capture)?;
    let before = capture.get(..layout.before).unwrap_or_default();
    target.write_all(before)?;
    let mut written = u64::try_from(before.len()).unwrap_or_default();
    let span = layout.span_ns(capture).saturating_add(PAUSE_NS);
    let mut block = Vec::new();
    let (mut left, mut shift) = (events, 0_u64);
    while left > 0 {
        for event in &layout.events {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(1);
            block.clear();
            block.extend_from_slice(capture.get(event.block.clone()).unwrap_or_default());
            if let Some(time) = block
                .get_mut(event.time..)
                .and_then(<[u8]>::first_chunk_mut)
            {
                *time = u64::from_le_bytes(*time).wrapping_add(shift).to_le_bytes();
            }
            target.write_all(&block)?;
            written = written.saturating_add(u64::try_from(block.len()).unwrap_or_default());
        }
        shift = shift.saturating_add(span);
    }
    Ok(written)
}

/// Where the events of a capture are.
struct Layout {
    /// End of what stands before the first one.
    before: usize,
    events: Vec<Place>,
}

/// Where an event is.
struct Place {
    block: Range<usize>,
    /// Offset of its time in the block.
    time: usize,
}

impl Layout {
    fn new(capture: &[u8]) -> io::Result<Self> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the capture is damaged");
        let mut layout = Self {
            before: 0,
            events: Vec::new(),
        };
        let mut start = 0;
        while let Some(rest) = capture.get(start..).filter(|rest| !rest.is_empty()) {
            let (block, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
            let length = u32::from_le_bytes(*rest.first_chunk().ok_or_else(damaged)?);
            let length = usize::try_from(length).map_err(|_| damaged())?;
            let end = start.checked_add(length).ok_or_else(damaged)?;
            let is_whole = end <= capture.len();
            if !is_whole || length < usize::try_from(FRAME_BYTES).unwrap_or(usize::MAX) {
                return Err(damaged());
            }
            match BlockType(u32::from_le_bytes(*block)).content() {
                Content::Event(EventForm { has_flags, .. }) => layout.events.push(Place {
                    block: start..end,
                    time: HEAD_BYTES.saturating_add(if has_flags { 6 } else { 2 }),
                }),
                _ if layout.events.is_empty() => layout.before = end,
                _ => {}
            }
            start = end;
        }
        if layout.events.is_empty() {
            let kind = io::ErrorKind::InvalidData;
            return Err(io::Error::new(kind, "the capture has no events"));
        }
        Ok(layout)
    }

    /// Nanoseconds from the first event to the last.
    fn span_ns(&self, capture: &[u8]) -> u64 {
        let time = |place: &Place| {
            let start = place.block.start.saturating_add(place.time);
            let bytes = capture.get(start..)?.first_chunk()?;
            Some(u64::from_le_bytes(*bytes))
        };
        let times = self.events.iter().filter_map(time);
        let first = times.clone().min().unwrap_or_default();
        times.max().unwrap_or_default().saturating_sub(first)
    }
}
