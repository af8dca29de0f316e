//! What becomes known of containers, for a recording.

use super::Journal;
use saker_capture_file::recording::{Note, StoredContainer};
use saker_container_metadata::{ContainerInfo, Containers};
use saker_process_state::ContainerId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Most containers that are remembered. When there are more, what is known of them is noted again.
const CONTAINERS_MAX: usize = 16_384;

/// Notes what is known of the container of an event, once for each time that it changes.
#[derive(Default)]
pub(crate) struct ContainerNotes {
    noted: HashMap<ContainerId, Arc<ContainerInfo>>,
    /// Containers of which nothing more can be known than was noted, until the generation changes.
    is_current: HashSet<ContainerId>,
    generation: u64,
}

impl ContainerNotes {
    /// Notes what is known of a container before an event that happens in it.
    pub(crate) fn note(&mut self, id: &ContainerId, containers: &Containers, journal: &Journal) {
        let generation = containers.generation();
        if self.generation != generation {
            self.generation = generation;
            self.is_current.clear();
        }
        if self.is_current.contains(id) {
            return;
        }
        if self.noted.len() >= CONTAINERS_MAX {
            self.noted.clear();
            self.is_current.clear();
        }
        self.is_current.insert(id.clone());
        let Some(info) = containers.get(id).info else {
            return;
        };
        let known = self.noted.get(id);
        if known.is_some_and(|known| Arc::ptr_eq(known, &info)) {
            return;
        }
        let stored = StoredContainer::from(&*info);
        self.noted.insert(id.clone(), info);
        journal.add(Note::Container(Box::new(stored)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use saker_container_metadata::Limits;
    use saker_process_state::Runtime;

    #[test]
    fn each_change_is_noted_once() {
        let (containers, _requests) = Containers::new(Limits::default(), Box::new(|| {}));
        let (journal, mut notes) = (Journal::default(), ContainerNotes::default());
        let id = ContainerId::new("a");
        let mut taken = |containers: &Containers| {
            notes.note(&id, containers, &journal);
            notes.note(&id, containers, &journal);
            journal.take()
        };
        assert_eq!(taken(&containers), []);
        let mut info = ContainerInfo::new(ContainerId::new("a"), Runtime::Docker);
        containers.learn(info.clone());
        let note = |info: &ContainerInfo| Note::Container(Box::new(info.into()));
        assert_eq!(taken(&containers), [note(&info)]);
        // Another container says nothing about this one.
        containers.learn(ContainerInfo::new(ContainerId::new("b"), Runtime::Docker));
        assert_eq!(taken(&containers), []);
        info.name = Some("web".into());
        containers.learn(info.clone());
        assert_eq!(taken(&containers), [note(&info)]);
    }
}
