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
        let mut at = offset;
        let mut rest = bytes;
        let mut index = 0;
        while !rest.is_empty() {
            let Some(run) = self.runs.get(index) else {
                self.place(index, at, rest, missing_bytes);
                break;
            };
            if run.end() <= at {
                index = index.saturating_add(1);
                continue;
            }
            let free = usize::try_from(run.offset.saturating_sub(at)).unwrap_or(usize::MAX);
            let (new, known) = rest.split_at(free.min(rest.len()));
            let skipped =
                usize::try_from(run.end().saturating_sub(at.max(run.offset))).unwrap_or(usize::MAX);
            let resume = at
                .max(run.offset)
                .saturating_add(length(known).min(run.end().saturating_sub(at.max(run.offset))));
            if !new.is_empty() {
                let missing_bytes = if known.is_empty() { missing_bytes } else { 0 };
                self.place(index, at, new, missing_bytes);
                index = index.saturating_add(1);
            }
            at = resume;
            rest = known.get(skipped.min(known.len())..).unwrap_or_default();
            index = index.saturating_add(1);
        }
        if self.boundaries == Boundaries::Joined {
            self.join();
        }
    }

    /// Puts bytes of which none is known before the run of this index, as far as there is room.
    fn place(&mut self, index: usize, offset: u64, bytes: &[u8], missing_bytes: u64) {
        let room = CAPTURED_BYTES_MAX.saturating_sub(self.kept_bytes);
        let kept = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        let dropped = length(bytes).saturating_sub(length(kept));
        let missing_bytes = missing_bytes.saturating_add(dropped);
        let before = index
            .checked_sub(1)
            .and_then(|index| self.runs.get_mut(index));
        if let Some(run) = before
            && self.boundaries == Boundaries::Joined
            && run.end() == offset
        {
            run.bytes.extend_from_slice(kept);
            run.missing_bytes = missing_bytes;
        } else if self.runs.len() < RUNS_MAX && !kept.is_empty() {
            self.runs.insert(
                index.min(self.runs.len()),
                Run {
                    offset,
                    bytes: kept.to_vec(),
                    missing_bytes,
                },
            );
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
                earlier.bytes.append(&mut later.bytes);
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

/// Lengths of what is in memory fit.
fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
