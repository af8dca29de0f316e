//! The processes around one event, as they were at its time.

use saker_event_decode::EventView;
use saker_event_decode::render::{NameSource, arguments_text};
use saker_process_state::{Pid, Process, ProcessKey};
use saker_rule_fields::Processes;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Most ancestors that are kept, as many as fields look at.
const ANCESTORS_MAX: usize = 1024;

/// About what one process takes here, in bytes; its record is shared.
const BYTES_EACH: usize = 64;

/// A process id and the tick in which the process started: start times that come from `/proc` are no
/// more exact than that.
type Identity = (Pid, u64);

/// What fields of one event can read of processes beside the one that acted.
#[derive(Default)]
pub(crate) struct Kin {
    ancestors: HashMap<Identity, Arc<Process>>,
    named: Vec<(Pid, Arc<Process>)>,
}

impl Kin {
    /// The ancestors of the process, the leaders of its session and group, and the processes that the
    /// event's arguments name.
    pub(crate) fn of(
        process: &Process,
        event: Option<&EventView<'_>>,
        processes: &dyn Processes,
    ) -> Self {
        let mut ancestors = HashMap::new();
        let mut next = processes.parent(process);
        while let Some(ancestor) = next.filter(|_| ancestors.len() < ANCESTORS_MAX) {
            // A chain that leads back to itself ends here.
            let known = ancestors.insert(identity(&ancestor.key), Arc::clone(ancestor));
            if known.is_some() {
                break;
            }
            next = processes.parent(ancestor);
        }
        let mut pids = event.map(pids_of).unwrap_or_default();
        pids.push(process.session);
        pids.extend(process.pgid);
        pids.sort_unstable();
        pids.dedup();
        let named = pids
            .into_iter()
            .filter_map(|pid| Some((pid, Arc::clone(processes.by_pid(pid)?))))
            .collect();
        Self { ancestors, named }
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        (self.ancestors.len() + self.named.len()) * BYTES_EACH
    }
}

impl Processes for Kin {
    fn parent(&self, process: &Process) -> Option<&Arc<Process>> {
        self.ancestors.get(&identity(process.parent.as_ref()?))
    }

    fn by_pid(&self, pid: Pid) -> Option<&Arc<Process>> {
        let (_, process) = self.named.iter().find(|(known, _)| *known == pid)?;
        Some(process)
    }
}

const fn identity(key: &ProcessKey) -> Identity {
    (key.pid, key.start_boot_ns.tick())
}

/// The process ids among the arguments of an event: those whose names are asked for when it is printed.
fn pids_of(event: &EventView<'_>) -> Vec<Pid> {
    struct Asked(RefCell<Vec<Pid>>);
    impl NameSource for Asked {
        fn process(&self, pid: u32, _: &mut Vec<u8>) -> bool {
            self.0.borrow_mut().push(Pid(pid));
            false
        }
    }
    let asked = Asked(RefCell::default());
    arguments_text(event, &asked, &mut Vec::new());
    asked.0.into_inner()
}
