//! What the machine counts.

/// Counts since the begin of a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Threads that were added.
    pub threads_added: u64,
    /// Threads that were removed.
    pub threads_removed: u64,
    /// Threads that were not kept because of [`Limits::threads`](crate::Limits::threads).
    pub threads_dropped: u64,
    /// Threads that an event names but of which nothing is known.
    pub threads_unknown: u64,
    /// Descriptors that were not kept because of a limit.
    pub descriptors_dropped: u64,
    /// Texts that were cut because of [`Limits::text_bytes`](crate::Limits::text_bytes).
    pub texts_cut: u64,
    /// How often texts were left out because those of all threads, descriptors or users were too much,
    /// as [`Limits::thread_text_bytes`](crate::Limits::thread_text_bytes) and its like say.
    pub texts_left_out: u64,
    /// Users, groups, containers and interfaces that were not kept because of a limit.
    pub entries_dropped: u64,
    /// Exit events whose enter event was missing although they need it.
    pub enter_events_missing: u64,
}
