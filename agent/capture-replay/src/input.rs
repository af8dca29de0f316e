//! The bytes of a capture: where they come from, and what they begin with.

use crate::error::ReplayError;
use saker_capture_file::recording::MAGIC;
use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes that tell the kinds apart.
const HEAD_BYTES: u64 = 8;

/// What a plain .scap file begins with: the type of its first block.
const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// What a file compressed with gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A capture's bytes, the first of which were looked at already.
pub(crate) type Bytes = Chain<Cursor<Vec<u8>>, Counted>;

/// Kinds of captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of Falco.
    Scap,
    /// Of Saker.
    Recording,
}

/// A file or pipe that is about to be read.
pub(crate) struct Input {
    /// What messages call it.
    pub(crate) name: String,
    /// Its kind by its first bytes.
    pub(crate) kind: Kind,
    /// All its bytes.
    pub(crate) bytes: Bytes,
    /// How many of them were read.
    pub(crate) bytes_read: Arc<AtomicU64>,
    /// How many there are, if that is known.
    pub(crate) bytes_total: Option<u64>,
}

/// Counts the bytes that are read.
pub(crate) struct Counted {
    source: Box<dyn Read + Send>,
    bytes_read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.bytes_read
            .fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Relaxed);
        Ok(count)
    }
}

impl Input {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Self, ReplayError> {
        let file = File::open(path).map_err(|source| ReplayError::Open {
            path: path.to_owned(),
            source,
        })?;
        // Of pipes and devices the size says nothing.
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file);
        let name = path.display().to_string();
        Self::new(
            name,
            Box::new(file),
            metadata.map(|metadata| metadata.len()),
        )
    }

    /// Takes anything that can be read.
    pub(crate) fn new(
        name: String,
        source: Box<dyn Read + Send>,
        bytes_total: Option<u64>,
    ) -> Result<Self, ReplayError> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let mut source = Counted {
            source,
            bytes_read: Arc::clone(&bytes_read),
        };
        let mut head = Vec::new();
        if let Err(source) = source.by_ref().take(HEAD_BYTES).read_to_end(&mut head) {
            return Err(ReplayError::Read { name, source });
        }
        let Some(kind) = kind(&head) else {
            return Err(ReplayError::Unrecognised { name });
        };
        Ok(Self {
            name,
            kind,
            bytes: Cursor::new(head).chain(source),
            bytes_read,
            bytes_total,
        })
    }
}

fn kind(head: &[u8]) -> Option<Kind> {
    if head == MAGIC {
        return Some(Kind::Recording);
    }
    (head.starts_with(&SECTION_HEADER) || head.starts_with(&GZIP)).then_some(Kind::Scap)
}
