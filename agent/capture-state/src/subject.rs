//! Who and what one event is about.

use crate::descriptor::Descriptor;
use crate::thread::Thread;
use std::sync::Arc;

/// What the machine knows about one event. Cheap to make and to keep: shared records and numbers.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The thread that acted, as it is after the event; `None` where Falco has no record, so that no
    /// field of the thread or of its process has a value. A thread of which only the number is known
    /// has a record that [is invalid](Thread::is_invalid): name `<NA>`, process -1.
    pub thread: Option<Arc<Thread>>,
    /// `fd.num`: of events that make, use or close a descriptor; -1 where the call named none.
    pub fd_number: Option<i64>,
    /// What `fd.*` read.
    pub descriptor: Option<Arc<Descriptor>>,
    /// Whether the event changed the name of the descriptor, as `fd.name_changed` has it.
    pub has_name_changed: bool,
    /// Error of the call, positive; 0 when it succeeded or nothing tells.
    pub errno: i32,
}
