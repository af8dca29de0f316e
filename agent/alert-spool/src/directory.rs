//! The directory of a spool: its lock, and every access to the file system.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use saker_proto::v1::Priority;

use crate::error::{Holder, SpoolError};
use crate::priority::{PRIORITIES, priority_name};

const LOCK: &str = "lock";
const SUFFIX: &str = ".segment";
/// Digits of the largest sequence, so that names sort as their numbers.
const SEQUENCE_DIGITS: usize = 20;
/// Largest sequence: no name makes the numbers run out.
const SEQUENCE_MAX: u64 = 1 << 62;
/// Longest pid that is read from a lock.
const LOCK_BYTES_MAX: u64 = 16;

/// Alerts tell of what people do: only the agent reads them.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A directory that is ours as long as this lives. The kernel gives the lock back when a process dies, however
/// it does.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    itself: File,
    _lock: File,
    #[cfg(test)]
    pub(crate) faults: crate::tests::faults::Faults,
}

/// A file with the name of a segment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SegmentName {
    pub(crate) sequence: u64,
    pub(crate) priority: Priority,
}

impl SegmentName {
    fn file_name(&self) -> String {
        let Self { sequence, priority } = self;
        format!(
            "{}-{sequence:0SEQUENCE_DIGITS$}{SUFFIX}",
            priority_name(*priority)
        )
    }

    fn parse(name: &str) -> Option<Self> {
        let (priority, digits) = name.strip_suffix(SUFFIX)?.rsplit_once('-')?;
        let is_number =
            digits.len() == SEQUENCE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        let sequence: u64 = digits.parse().ok().filter(|_| is_number)?;
        Some(Self {
            sequence: Some(sequence).filter(|sequence| *sequence <= SEQUENCE_MAX)?,
            priority: PRIORITIES
                .into_iter()
                .find(|known| priority_name(*known) == priority)?,
        })
    }
}

impl Directory {
    /// Makes the directory if it is missing, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, SpoolError> {
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path)
            .map_err(|error| SpoolError::file("create the spool directory", path, error))?;
        let lock = lock(path)?;
        let itself = File::open(path)
            .map_err(|error| SpoolError::file("open the spool directory", path, error))?;
        Ok(Self {
            path: path.to_owned(),
            itself,
            _lock: lock,
            #[cfg(test)]
            faults: crate::tests::faults::Faults::default(),
        })
    }

    /// The segments, oldest first. Other files are none of our business.
    pub(crate) fn segments(&self) -> Result<Vec<SegmentName>, SpoolError> {
        let failed = |error| SpoolError::file("list", &self.path, error);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            names.extend(name.to_str().and_then(SegmentName::parse));
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(crate) fn path_of(&self, name: &SegmentName) -> PathBuf {
        self.path.join(name.file_name())
    }

    /// Makes a segment file that begins with these bytes, durably.
    pub(crate) fn create(&self, name: &SegmentName, header: &[u8]) -> Result<File, SpoolError> {
        let path = self.path_of(name);
        self.try_create(&path, header)
            .inspect_err(|_| {
                // What is left of it holds no record.
                drop(fs::remove_file(&path));
            })
            .map_err(|error| SpoolError::file("create", &path, error))
    }

    fn try_create(&self, path: &Path, header: &[u8]) -> io::Result<File> {
        self.check()?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)?;
        file.write_all(header)?;
        file.sync_data()?;
        self.itself.sync_all()?;
        Ok(file)
    }

    /// Writes at this offset. When that fails the file is as long as before, unless that fails, too.
    pub(crate) fn write(
        &self,
        file: &File,
        path: &Path,
        bytes: &[u8],
        offset: u64,
        through: WriteThrough,
    ) -> Result<(), SpoolError> {
        let written = self
            .check()
            .and_then(|()| file.write_all_at(bytes, offset))
            .and_then(|()| match through {
                WriteThrough::Now => self.check().and_then(|()| file.sync_data()),
                WriteThrough::Later => Ok(()),
            });
        written.map_err(|error| {
            if let Err(error) = file.set_len(offset) {
                tracing::debug!(path = %path.display(), %error, "cannot cut a failed write off");
            }
            SpoolError::file("write to", path, error)
        })
    }

    /// Writes a segment file through.
    pub(crate) fn sync(&self, file: &File, path: &Path) -> Result<(), SpoolError> {
        self.check()
            .and_then(|()| file.sync_data())
            .map_err(|error| SpoolError::file("write through", path, error))
    }

    /// Reads at most `length` bytes at this offset: fewer where the file ends.
    pub(crate) fn read(path: &Path, offset: u64, length: u64) -> Result<Vec<u8>, SpoolError> {
        let read = || {
            let file = File::open(path)?;
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
            let mut filled = 0_usize;
            while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
                let at = offset.saturating_add(crate::frame::count(filled));
                match file.read_at(rest, at) {
                    Ok(0) => break,
                    Ok(more) => filled = filled.saturating_add(more),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            bytes.truncate(filled);
            Ok(bytes)
        };
        read().map_err(|error| SpoolError::file("read", path, error))
    }

    /// Bytes of a segment file, unless it is a link, a device or the like.
    pub(crate) fn file_bytes(path: &Path) -> Result<Option<u64>, SpoolError> {
        let metadata =
            fs::symlink_metadata(path).map_err(|error| SpoolError::file("look at", path, error))?;
        Ok(metadata.is_file().then_some(metadata.len()))
    }

    pub(crate) fn remove(path: &Path) -> Result<(), SpoolError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(SpoolError::file("remove", path, error))
            }
            _ => Ok(()),
        }
    }

    /// Puts a file with these bytes in the place of what has the name, durably and at once.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolError> {
        let path = self.path.join(name);
        let replacement = self.path.join(format!("{name}.new"));
        let write = || {
            self.check()?;
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(FILE_MODE)
                .open(&replacement)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&replacement, &path)?;
            self.itself.sync_all()
        };
        write().map_err(|error| SpoolError::file("replace", &path, error))
    }

    /// The first bytes of the file of this name; none if there is none.
    pub(crate) fn read_small(
        &self,
        name: &str,
        bytes_max: u64,
    ) -> Result<Option<Vec<u8>>, SpoolError> {
        let path = self.path.join(name);
        match Self::file_bytes(&path) {
            Err(SpoolError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
            Ok(None) => Ok(Some(Vec::new())),
            Ok(Some(_)) => Self::read(&path, 0, bytes_max).map(Some),
        }
    }

    #[cfg(test)]
    fn check(&self) -> io::Result<()> {
        self.faults.check()
    }

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "tests let it fail"
    )]
    fn check(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a write is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteThrough {
    Now,
    Later,
}

fn lock(directory: &Path) -> Result<File, SpoolError> {
    let path = directory.join(LOCK);
    let failed = |error| SpoolError::file("lock", &path, error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = (&mut file).take(LOCK_BYTES_MAX).read_to_string(&mut text);
            let pid = read.ok().and_then(|_| text.trim().parse().ok());
            return Err(SpoolError::InUse {
                directory: directory.to_owned(),
                holder: pid.map_or(Holder::Unknown, Holder::Process),
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // Only for whoever is refused: a full disk must not keep the spool from being opened.
    let told = file
        .set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    if let Err(error) = told {
        tracing::debug!(path = %path.display(), %error, "cannot say who holds the lock");
    }
    Ok(file)
}
