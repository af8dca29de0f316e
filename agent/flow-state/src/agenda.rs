//! What is to be done when time passes.

use crate::flow::FlowId;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Appointments that are left over are removed when they are this many more than twice the flows.
const STALE_MAX: usize = 4_096;

/// Appointments by their time.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    appointments: BinaryHeap<Reverse<Appointment>>,
}

/// One flow, one matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Appointment {
    /// When, nanoseconds since boot.
    pub(crate) due_boot_ns: u64,
    /// Of which flow.
    pub(crate) generation: u64,
    /// Its id.
    pub(crate) id: FlowId,
    /// What is to be done.
    pub(crate) matter: Matter,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Matter {
    /// To classify it with what is known, if nothing was sent for a while.
    QuietVerdict,
    /// To classify it with what is known.
    LastVerdict,
    /// To report it without its owner.
    Owner,
    /// To end it, if nothing went over it since.
    Idle,
}

impl Agenda {
    pub(crate) fn add(&mut self, appointment: Appointment) {
        self.appointments.push(Reverse(appointment));
    }

    /// The next appointment that is due.
    pub(crate) fn take_due(&mut self, now_boot_ns: u64) -> Option<Appointment> {
        let Reverse(first) = self.appointments.peek()?;
        if first.due_boot_ns > now_boot_ns {
            return None;
        }
        self.appointments.pop().map(|Reverse(first)| first)
    }

    /// Keeps memory in proportion to the flows: most of those that end do so before they are due.
    pub(crate) fn compact(&mut self, flows: usize, is_current: impl Fn(&Appointment) -> bool) {
        if self.appointments.len() > flows.saturating_mul(4).saturating_add(STALE_MAX) {
            self.appointments.retain(|Reverse(it)| is_current(it));
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.appointments.len()
    }
}
