//! What is learnt beside events, for a recording.

mod containers;

pub(crate) use containers::ContainerNotes;

use saker_capture_file::recording::{Note, StoredSnapshot};
use saker_process_state::{CgroupId, CgroupResolver, Pid, ProcessSource, Snapshot, Users};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Notes that were made since they were last taken, in their order. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<Note>>>);

impl Journal {
    /// Adds a note.
    pub(crate) fn add(&self, note: Note) {
        self.notes().push(note);
    }

    /// Adds all users and groups, by ascending id.
    pub(crate) fn add_users(&self, users: &Users) {
        let mut known: Vec<_> = users.users().collect();
        known.sort_unstable_by_key(|(uid, _)| *uid);
        let mut groups: Vec<_> = users.groups().collect();
        groups.sort_unstable();
        let known = known.into_iter().map(|(uid, user)| Note::User {
            uid,
            name: user.name.to_vec(),
            home: user.home.to_vec(),
            shell: user.shell.to_vec(),
        });
        let groups = groups.into_iter().map(|(gid, name)| Note::Group {
            gid,
            name: name.to_vec(),
        });
        self.notes().extend(known.chain(groups));
    }

    /// Adds processes that ran at the begin.
    pub(crate) fn add_processes(&self, snapshots: &[Snapshot]) {
        let stored = snapshots.iter().map(|it| Box::new(it.into()));
        self.notes().extend(stored.map(Note::Process));
    }

    /// The same source, whose answers are noted.
    pub(crate) fn noting<S>(&self, source: S) -> Noting<S> {
        Noting {
            source,
            journal: self.clone(),
        }
    }

    /// Whether there is no note.
    pub(crate) fn is_empty(&self) -> bool {
        self.notes().is_empty()
    }

    /// Takes the notes out.
    pub(crate) fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.notes())
    }

    fn notes(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A source whose answers go to a journal.
pub(crate) struct Noting<S> {
    source: S,
    journal: Journal,
}

impl<S: ProcessSource> ProcessSource for Noting<S> {
    fn read(&self, pid: Pid) -> Option<Snapshot> {
        let snapshot = self.source.read(pid);
        let stored = snapshot.as_ref().map(StoredSnapshot::from);
        self.journal.add(Note::ProcessRead {
            pid: pid.0,
            snapshot: stored.map(Box::new),
        });
        snapshot
    }

    fn cgroup_path(&self, pid: Pid) -> Option<Vec<u8>> {
        let path = self.source.cgroup_path(pid);
        self.journal.add(Note::ProcessCgroup {
            pid: pid.0,
            path: path.clone(),
        });
        path
    }
}

impl<S: CgroupResolver> CgroupResolver for Noting<S> {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        let path = self.source.path(id);
        self.journal.add(Note::Cgroup {
            id: id.0,
            path: path.clone(),
        });
        path
    }
}
