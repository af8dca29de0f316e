//! What a reader yields.

use super::event::Audience;
use saker_capture_state::{
    DescriptorSnapshot, GroupEntry, Interface, MachineInfo, ThreadSnapshot, UserEntry,
};
use saker_falco_events::Event;

/// What a capture holds, in order.
#[derive(Debug)]
pub enum Record<'a> {
    /// A capture begins: what an earlier one in the same file told of holds no longer.
    SectionStart,
    /// Something that was there when the capture began.
    Snapshot(Box<SnapshotItem>),
    /// All that was there has been told; events follow.
    SnapshotEnd,
    /// An event, in the form in which it was written.
    Event {
        /// Where its block begins in the uncompressed capture.
        offset: u64,
        /// Whom it is for.
        audience: Audience,
        /// The event.
        event: Event<'a>,
    },
}

/// Something that was there when a capture began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotItem {
    /// The host.
    Machine(MachineInfo),
    /// A network interface.
    Interface(Interface),
    /// A user.
    User(UserEntry),
    /// A group.
    Group(GroupEntry),
    /// A thread.
    Thread(ThreadSnapshot),
    /// A descriptor of a thread. Connections have no name: it follows from their ends.
    Descriptor {
        /// Thread whose table lists it.
        tid: i64,
        /// The descriptor.
        snapshot: DescriptorSnapshot,
    },
}
