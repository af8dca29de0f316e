//! Where frames begin: the last frame of a recording, and the trailer that leads to it.

use serde::{Deserialize, Serialize};

/// What the file ends with, after eight bytes that say where the frame with the index begins.
pub(super) const TRAILER_MAGIC: [u8; 8] = *b"SAKEREND";

/// Bytes of the trailer.
pub(super) const TRAILER_BYTES: usize = 16;

/// Most frames that the index names. When there are more, every other one is left out: seeking reads on
/// from the one before.
pub(super) const ENTRIES_MAX: usize = 32_768;

/// A frame: offset, number of the last event before it, time of its first event.
pub(super) type IndexEntry = (u64, u64, u64);

/// The content of the last frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Index {
    pub(super) closing: Closing,
    pub(super) frames: Vec<IndexEntry>,
}

/// What is known at the end of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Closing {
    /// Events that match the filter.
    pub events_shown: u64,
    /// Other events, kept because they change what is known of processes.
    pub events_hidden: u64,
    /// Events that were lost before they could be recorded.
    pub events_lost: u64,
}

impl Index {
    /// Adds a frame; only some are kept when there are many.
    pub(super) fn add(&mut self, entry: IndexEntry) {
        if self.frames.len() >= ENTRIES_MAX {
            let mut is_kept = false;
            self.frames.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
        }
        self.frames.push(entry);
    }
}

/// The last bytes of a file.
pub(super) fn trailer(offset: u64) -> [u8; TRAILER_BYTES] {
    let mut bytes = [0; TRAILER_BYTES];
    let parts = offset.to_le_bytes().into_iter().chain(TRAILER_MAGIC);
    for (to, from) in bytes.iter_mut().zip(parts) {
        *to = from;
    }
    bytes
}

/// Where the frame with the index begins, by the last bytes of a file.
pub(super) fn index_offset(trailer: &[u8; TRAILER_BYTES]) -> Option<u64> {
    let (offset, magic) = trailer.split_first_chunk()?;
    (magic == TRAILER_MAGIC).then(|| u64::from_le_bytes(*offset))
}
