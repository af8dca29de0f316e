//! A file that is being read.

use std::fs::{File, Metadata};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use saker_audit_source::Limits;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines::{LineReader, Part};
use super::positions::Positions;
use crate::settings::Start;

/// Bytes of a file's beginning by which it is recognised.
const HEAD_BYTES: usize = 512;

/// A file, whatever its name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct LogId {
    device: u64,
    inode: u64,
}

impl LogId {
    pub(super) fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
        }
    }
}

/// How far a file was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The path that was followed: the file itself, whatever its name is now, or its folder.
    pub(super) path: PathBuf,
    /// Bytes from its beginning.
    pub(super) offset: u64,
    /// Bytes of its beginning, and their hash: an inode is used again when a file is removed.
    head_bytes: usize,
    head: String,
}

/// A file that is open.
pub(super) struct Log {
    path: PathBuf,
    /// The path that led to it.
    source: PathBuf,
    reader: LineReader<File>,
    offset: u64,
    /// Its place among the files of its source; nothing when it has lost its name.
    order: usize,
    is_named: bool,
    head_bytes: usize,
    head: String,
}

impl Log {
    /// Opens a file where it was read to, or as `start` says where it was not.
    pub(super) fn open(
        path: &Path,
        source: &Path,
        order: usize,
        start: Start,
        positions: &mut Positions,
    ) -> io::Result<(LogId, Self)> {
        let mut file = File::open(path)?;
        let found = file.metadata()?;
        let id = LogId::of(&found);
        let known = positions.get(id).filter(|known| {
            known.offset <= found.len()
                && head(&file, known.head_bytes).is_ok_and(|head| head == known.head)
        });
        let offset = match (known, start) {
            (Some(known), _) => known.offset,
            (None, Start::Beginning) => 0,
            (None, Start::End) => found.len(),
        };
        file.seek(SeekFrom::Start(offset))?;
        let mut log = Self {
            path: path.to_owned(),
            source: source.to_owned(),
            reader: line_reader(file),
            offset,
            order,
            is_named: true,
            head_bytes: 0,
            head: String::new(),
        };
        positions.set(id, log.position());
        Ok((id, log))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its place among the files of its source.
    pub(super) const fn order(&self) -> usize {
        self.order
    }

    /// Whether a file of this source still has its name.
    pub(super) const fn is_named(&self) -> bool {
        self.is_named
    }

    /// It has no name until it is found again.
    pub(super) const fn unname(&mut self) {
        self.is_named = false;
        self.order = 0;
    }

    /// It was found.
    pub(super) fn name(&mut self, path: &Path, order: usize) {
        if self.path != path {
            self.path = path.to_owned();
        }
        self.is_named = true;
        self.order = order;
    }

    /// How far it was read.
    pub(super) fn position(&mut self) -> Position {
        let wanted = usize::try_from(self.offset).map_or(HEAD_BYTES, |it| it.min(HEAD_BYTES));
        if self.head_bytes < wanted || self.head.is_empty() {
            let file = self.reader.get_ref();
            (self.head_bytes, self.head) = match head(file, wanted) {
                Ok(head) => (wanted, head),
                // Then it is not recognised, and read again.
                Err(_) => (wanted, String::new()),
            };
        }
        Position {
            path: self.source.clone(),
            offset: self.offset,
            head_bytes: self.head_bytes,
            head: self.head.clone(),
        }
    }

    /// What was given is in safe hands.
    pub(super) const fn advance(&mut self, bytes: u64) {
        self.offset = self.offset.saturating_add(bytes);
    }

    /// The next lines, if there are any; of a file that will not grow also the last without its end.
    pub(super) fn next(&mut self) -> io::Result<Option<Part>> {
        let length = self.reader.get_ref().metadata()?.len();
        if length < self.offset {
            tracing::info!(path = %self.path.display(), "an audit file was cut back, it is read from its beginning");
            let mut file = self.reader.get_ref().try_clone()?;
            file.seek(SeekFrom::Start(0))?;
            self.reader = line_reader(file);
            self.offset = 0;
            (self.head_bytes, self.head) = (0, String::new());
        }
        match self.reader.next_part()? {
            None if !self.is_named => Ok(self.reader.rest()),
            part => Ok(part),
        }
    }
}

fn line_reader(file: File) -> LineReader<File> {
    LineReader::new(file, Limits::default().input_bytes_max)
}

/// Hash of a file's beginning.
fn head(file: &File, bytes: usize) -> io::Result<String> {
    let mut head = vec![0; bytes.min(HEAD_BYTES)];
    file.read_exact_at(&mut head, 0)?;
    let hash = Sha256::digest(&head);
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}
