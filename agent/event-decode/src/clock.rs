//! From the time since boot to the wall clock.

/// Converts times since boot (`CLOCK_BOOTTIME`, what records carry) to wall-clock times.
///
/// The offset is injected: the event source measures it (wall clock minus boot clock, read
/// together) and measures it again now and then, since the wall clock may be set.
///
/// ```
/// use saker_event_decode::WallClock;
/// let clock = WallClock::new(1_700_000_000_000_000_000);
/// assert_eq!(clock.wall_ns(5), 1_700_000_000_000_000_005);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    offset_ns: i64,
}

impl WallClock {
    /// A clock whose wall time is `offset_ns` nanoseconds ahead of the time since boot.
    #[must_use]
    pub const fn new(offset_ns: i64) -> Self {
        Self { offset_ns }
    }

    /// Nanoseconds that the wall clock is ahead of the boot clock.
    #[must_use]
    pub const fn offset_ns(&self) -> i64 {
        self.offset_ns
    }

    /// Nanoseconds since the epoch, from nanoseconds since boot. Saturates.
    #[must_use]
    pub const fn wall_ns(&self, boot_ns: u64) -> u64 {
        boot_ns.saturating_add_signed(self.offset_ns)
    }

    /// Nanoseconds since boot, from nanoseconds since the epoch. Saturates.
    #[must_use]
    pub const fn boot_ns(&self, wall_ns: u64) -> u64 {
        wall_ns.saturating_sub_signed(self.offset_ns)
    }
}
