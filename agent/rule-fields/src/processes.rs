//! The processes around the one that acted.

use saker_process_state::{Pid, Process, ProcessState};
use std::sync::Arc;

/// Finds processes as they were at the time of an event.
///
/// The process table does while the event is the newest one; an event that is looked at later brings
/// what it needs of its own time.
pub trait Processes {
    /// The parent of a process.
    fn parent(&self, process: &Process) -> Option<&Arc<Process>>;

    /// The process that has this pid.
    fn by_pid(&self, pid: Pid) -> Option<&Arc<Process>>;
}

impl Processes for ProcessState {
    fn parent(&self, process: &Process) -> Option<&Arc<Process>> {
        Self::parent(self, process)
    }

    fn by_pid(&self, pid: Pid) -> Option<&Arc<Process>> {
        Self::by_pid(self, pid)
    }
}
