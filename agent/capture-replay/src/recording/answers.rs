//! What the host answered when events of the recording made the process table ask.

use saker_capture_file::recording::{Note, StoredSnapshot};
use saker_process_state::{CgroupId, CgroupResolver, Pid, ProcessSource, Snapshot};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most answers for one event: each makes the table ask a few times.
const ANSWERS_MAX: usize = 64;

/// The answers for the event that is next. The process table has one end, the player the other.
#[derive(Clone, Default)]
pub(super) struct Answers {
    notes: Arc<Mutex<Vec<Note>>>,
    has_any: bool,
}

impl Answers {
    /// Adds an answer; `false` when there are too many.
    pub(super) fn add(&mut self, note: Note) -> bool {
        self.has_any = true;
        let mut notes = self.notes();
        let has_room = notes.len() < ANSWERS_MAX;
        if has_room {
            notes.push(note);
        }
        has_room
    }

    /// Drops what was not asked for.
    #[inline]
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.has_any) {
            self.notes().clear();
        }
    }

    /// The first answer that fits, in the order in which they were given.
    fn first<T>(&self, fits: impl Fn(&mut Note) -> Option<T>) -> Option<T> {
        let mut notes = self.notes();
        let found = notes
            .iter_mut()
            .enumerate()
            .find_map(|(position, note)| Some((position, fits(note)?)));
        let (position, answer) = found?;
        notes.remove(position);
        Some(answer)
    }

    fn notes(&self) -> MutexGuard<'_, Vec<Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProcessSource for Answers {
    fn read(&self, wanted: Pid) -> Option<Snapshot> {
        let snapshot: Option<Box<StoredSnapshot>> = self.first(|note| match note {
            Note::ProcessRead { pid, snapshot } if *pid == wanted.0 => Some(snapshot.take()),
            _ => None,
        })?;
        snapshot.map(|snapshot| (*snapshot).into())
    }

    fn cgroup_path(&self, wanted: Pid) -> Option<Vec<u8>> {
        self.first(|note| match note {
            Note::ProcessCgroup { pid, path } if *pid == wanted.0 => Some(path.take()),
            _ => None,
        })?
    }
}

impl CgroupResolver for Answers {
    fn path(&self, wanted: CgroupId) -> Option<Vec<u8>> {
        self.first(|note| match note {
            Note::Cgroup { id, path } if *id == wanted.0 => Some(path.take()),
            _ => None,
        })?
    }
}
