//! How far files were read, kept in a file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::log::{LogId, Position};

/// Files that are remembered.
const FILES_MAX: usize = 4_096;

/// The largest file of positions that is read.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// How often it is written.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// File systems tell times of a clock that is somewhat behind.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// When it was written, milliseconds since the epoch.
    saved_unix_ms: u64,
    files: Vec<KeptPosition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptPosition {
    #[serde(flatten)]
    id: LogId,
    #[serde(flatten)]
    position: Position,
    /// When it was read last, in an order of its own.
    turn: u64,
}

/// How far each file was read.
#[derive(Debug)]
pub(super) struct Positions {
    path: PathBuf,
    positions: BTreeMap<LogId, (u64, Position)>,
    turn: u64,
    /// When an earlier run kept how far it was, or this run began.
    since: SystemTime,
    saved_at: Instant,
    is_changed: bool,
}

impl Positions {
    /// Reads what was kept; nothing where there is no file.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let kept = match File::open(path) {
            Ok(file) => {
                let mut text = Vec::new();
                file.take(FILE_BYTES_MAX).read_to_end(&mut text)?;
                serde_json::from_slice(&text)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(error),
        };
        let since = (kept.saved_unix_ms > 0)
            .then(|| Duration::from_millis(kept.saved_unix_ms).saturating_sub(CLOCK_DIFFERENCE))
            .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        let turns = kept.files.iter().map(|file| file.turn);
        Ok(Self {
            path: path.to_owned(),
            turn: turns.max().unwrap_or(0),
            positions: kept
                .files
                .into_iter()
                .map(|file| (file.id, (file.turn, file.position)))
                .collect(),
            since: since.unwrap_or_else(SystemTime::now),
            saved_at: Instant::now(),
            is_changed: true,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn get(&self, id: LogId) -> Option<&Position> {
        self.positions.get(&id).map(|(_, position)| position)
    }

    pub(super) fn offset(&self, id: LogId) -> Option<u64> {
        Some(self.get(id)?.offset)
    }

    /// Whether something was read before that this path led to.
    pub(super) fn knows(&self, path: &Path) -> bool {
        let mut positions = self.positions.values();
        positions.any(|(_, position)| position.path == path)
    }

    /// What was written to after this was not read, unless it is known.
    pub(super) const fn since(&self) -> SystemTime {
        self.since
    }

    pub(super) fn set(&mut self, id: LogId, position: Position) {
        if self.get(id) == Some(&position) {
            return;
        }
        self.turn = self.turn.saturating_add(1);
        self.positions.insert(id, (self.turn, position));
        self.is_changed = true;
        if self.positions.len() > FILES_MAX {
            let oldest = self.positions.iter().min_by_key(|(_, (turn, _))| *turn);
            if let Some(id) = oldest.map(|(id, _)| *id) {
                self.positions.remove(&id);
            }
        }
    }

    /// Whether there is something to write, and the last time is a while ago.
    pub(super) fn is_due(&self) -> bool {
        self.is_changed && self.saved_at.elapsed() >= SAVE_INTERVAL
    }

    /// Writes all of it, whole or not at all.
    pub(super) fn save(&mut self) -> io::Result<()> {
        self.saved_at = Instant::now();
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let kept = Kept {
            saved_unix_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            files: self
                .positions
                .iter()
                .map(|(id, (turn, position))| KeptPosition {
                    id: *id,
                    position: position.clone(),
                    turn: *turn,
                })
                .collect(),
        };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut part = self.path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o640)
            .open(&part)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        file.sync_all()?;
        fs::rename(&part, &self.path)?;
        self.is_changed = false;
        Ok(())
    }
}
