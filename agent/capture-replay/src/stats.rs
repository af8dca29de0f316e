//! What was shown and what was not.

/// How far a capture has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that were read, compressed if the file is.
    pub bytes_read: u64,
    /// Bytes of the file; `None` when that is not known.
    pub bytes_total: Option<u64>,
}

/// Counts since the begin of the capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events that were shown.
    pub shown: u64,
    /// Events that were not.
    pub skipped: Skipped,
    /// Blocks that were not understood: of an unknown type, where they make no sense, or damaged.
    pub blocks_skipped: u64,
}

/// Events that were not shown, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Enters of system calls; what they tell is known at the exit.
    pub enters: u64,
    /// Made only to tell of what was there at the begin, or for the state.
    pub state_only: u64,
    /// Never used by any version of Falco.
    pub unused: u64,
    /// Of plugins: of another source than system calls.
    pub foreign: u64,
    /// Of a code that is not known; a later version wrote them.
    pub unknown: u64,
    /// Damaged, or of a form that no version of Falco wrote.
    pub malformed: u64,
}

impl Skipped {
    /// Reasons and counts, for messages.
    #[must_use]
    pub const fn by_reason(&self) -> [(&'static str, u64); 6] {
        [
            ("enters of system calls", self.enters),
            ("for the state only", self.state_only),
            ("unused kinds", self.unused),
            ("of plugins", self.foreign),
            ("of unknown kinds", self.unknown),
            ("malformed", self.malformed),
        ]
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason()
            .iter()
            .fold(0, |total, (_, count)| total.saturating_add(*count))
    }
}

/// Adds one.
pub(crate) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
