//! Blocks of events.
//!
//! The body: processor (2 bytes), flags (4, in some forms), then the event itself: time (8), thread
//! (8), length with all this (4), code (2), number of parameters (4, not in the oldest forms), the
//! lengths of the parameters, the parameters.

use super::block::EventForm;
use super::error::Problem;
use saker_falco_events::{Event, EventCode, EventFlags, EventType, Header, event_type};

/// Bytes of an event's header without the number of parameters.
const HEADER_BYTES: usize = 22;

/// Bytes of the number of parameters.
const COUNT_BYTES: usize = 4;

/// Codes whose length old captures state 3 bytes too long.
const TOO_LONG: [EventCode; 2] = [EventCode(280), EventCode(286)];

/// Where an event lies in its block's body. Taken apart from the event, because a reader can lend
/// the event out only when it is done with the block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    header: Header,
    event_type: &'static EventType,
    lengths_start: usize,
    values_start: usize,
    end: usize,
    pub(super) audience: Audience,
}

/// Whom an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Anyone who looks at events.
    Everyone,
    /// Only what keeps track of threads and descriptors: whoever wrote the capture filtered it out.
    State,
}

/// The flag that a block has whose event is for the state only.
const STATE_ONLY: u32 = 1;

/// Why a block yields no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoEvent {
    UnknownCode,
    Malformed(Problem),
}

impl Layout {
    /// Checks an event, so that all its parameters lie inside of it.
    #[inline]
    pub(super) fn new(body: &[u8], form: EventForm) -> Result<Self, NoEvent> {
        let too_short = NoEvent::Malformed(Problem::Body {
            length: u32::try_from(body.len()).unwrap_or(u32::MAX),
        });
        let (cpu, rest) = body.split_first_chunk().ok_or(too_short)?;
        let (flags, rest) = if form.has_flags {
            let (flags, rest) = rest.split_first_chunk().ok_or(too_short)?;
            (u32::from_le_bytes(*flags), rest)
        } else {
            (0, rest)
        };
        let event_start = body.len().saturating_sub(rest.len());
        let (time, rest) = rest.split_first_chunk().ok_or(too_short)?;
        let (tid, rest) = rest.split_first_chunk().ok_or(too_short)?;
        let (length, rest) = rest.split_first_chunk().ok_or(too_short)?;
        let (code, rest) = rest.split_first_chunk().ok_or(too_short)?;
        let code = EventCode(u16::from_le_bytes(*code));
        let event_type = event_type(code).ok_or(NoEvent::UnknownCode)?;
        let length = u32::from_le_bytes(*length);
        let wrong_length = NoEvent::Malformed(Problem::EventLength { length });
        let mut event_bytes = usize::try_from(length).map_err(|_| wrong_length)?;
        let mut header_bytes = HEADER_BYTES;
        if form.has_count {
            header_bytes = header_bytes.saturating_add(COUNT_BYTES);
        } else if TOO_LONG.contains(&code) {
            event_bytes = event_bytes.saturating_sub(3);
        }
        let end = event_start.saturating_add(event_bytes);
        let lengths_start = event_start.saturating_add(header_bytes);
        let parameters = body.get(lengths_start..end).ok_or(wrong_length)?;
        let is_large = event_type.flags.contains(EventFlags::LARGE_PAYLOAD);
        let lengths_bytes = if form.has_count {
            let count = rest.first_chunk().ok_or(too_short)?;
            let count = u32::from_le_bytes(*count);
            counted(parameters, count, is_large)
                .ok_or(NoEvent::Malformed(Problem::Parameters { code: code.0 }))?
        } else {
            uncounted(parameters, event_type.parameters.len())
                .ok_or(NoEvent::Malformed(Problem::ParameterCount { code: code.0 }))?
        };
        Ok(Self {
            header: Header {
                time_ns: u64::from_le_bytes(*time),
                tid: i64::from_le_bytes(*tid),
                cpu: u16::from_le_bytes(*cpu),
            },
            event_type,
            lengths_start,
            values_start: lengths_start.saturating_add(lengths_bytes),
            end,
            audience: if flags & STATE_ONLY == 0 {
                Audience::Everyone
            } else {
                Audience::State
            },
        })
    }

    /// The event, from the same body.
    #[inline]
    pub(super) fn event<'a>(&self, body: &'a [u8]) -> Event<'a> {
        let lengths = body.get(self.lengths_start..self.values_start);
        let values = body.get(self.values_start..self.end);
        Event::new(
            self.header,
            self.event_type,
            lengths.unwrap_or_default(),
            values.unwrap_or_default(),
        )
    }
}

/// Bytes of the lengths of so many parameters, if these fit.
#[inline]
fn counted(parameters: &[u8], count: u32, is_large: bool) -> Option<usize> {
    let count = usize::try_from(count).ok()?;
    let lengths_bytes = count.checked_mul(if is_large { 4 } else { 2 })?;
    let (lengths, values) = parameters.split_at_checked(lengths_bytes)?;
    let total = if is_large {
        sum_long(lengths)
    } else {
        sum_short(lengths)
    };
    let available = u64::try_from(values.len()).ok()?;
    (total <= available).then_some(lengths_bytes)
}

/// As [`counted`], for events that do not tell how many parameters they have: the largest number
/// whose lengths fill the event exactly.
fn uncounted(parameters: &[u8], count_max: usize) -> Option<usize> {
    for count in (0..=count_max).rev() {
        let lengths_bytes = count.checked_mul(2)?;
        let Some((lengths, values)) = parameters.split_at_checked(lengths_bytes) else {
            continue;
        };
        let available = u64::try_from(values.len()).ok()?;
        match sum_short(lengths).cmp(&available) {
            std::cmp::Ordering::Greater => {}
            std::cmp::Ordering::Equal => return Some(lengths_bytes),
            // Fewer parameters would leave even more bytes over.
            std::cmp::Ordering::Less => return None,
        }
    }
    None
}

#[inline]
fn sum_short(lengths: &[u8]) -> u64 {
    let (lengths, _) = lengths.as_chunks();
    lengths.iter().fold(0, |sum, length| {
        u64::from(u16::from_le_bytes(*length)).saturating_add(sum)
    })
}

fn sum_long(lengths: &[u8]) -> u64 {
    let (lengths, _) = lengths.as_chunks();
    lengths.iter().fold(0, |sum, length| {
        u64::from(u32::from_le_bytes(*length)).saturating_add(sum)
    })
}
