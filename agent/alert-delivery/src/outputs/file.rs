//! A file, one alert a line, with rotation.
//!
//! The file is appended to, and grows up to a size or an age. It is then renamed to `NAME.1` (`NAME.1.gz` if it is to
//! be compressed), what had that name to `NAME.2`, and so on; what would be more than `keep` is removed.
//! Where something else renames the file (logrotate), a new one is begun: at the next alert, unless `keep_alive` says to
//! wait for SIGUSR1.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Lines;
use crate::output::{Failure, Output, Progress, Routed};
use crate::settings::{FileSettings, RotationSettings};
use saker_alert_formats::Renderer;

/// Alerts tell much of a host: they are for its administrators.
const MODE: u32 = 0o640;

/// Appends lines to a file.
pub(crate) struct AlertFile {
    path: PathBuf,
    keep_alive: bool,
    rotation: RotationSettings,
    renderer: Renderer,
    open: Option<OpenFile>,
}

struct OpenFile {
    file: File,
    bytes: u64,
    opened: Instant,
}

impl AlertFile {
    /// Opens the file: a folder that is missing is to be noticed at the start.
    pub(crate) fn open_at(settings: &FileSettings, renderer: Renderer) -> io::Result<Self> {
        let mut file = Self {
            path: settings.filename.clone(),
            keep_alive: settings.keep_alive,
            rotation: settings.rotate.clone(),
            renderer,
            open: None,
        };
        file.open()?;
        Ok(file)
    }

    fn open(&mut self) -> io::Result<&mut OpenFile> {
        if !self.keep_alive
            && self
                .open
                .as_ref()
                .is_some_and(|open| !open.is_at(&self.path))
        {
            self.open = None;
        }
        let open = match self.open.take() {
            Some(open) if !self.is_due(&open) => open,
            Some(open) => {
                drop(open);
                rotate(&self.path, &self.rotation)?;
                OpenFile::at(&self.path)?
            }
            None => {
                let open = OpenFile::at(&self.path)?;
                if self.is_due(&open) {
                    drop(open);
                    rotate(&self.path, &self.rotation)?;
                    OpenFile::at(&self.path)?
                } else {
                    open
                }
            }
        };
        Ok(self.open.insert(open))
    }

    /// Whether the file is large or old enough.
    fn is_due(&self, open: &OpenFile) -> bool {
        let is_large = self
            .rotation
            .max_bytes
            .is_some_and(|max| open.bytes >= max.get());
        let is_old = self.rotation.max_age_seconds.is_some_and(|max| {
            open.bytes > 0 && open.opened.elapsed() >= Duration::from_secs(max.get())
        });
        is_large || is_old
    }

    fn append(&mut self, lines: &Lines) -> Result<(), (usize, io::Error)> {
        let open = self.open().map_err(|error| (0, error))?;
        let before = open.bytes;
        let mut written = 0_usize;
        let failure = loop {
            let Some(rest) = lines.bytes.get(written..).filter(|rest| !rest.is_empty()) else {
                break None;
            };
            match open.file.write(rest) {
                Ok(0) => break Some(io::ErrorKind::WriteZero.into()),
                Ok(count) => written = written.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        open.bytes = before.saturating_add(length(written));
        let Some(error) = failure else {
            return Ok(());
        };
        // The line that was cut off is taken back, so that it can be written whole.
        let whole = lines.whole_bytes(written);
        let end = before.saturating_add(length(whole));
        match open.truncate(end) {
            Ok(()) => Err((written, error)),
            // Then it stays in two pieces, the first without an end.
            Err(_) => {
                self.open = None;
                Err((written, error))
            }
        }
    }
}

impl Output for AlertFile {
    fn deliver(&mut self, batch: &[Arc<Routed>]) -> Progress {
        let lines = Lines::of(&self.renderer, batch);
        match self.append(&lines) {
            Ok(()) => lines.written(),
            Err((written, error)) => {
                let reason = format!("cannot write to {}: {error}", self.path.display());
                Progress::until(lines.within(written), Failure::Retry(reason))
            }
        }
    }

    fn reopen(&mut self) {
        self.open = None;
    }
}

impl OpenFile {
    fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(MODE)
            .open(path)?;
        let metadata = file.metadata()?;
        // What was there keeps its age, as far as the file system knows it.
        let age = metadata.created().ok().and_then(|time| time.elapsed().ok());
        let opened = age.and_then(|age| Instant::now().checked_sub(age));
        Ok(Self {
            file,
            bytes: metadata.len(),
            opened: opened.unwrap_or_else(Instant::now),
        })
    }

    /// Whether this is still the file of that name.
    fn is_at(&self, path: &Path) -> bool {
        match (self.file.metadata(), fs::metadata(path)) {
            (Ok(own), Ok(other)) => (own.dev(), own.ino()) == (other.dev(), other.ino()),
            _ => false,
        }
    }

    /// Takes back what was written beyond this, unless somebody else wrote as well.
    fn truncate(&mut self, end: u64) -> io::Result<()> {
        if self.file.metadata()?.len() != self.bytes {
            return Err(io::ErrorKind::Other.into());
        }
        self.file.set_len(end)?;
        self.bytes = end;
        Ok(())
    }
}

impl Lines {
    /// Bytes of the lines that lie wholly within so many.
    fn whole_bytes(&self, written: usize) -> usize {
        let lines = self.within(written);
        lines
            .checked_sub(1)
            .and_then(|last| self.ends.get(last))
            .copied()
            .unwrap_or(0)
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Renames the file and the earlier ones, and removes the oldest.
fn rotate(path: &Path, rotation: &RotationSettings) -> io::Result<()> {
    let keep = rotation.keep.get();
    for ending in ["", ".gz"] {
        ignore_missing(fs::remove_file(numbered(path, keep, ending)))?;
        for number in (1..keep).rev() {
            let next = number.saturating_add(1);
            let from = numbered(path, number, ending);
            ignore_missing(fs::rename(from, numbered(path, next, ending)))?;
        }
    }
    let first = numbered(path, 1, "");
    fs::rename(path, &first)?;
    if rotation.compress {
        compress(&first, &numbered(path, 1, ".gz"))?;
    }
    Ok(())
}

fn compress(from: &Path, to: &Path) -> io::Result<()> {
    // Under another name first: what has the name is whole.
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = write_compressed(from, &part).and_then(|()| fs::rename(&part, to));
    if written.is_err() {
        // The file stays as it is; what there is of the other only takes room.
        ignore_missing(fs::remove_file(&part))?;
    }
    written?;
    fs::remove_file(from)
}

fn write_compressed(from: &Path, to: &Path) -> io::Result<()> {
    let mut file = File::open(from)?;
    let out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(MODE)
        .open(to)?;
    let mut encoder = GzEncoder::new(out, Compression::default());
    io::copy(&mut file, &mut encoder)?;
    encoder.finish()?.sync_all()
}

fn numbered(path: &Path, number: u32, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}{ending}"));
    PathBuf::from(name)
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests;
