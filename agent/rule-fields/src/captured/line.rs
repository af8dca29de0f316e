//! The line of threads above a thread.

use saker_capture_state::{Machine, Thread};

/// The thread that cloned a thread, the one that cloned that one, and so on.
///
/// Captures may tell of lines that lead back to themselves. As in Falco such a line ends where a walker
/// of twice the speed comes round, and before a thread that is its own parent.
pub(crate) struct Line<'a> {
    machine: &'a Machine,
    next: Option<&'a Thread>,
    scout: Option<&'a Thread>,
}

impl<'a> Line<'a> {
    pub(super) fn above(machine: &'a Machine, thread: &Thread) -> Self {
        let next = parent(machine, thread);
        let scout = next.and_then(|next| parent(machine, next));
        Self {
            machine,
            next,
            scout,
        }
    }

    /// The thread above, unless the line leads back.
    fn above_of(&mut self, thread: &Thread) -> Option<&'a Thread> {
        let above = parent(self.machine, thread)?;
        for _ in 0..2 {
            self.scout = self.scout.and_then(|scout| parent(self.machine, scout));
            let is_met = self.scout.is_some_and(|scout| scout.tid == above.tid);
            if is_met || above.tid == above.ptid {
                return None;
            }
        }
        Some(above)
    }
}

impl<'a> Iterator for Line<'a> {
    type Item = &'a Thread;

    fn next(&mut self) -> Option<&'a Thread> {
        let thread = self.next.take().filter(|thread| thread.tid != -1)?;
        self.next = self.above_of(thread);
        Some(thread)
    }
}

fn parent<'a>(machine: &'a Machine, thread: &Thread) -> Option<&'a Thread> {
    machine.parent(thread).map(|parent| &**parent)
}
