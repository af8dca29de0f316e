//! What time it is.

use jiff::Timestamp;

/// Now, in nanoseconds since the epoch.
pub(crate) fn unix_ns() -> u64 {
    u64::try_from(Timestamp::now().as_nanosecond()).unwrap_or_default()
}
