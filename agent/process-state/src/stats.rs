//! Counters.

/// What happened to the table since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Processes added by a fork that was seen.
    pub forked: u64,
    /// Processes whose image was replaced.
    pub executed: u64,
    /// Processes that ended.
    pub exited: u64,
    /// Ended without an event: another process has their pid, or they are gone from `/proc`.
    pub exits_missed: u64,
    /// Presumed to have ended and taken back, because an event of theirs still waited.
    pub revived: u64,
    /// Processes seen before their record and read from `/proc`.
    pub repaired: u64,
    /// Processes of which only the head of an event is known.
    pub unknown: u64,
    /// Events that came after their process had ended.
    pub late_events: u64,
    /// Ended processes that were removed when their time was over.
    pub purged: u64,
    /// Ended processes that were removed early because the table was full.
    pub purged_early: u64,
    /// Processes that were not kept because the table was full of running ones.
    pub table_full: u64,
    /// Images that lost arguments or environment because all together took too much.
    pub images_trimmed: u64,
    /// cgroups that were resolved.
    pub cgroups_resolved: u64,
    /// Attempts to resolve a cgroup that failed.
    pub cgroups_unresolved: u64,
    /// Changes of containers that nobody took in time.
    pub container_changes_lost: u64,
}
