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
    /// What is not known of the events that were shown.
    pub missing: Missing,
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

/// What the state of a capture lacks, in all of its sections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Threads that events name but of which nothing is known.
    pub threads_unknown: u64,
    /// Exits of calls whose enters were missing although they need them.
    pub enters_missing: u64,
    /// Enters of calls that were forgotten because too many waited for their exits.
    pub enters_forgotten: u64,
    /// Texts that were cut because they were too long.
    pub texts_cut: u64,
    /// How often texts were left out because all together were too much.
    pub texts_left_out: u64,
    /// Threads that were too many to keep.
    pub threads_dropped: u64,
    /// Descriptors that were too many to keep.
    pub descriptors_dropped: u64,
    /// Users, groups and interfaces that were too many to keep.
    pub entries_dropped: u64,
}

impl Missing {
    /// What is missing and how often, for messages.
    #[must_use]
    pub const fn by_reason(&self) -> [(&'static str, u64); 8] {
        [
            ("threads of which nothing is known", self.threads_unknown),
            ("exits of calls without their enters", self.enters_missing),
            ("enters of calls forgotten", self.enters_forgotten),
            ("texts cut", self.texts_cut),
            ("texts left out", self.texts_left_out),
            ("threads too many to keep", self.threads_dropped),
            ("descriptors too many to keep", self.descriptors_dropped),
            (
                "users, groups and interfaces too many to keep",
                self.entries_dropped,
            ),
        ]
    }

    /// Adds what the state of a section lacks.
    pub(crate) const fn add(&mut self, state: &saker_capture_state::Stats, forgotten: u64) {
        add(&mut self.threads_unknown, state.threads_unknown);
        add(&mut self.enters_missing, state.enter_events_missing);
        add(&mut self.enters_forgotten, forgotten);
        add(&mut self.texts_cut, state.texts_cut);
        add(&mut self.texts_left_out, state.texts_left_out);
        add(&mut self.threads_dropped, state.threads_dropped);
        add(&mut self.descriptors_dropped, state.descriptors_dropped);
        add(&mut self.entries_dropped, state.entries_dropped);
    }
}

const fn add(counter: &mut u64, count: u64) {
    *counter = counter.saturating_add(count);
}

/// Adds one.
pub(crate) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
