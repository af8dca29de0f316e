//! Bounds that no setting changes.

/// A window is over when it has so many repeats: its notification names all of them.
pub(crate) const MEMBERS_MAX: i64 = 10_000;
/// The feed looks at so many alerts in one call.
pub(crate) const FEED_SCAN_MAX: i64 = 10_000;
/// So many windows are closed in one transaction, so that it does not hold up others.
pub(crate) const CLOSE_MAX: i64 = 1_000;
/// So many rows are deleted in one transaction.
pub(crate) const DELETE_MAX: i64 = 5_000;
/// The reason of a dead letter for which the outbox had no room.
pub(crate) const OUTBOX_FULL: &str = "the outbox was full";
/// The reason of a dead letter whose alerts are gone.
pub(crate) const ALERTS_GONE: &str = "its alerts have expired or cannot be read";
/// Reasons of dead letters are cut to this.
pub(crate) const REASON_BYTES_MAX: usize = 1_024;

/// The reason of a dead letter as its column keeps it.
pub(crate) fn reason_text(reason: &str) -> String {
    let cut = reason.get(..reason.floor_char_boundary(REASON_BYTES_MAX));
    cut.unwrap_or_default().replace('\0', "\u{fffd}")
}
