//! Files of lines, as `tail -F` reads them, and folders of these.
//!
//! A thread looks twice a second. How far a file was read is kept once what was read is in safe hands, so that it goes
//! on there after the end of the agent, whatever ended it: at worst the last lines are judged again, and their alerts
//! have the same ids. A file that was renamed meanwhile (kube-apiserver, logrotate) is read to its end first, and so are
//! those that were begun and renamed in between; one that was cut back (`copytruncate`) is read from its beginning.

mod lines;
mod log;
mod positions;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use saker_alert_delivery::Fate;
use tokio::sync::watch;
use tokio::time::sleep;

pub use lines::{LineReader, Part};
use log::{Log, LogId};
use positions::Positions;

use crate::counters::Refused;
use crate::desk::{Desk, Input};
use crate::settings::{FileSettings, Start};

/// How often files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// After alerts were lost, before the same lines are judged again.
const LOST_PAUSE: Duration = Duration::from_secs(5);

/// Files of a folder that are followed at a time; the oldest go first.
const FILES_MAX: usize = 1_024;

/// Endings of the files of a folder that are read.
const ENDINGS: [&str; 3] = ["json", "jsonl", "log"];

/// Why files cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// How far files were read cannot be known.
    #[error("k8s_audit.positions_file: {path}", path = .path.display())]
    Positions {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There are no threads left.
    #[error("cannot start the thread that reads audit files")]
    Thread(#[from] io::Error),
}

/// The thread that follows files.
#[derive(Debug)]
pub struct Follower {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Reads from now on, and hands what comes to the desk.
    ///
    /// # Errors
    ///
    /// Where how far files were read cannot be known, or not be kept.
    pub fn start(
        files: &[FileSettings],
        positions: &Path,
        desk: Desk,
    ) -> Result<Self, FollowError> {
        let positions_error = |source| FollowError::Positions {
            path: positions.to_owned(),
            source,
        };
        let mut kept = Positions::read(positions).map_err(positions_error)?;
        // To be noticed at the start, and not when the agent has ended.
        kept.save().map_err(positions_error)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let (stop, stopped) = watch::channel(false);
        let mut reading = Reading {
            sources: files.iter().cloned().map(Source::new).collect(),
            positions: kept,
            desk,
        };
        let thread = thread::Builder::new()
            .name("saker-audit-log".to_owned())
            .spawn(move || runtime.block_on(reading.run(stopped)))?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Follower {
    /// Keeps how far everything was read.
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that reads audit files panicked");
        }
    }
}

/// The files that a path leads to, in the order in which they are to be read: itself, or those of the folder.
///
/// # Errors
///
/// Where the path cannot be read.
pub fn files_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let is_read = path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        if let Ok(found) = fs::metadata(&path)
            && is_read
            && found.is_file()
        {
            files.push((modified(&found), path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

fn modified(found: &fs::Metadata) -> SystemTime {
    found.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// One of the paths that are followed.
struct Source {
    settings: FileSettings,
    /// The files that are being read.
    logs: BTreeMap<LogId, Log>,
    /// Whether it was looked at before, in this run.
    is_begun: bool,
    /// The trouble that was told last.
    trouble: Option<String>,
}

impl Source {
    fn new(settings: FileSettings) -> Self {
        Self {
            settings,
            logs: BTreeMap::new(),
            is_begun: false,
            trouble: None,
        }
    }

    /// The files to read now, the oldest first. Without the file itself there may be earlier ones.
    fn files(&self, positions: &Positions) -> io::Result<Vec<PathBuf>> {
        let path = &self.settings.path;
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                let mut files = files_of(path)?;
                files.truncate(FILES_MAX);
                Ok(files)
            }
            Ok(_) => {
                let mut files = self.renamed(positions)?;
                files.push(path.clone());
                Ok(files)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.renamed(positions),
            Err(error) => Err(error),
        }
    }

    /// Files beside that had this name, of which lines are missing: those that were begun to be read, and those that
    /// were written to since an earlier run ended, or this one began.
    fn renamed(&self, positions: &Positions) -> io::Result<Vec<PathBuf>> {
        let path = &self.settings.path;
        if !positions.knows(path) {
            return Ok(Vec::new());
        }
        let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else {
            return Ok(Vec::new());
        };
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let other = entry?.path();
            let name = other.file_name().unwrap_or_default().as_encoded_bytes();
            let is_packed = other.extension().is_some_and(|ending| ending == "gz");
            if other == *path || is_packed || !name.starts_with(stem.as_encoded_bytes()) {
                continue;
            }
            let Ok(found) = fs::metadata(&other) else {
                continue;
            };
            let id = LogId::of(&found);
            let is_wanted = match positions.offset(id) {
                Some(offset) => offset < found.len(),
                None => modified(&found) > positions.since(),
            };
            if found.is_file() && (is_wanted || self.logs.contains_key(&id)) {
                files.push((modified(&found), other));
            }
        }
        files.sort();
        Ok(files.into_iter().map(|(_, path)| path).collect())
    }

    /// Where a file is read from that was not open. `is_known`: something of this source was read before.
    fn start(&self, path: &Path, is_known: bool) -> Start {
        let usual = if self.settings.path == path {
            Start::End
        } else {
            Start::Beginning
        };
        if is_known {
            Start::Beginning
        } else {
            self.settings.from.unwrap_or(usual)
        }
    }

    fn told(&mut self, error: &io::Error) {
        let trouble = error.to_string();
        if self.trouble.as_ref() != Some(&trouble) {
            tracing::warn!(
                path = %self.settings.path.display(),
                error = trouble,
                "audit files cannot be read, it is tried again"
            );
            self.trouble = Some(trouble);
        }
    }
}

struct Reading {
    sources: Vec<Source>,
    positions: Positions,
    desk: Desk,
}

impl Reading {
    async fn run(&mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                biased;
                // Who started the thread is gone, or says so.
                _ = stopped.wait_for(|stopped| *stopped) => break,
                is_open = self.look() => if !is_open { break },
            }
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => break,
                () = sleep(LOOK_INTERVAL) => {}
            }
        }
        self.save();
    }

    fn save(&mut self) {
        if let Err(error) = self.positions.save() {
            tracing::warn!(
                path = %self.positions.path().display(),
                %error,
                "how far audit files were read cannot be kept"
            );
        }
    }

    /// Reads what there is to read; false when nobody judges any more.
    async fn look(&mut self) -> bool {
        for index in 0..self.sources.len() {
            let Some(source) = self.sources.get_mut(index) else {
                continue;
            };
            let files = match source.files(&self.positions) {
                Ok(files) => files,
                Err(error) => {
                    source.told(&error);
                    continue;
                }
            };
            source.trouble = None;
            source.open(&files, &mut self.positions);
            source.is_begun = true;
            if !self.read(index).await {
                return false;
            }
        }
        if self.positions.is_due() {
            self.save();
        }
        true
    }

    /// Reads the open files of a source to their ends, the oldest first.
    async fn read(&mut self, index: usize) -> bool {
        let Some(source) = self.sources.get_mut(index) else {
            return true;
        };
        let mut logs: Vec<(LogId, Log)> = std::mem::take(&mut source.logs).into_iter().collect();
        logs.sort_by_key(|(_, log)| log.order());
        let mut is_open = true;
        for (id, log) in &mut logs {
            if is_open {
                is_open = read_log(&self.desk, &mut self.positions, *id, log).await;
            }
        }
        if let Some(source) = self.sources.get_mut(index) {
            // One that has no name any more and was read to its end will not grow.
            logs.retain(|(_, log)| log.is_named());
            source.logs = logs.into_iter().collect();
        }
        is_open
    }
}

impl Source {
    /// Opens the files that are not open, and notes which of those that are have lost their name.
    fn open(&mut self, files: &[PathBuf], positions: &mut Positions) {
        for log in self.logs.values_mut() {
            log.unname();
        }
        // Asked first: the first file that is opened makes it so.
        let is_known = self.is_begun || positions.knows(&self.settings.path);
        for (order, path) in files.iter().enumerate() {
            let Ok(found) = fs::metadata(path) else {
                continue;
            };
            let id = LogId::of(&found);
            // Those without a name come first.
            let order = order.saturating_add(1);
            if let Some(log) = self.logs.get_mut(&id) {
                log.name(path, order);
                continue;
            }
            let start = self.start(path, is_known);
            match Log::open(path, &self.settings.path, order, start, positions) {
                Ok((id, log)) => {
                    self.logs.insert(id, log);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.told(&error),
            }
        }
    }
}

/// Reads a file to its end; false when nobody judges any more.
async fn read_log(desk: &Desk, positions: &mut Positions, id: LogId, log: &mut Log) -> bool {
    loop {
        let part = match log.next() {
            Ok(Some(part)) => part,
            Ok(None) => return true,
            Err(error) => {
                tracing::warn!(path = %log.path().display(), %error, "an audit file cannot be read");
                return true;
            }
        };
        let bytes = part.bytes();
        if let Part::Lines(lines) = part {
            let sender = log.path().display().to_string().into();
            if !judge(desk, lines, sender).await {
                return false;
            }
        } else {
            let count = desk.counters().count_refused(Refused::TooLarge);
            tracing::warn!(path = %log.path().display(), bytes, count, "a line is too long for an audit event");
        }
        log.advance(bytes);
        positions.set(id, log.position());
        if positions.is_due()
            && let Err(error) = positions.save()
        {
            tracing::warn!(%error, "how far audit files were read cannot be kept");
        }
    }
}

/// Has lines judged until their alerts are in safe hands.
async fn judge(desk: &Desk, lines: Vec<u8>, sender: std::sync::Arc<str>) -> bool {
    loop {
        let input = Input::Lines(lines.clone());
        let Some(judged) = desk
            .judge(input, std::sync::Arc::clone(&sender), None)
            .await
        else {
            return false;
        };
        if judged.fate().await == Fate::Kept {
            return true;
        }
        desk.counters().count_refused(Refused::Undelivered);
        sleep(LOST_PAUSE).await;
    }
}
