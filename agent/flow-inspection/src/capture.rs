//! The captured bytes of one direction.

use std::fmt;

/// Bytes that are kept of one direction at most.
pub(crate) const CAPTURED_BYTES_MAX: usize = 4096;

/// Runs of bytes with gaps between them that are kept of one direction at most. Later ones are dropped.
const RUNS_MAX: usize = 16;

/// Whether bytes keep their boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundaries {
    /// A stream: adjacent bytes join.
    Joined,
    /// Datagrams: each stays a run of its own.
    Kept,
}

/// Bytes without a gap.
pub(crate) struct Run {
    offset: u64,
    bytes: Vec<u8>,
    /// Bytes that follow directly and were sent, but not captured. Zero if that is not known of any.
    missing_bytes: u64,
}

impl Run {
    fn end(&self) -> u64 {
        self.offset.saturating_add(length(&self.bytes))
    }

    /// Appends bytes; takes room for twice as many at most, and never for more than can come.
    fn extend(&mut self, bytes: &[u8]) {
        let needed = self.bytes.len().saturating_add(bytes.len());
        if needed > self.bytes.capacity() {
            let doubled = self.bytes.capacity().saturating_mul(2);
            let room = doubled.min(CAPTURED_BYTES_MAX).max(needed);
            let additional = room.saturating_sub(self.bytes.len());
            self.bytes.reserve_exact(additional);
        }
        self.bytes.extend_from_slice(bytes);
    }
}

/// What was captured of one direction: the first [`CAPTURED_BYTES_MAX`] bytes that arrive, wherever they lie.
pub(crate) struct Capture {
    boundaries: Boundaries,
    /// By offset, without overlap, and in a stream without two that touch.
    runs: Vec<Run>,
    kept_bytes: usize,
}

impl Capture {
    pub(crate) const fn new(boundaries: Boundaries) -> Self {
        Self {
            boundaries,
            runs: Vec::new(),
            kept_bytes: 0,
        }
    }

    /// Takes bytes that begin at `offset`; `sent_bytes` were sent there. Bytes that are known already stay
    /// as they are.
    pub(crate) fn insert(&mut self, offset: u64, bytes: &[u8], sent_bytes: u64) {
        let missing_bytes = sent_bytes.saturating_sub(length(bytes));
        let end = offset.saturating_add(length(bytes));
        for (at, piece) in self.unknown(offset, bytes) {
            let is_last = at.saturating_add(length(piece)) == end;
            self.place(at, piece, if is_last { missing_bytes } else { 0 });
        }
        if self.boundaries == Boundaries::Joined {
            self.join();
        }
    }

    /// The pieces of these bytes that are not known yet, with their offsets.
    fn unknown<'b>(&self, offset: u64, bytes: &'b [u8]) -> Vec<(u64, &'b [u8])> {
        let mut pieces = Vec::new();
        let mut at = offset;
        let mut rest = bytes;
        for run in &self.runs {
            if rest.is_empty() || run.end() <= at {
                continue;
            }
            let (before, known) = split(rest, run.offset.saturating_sub(at));
            if !before.is_empty() {
                pieces.push((at, before));
            }
            let known_bytes = run.end().saturating_sub(run.offset.max(at));
            rest = split(known, known_bytes).1;
            at = run.end();
        }
        if !rest.is_empty() {
            pieces.push((at, rest));
        }
        pieces
    }

    /// Puts bytes of which none is known, as far as there is room.
    fn place(&mut self, offset: u64, bytes: &[u8], missing_bytes: u64) {
        let room = CAPTURED_BYTES_MAX.saturating_sub(self.kept_bytes);
        let kept = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        let dropped = length(bytes).saturating_sub(length(kept));
        let missing_bytes = missing_bytes.saturating_add(dropped);
        let index = self.runs.partition_point(|run| run.offset < offset);
        let before = index
            .checked_sub(1)
            .and_then(|index| self.runs.get_mut(index));
        if let Some(run) = before
            && self.boundaries == Boundaries::Joined
            && run.end() == offset
        {
            run.extend(kept);
            run.missing_bytes = missing_bytes;
        } else if self.runs.len() < RUNS_MAX && !kept.is_empty() {
            let run = Run {
                offset,
                bytes: kept.to_vec(),
                missing_bytes,
            };
            self.runs.insert(index, run);
        } else {
            return;
        }
        self.kept_bytes = self.kept_bytes.saturating_add(kept.len());
    }

    /// Makes one of runs that touch.
    fn join(&mut self) {
        self.runs.dedup_by(|later, earlier| {
            let touches = earlier.end() == later.offset;
            if touches {
                earlier.extend(&later.bytes);
                earlier.missing_bytes = later.missing_bytes;
            }
            touches
        });
    }

    /// The bytes, from the begin of the direction.
    pub(crate) fn stream(&self) -> Stream<'_> {
        Stream {
            runs: &self.runs,
            begin: 0,
        }
    }
}

/// Lengths only: payload stays here.
impl fmt::Debug for Capture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Capture")
            .field("runs", &self.runs.len())
            .field("kept_bytes", &self.kept_bytes)
            .finish_non_exhaustive()
    }
}

/// The captured bytes of one direction from some begin on. Offsets count from that begin.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'a> {
    runs: &'a [Run],
    begin: u64,
}

impl<'a> Stream<'a> {
    /// The bytes from the begin to the first gap. Of datagrams: the first one.
    pub(crate) fn head(self) -> &'a [u8] {
        self.at(0)
    }

    /// The bytes from this offset to the next gap; none if that byte was not captured.
    pub(crate) fn at(self, offset: u64) -> &'a [u8] {
        let offset = self.begin.saturating_add(offset);
        self.run_at(offset)
            .and_then(|run| run.bytes.get(position(run, offset)?..))
            .unwrap_or_default()
    }

    /// Whether [`Self::head`] cannot grow: what follows it was sent and not captured.
    pub(crate) fn is_cut(self) -> bool {
        self.run_at(self.begin)
            .is_some_and(|run| run.missing_bytes > 0)
            || self
                .runs
                .iter()
                .any(|run| run.missing_bytes > 0 && run.end() == self.begin)
    }

    /// Whether no byte was captured from the begin on.
    pub(crate) fn is_empty(self) -> bool {
        self.runs.last().is_none_or(|run| run.end() <= self.begin)
    }

    /// The runs after the first gap with their offsets. The first bytes of a run after a gap are often the
    /// first of a message: the kernel captures the first bytes after each change of direction.
    pub(crate) fn later(self) -> impl Iterator<Item = (u64, &'a [u8])> {
        self.runs
            .iter()
            .filter(move |run| run.offset > self.begin)
            .map(move |run| (run.offset.saturating_sub(self.begin), run.bytes.as_slice()))
    }

    /// Each datagram, the first ones first.
    pub(crate) fn datagrams(self) -> impl Iterator<Item = Datagram<'a>> {
        self.runs.iter().map(|run| Datagram {
            bytes: &run.bytes,
            sent_bytes: length(&run.bytes).saturating_add(run.missing_bytes),
        })
    }

    /// What follows so many bytes.
    #[must_use]
    pub(crate) const fn after(self, bytes: u64) -> Self {
        Self {
            runs: self.runs,
            begin: self.begin.saturating_add(bytes),
        }
    }

    fn run_at(self, offset: u64) -> Option<&'a Run> {
        self.runs
            .iter()
            .find(|run| run.offset <= offset && offset < run.end())
    }
}

/// A datagram, as far as it was captured.
#[derive(Clone, Copy)]
pub(crate) struct Datagram<'a> {
    pub(crate) bytes: &'a [u8],
    /// How long it is.
    pub(crate) sent_bytes: u64,
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Stream")
            .field("runs", &self.runs.len())
            .field("begin", &self.begin)
            .finish()
    }
}

fn position(run: &Run, offset: u64) -> Option<usize> {
    usize::try_from(offset.checked_sub(run.offset)?).ok()
}

/// Bytes up to a place, and from there on.
fn split(bytes: &[u8], at: u64) -> (&[u8], &[u8]) {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    bytes.split_at(at.min(bytes.len()))
}

/// Lengths of what is in memory fit.
fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn byte_at(offset: usize) -> u8 {
        u8::try_from(offset % 251).unwrap()
    }

    proptest! {
        /// The runs are those of a naive model: a slot for each byte.
        #[test]
        fn runs_are_what_arrived(pieces in prop::collection::vec((0_usize..200, 1_usize..40), 0..14)) {
            let mut capture = Capture::new(Boundaries::Joined);
            let mut arrived = [false; 240];
            for (offset, length) in pieces {
                let range = offset..offset + length;
                let bytes: Vec<u8> = range.clone().map(byte_at).collect();
                capture.insert(offset as u64, &bytes, length as u64);
                arrived[range].fill(true);
            }
            let stream = capture.stream();
            for begin in 0..arrived.len() {
                let known = arrived[begin..].iter().take_while(|arrived| **arrived).count();
                let expected: Vec<u8> = (begin..begin + known).map(byte_at).collect();
                prop_assert_eq!(stream.after(begin as u64).head(), &expected);
            }
            let begins = (1..arrived.len()).filter(|at| arrived[*at] && !arrived[at - 1]);
            let later: Vec<usize> = stream.later().map(|(offset, _)| offset as usize).collect();
            prop_assert_eq!(later, begins.collect::<Vec<_>>());
            prop_assert!(!stream.is_cut());
        }
    }

    #[test]
    fn a_cut_ends_when_what_follows_arrives() {
        let mut capture = Capture::new(Boundaries::Joined);
        capture.insert(0, b"abc", 5);
        assert!(capture.stream().is_cut());
        assert!(capture.stream().after(3).is_cut());
        capture.insert(3, b"de", 2);
        assert!(!capture.stream().is_cut());
        assert_eq!(capture.stream().head(), b"abcde");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut capture = Capture::new(Boundaries::Joined);
        capture.insert(0, &[1; 3000], 3000);
        capture.insert(3000, &[2; 3000], 3000);
        assert_eq!(capture.stream().head().len(), CAPTURED_BYTES_MAX);
        assert!(capture.stream().is_cut());
        assert_eq!(capture.runs[0].bytes.capacity(), CAPTURED_BYTES_MAX);
        let mut single = Capture::new(Boundaries::Joined);
        for at in 0..1000 {
            single.insert(at, &[1], 1);
        }
        assert!(single.runs[0].bytes.capacity() <= 2000);
        let mut scattered = Capture::new(Boundaries::Joined);
        for at in 0..100 {
            scattered.insert(at * 2, &[1], 1);
        }
        assert_eq!(scattered.runs.len(), RUNS_MAX);
    }

    #[test]
    fn datagrams_keep_their_bounds() {
        let mut capture = Capture::new(Boundaries::Kept);
        capture.insert(0, b"ab", 2);
        capture.insert(2, b"cd", 9);
        let datagrams: Vec<_> = capture
            .stream()
            .datagrams()
            .map(|datagram| (datagram.bytes, datagram.sent_bytes))
            .collect();
        assert_eq!(datagrams, [(&b"ab"[..], 2), (&b"cd"[..], 9)]);
    }

    #[test]
    fn payload_is_not_printed() {
        let mut capture = Capture::new(Boundaries::Joined);
        capture.insert(0, b"secret", 6);
        assert!(!format!("{capture:?} {:?}", capture.stream()).contains("secret"));
    }
}
