//! Alerts that are written together, as one value of the log.
//!
//! A value costs the log a walk down its tree and whole pages of 4 KiB; in chunks of some 60 KiB that is spread
//! over dozens of alerts.
//!
//! Layout, little-endian: version (u8), XXH3 of what follows (u64), then for each alert its length (u32) and its
//! bytes.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::unwrap_used
    )
)]

use bytes::{Buf, Bytes};
use xxhash_rust::xxh3::xxh3_64;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 9;

/// A chunk that is larger gets no further alert. Values take pages of a power of two: with the log's own header
/// this stays within 64 KiB unless one alert alone is larger.
const FULL_BYTES: usize = 60 * 1024;

/// The greatest alert that is taken. Ingest has its own, smaller bound.
pub(crate) const ALERT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a chunk costs beside the bytes of its alerts, counted against the bound of the queue: keys, lengths and
/// its place in the index.
pub(crate) const CHUNK_OVERHEAD_BYTES: u64 = 64;

/// Why a value of the log is no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidChunk {
    #[error("it ends at byte {0}, within a record")]
    Short(usize),
    #[error("it is of version {0}, this program reads {VERSION}")]
    Version(u8),
    #[error("its checksum is wrong")]
    Checksum,
}

/// Alerts that become a chunk.
#[derive(Debug, Default)]
pub(crate) struct ChunkBuilder {
    alerts: Vec<Bytes>,
    bytes: usize,
}

impl ChunkBuilder {
    /// Whether an alert of this size belongs into the next chunk.
    pub(crate) fn is_full_for(&self, alert: &Bytes) -> bool {
        !self.alerts.is_empty() && self.bytes.saturating_add(alert.len()) > FULL_BYTES
    }

    pub(crate) fn push(&mut self, alert: Bytes) {
        self.bytes = self.bytes.saturating_add(alert.len()).saturating_add(4);
        self.alerts.push(alert);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }

    /// The value of the log, and the alerts in it. They share its memory, and no longer the memory of the batch
    /// they came in: one slow alert does not keep a whole message.
    pub(crate) fn finish(self) -> (Bytes, Vec<Bytes>) {
        let mut value = Vec::with_capacity(self.bytes.saturating_add(HEADER_BYTES));
        value.push(VERSION);
        value.extend_from_slice(&[0; 8]);
        let mut ranges = Vec::with_capacity(self.alerts.len());
        for alert in &self.alerts {
            // Alerts are no longer than ALERT_BYTES_MAX.
            let length = u32::try_from(alert.len()).unwrap_or(u32::MAX);
            value.extend_from_slice(&length.to_le_bytes());
            let start = value.len();
            value.extend_from_slice(alert);
            ranges.push(start..value.len());
        }
        let checksum = value.get(HEADER_BYTES..).map_or(0, xxh3_64);
        if let Some(slot) = value.get_mut(1..HEADER_BYTES) {
            slot.copy_from_slice(&checksum.to_le_bytes());
        }
        let value = Bytes::from(value);
        let alerts = ranges.into_iter().map(|range| value.slice(range)).collect();
        (value, alerts)
    }
}

/// The alerts of a value. They share its memory.
pub(crate) fn decode(mut value: Bytes) -> Result<Vec<Bytes>, InvalidChunk> {
    let total = value.len();
    if total < HEADER_BYTES {
        return Err(InvalidChunk::Short(total));
    }
    let version = value.get_u8();
    if version != VERSION {
        return Err(InvalidChunk::Version(version));
    }
    if value.get_u64_le() != xxh3_64(&value) {
        return Err(InvalidChunk::Checksum);
    }
    let mut alerts = Vec::new();
    while !value.is_empty() {
        let short = InvalidChunk::Short(total);
        let length = value.try_get_u32_le().map_err(|_| short)?;
        let length = usize::try_from(length).map_err(|_| short)?;
        if length > value.len() {
            return Err(short);
        }
        alerts.push(value.split_to(length));
    }
    Ok(alerts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(alerts: &[Bytes]) -> Vec<u8> {
        let mut builder = ChunkBuilder::default();
        for alert in alerts {
            builder.push(alert.clone());
        }
        let (value, inside) = builder.finish();
        assert_eq!(inside, alerts);
        value.to_vec()
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(alerts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let alerts: Vec<Bytes> = alerts.into_iter().map(Bytes::from).collect();
            prop_assert_eq!(decode(chunk(&alerts).into()), Ok(alerts));
        }

        #[test]
        fn a_changed_byte_is_noticed(place in 0..33_usize, flip in 1..=255_u8) {
            let mut value = chunk(&["first alert".into(), "other".into()]);
            prop_assert_eq!(value.len(), 33);
            value[place] ^= flip;
            prop_assert!(decode(value.into()).is_err());
        }

        #[test]
        fn any_bytes_are_survived(value in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut sealed = value.clone();
            if sealed.len() >= HEADER_BYTES {
                sealed[0] = VERSION;
                let checksum = xxh3_64(&sealed[HEADER_BYTES..]);
                sealed[1..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
            }
            if let Ok(alerts) = decode(sealed.into()) {
                prop_assert!(alerts.iter().map(Bytes::len).sum::<usize>() <= value.len());
            }
            prop_assert!(decode(value.into()).is_err());
        }
    }

    #[test]
    fn a_large_alert_has_a_chunk_of_its_own() {
        let large = Bytes::from(vec![0; FULL_BYTES * 2]);
        let mut builder = ChunkBuilder::default();
        assert!(!builder.is_full_for(&large));
        builder.push(large);
        assert!(builder.is_full_for(&Bytes::from_static(b"small")));
    }
}
