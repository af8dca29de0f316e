//! Why bytes are not a record, and why a record cannot be built.

use saker_event_schema::EventId;

/// Why bytes are not a valid record. The caller counts the record and skips it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not even the fixed head is there.
    #[error("record of {length} bytes is shorter than the {expected} bytes of its head")]
    HeaderTooShort {
        /// Bytes that are there.
        length: usize,
        /// Bytes of the head.
        expected: usize,
    },
    /// The record says that it is longer than what is there.
    #[error("record claims {claimed} bytes, {length} are there")]
    Cut {
        /// Length that the header states.
        claimed: u32,
        /// Bytes that are there.
        length: usize,
    },
    /// The event table has no such row.
    #[error("unknown event id {id}")]
    UnknownEvent {
        /// Id that the header states.
        id: u16,
    },
    /// The stated length leaves no room for the slots of the row.
    #[error("record of {event} claims {claimed} bytes, its slots need {expected}")]
    SlotsTooShort {
        /// Name of the row.
        event: &'static str,
        /// Length that the header states.
        claimed: u32,
        /// Bytes of head and slots.
        expected: usize,
    },
    /// The data of an argument lie outside the record's data.
    #[error("{event}.{argument}: {length} bytes at offset {offset} lie outside the record")]
    DataOutside {
        /// Name of the row.
        event: &'static str,
        /// Name of the argument.
        argument: &'static str,
        /// Offset from the start of the record.
        offset: u32,
        /// Length in bytes.
        length: u16,
    },
    /// A socket argument is shorter than the fixed part of a socket.
    #[error("{event}.{argument}: a socket of {length} bytes")]
    SocketTooShort {
        /// Name of the row.
        event: &'static str,
        /// Name of the argument.
        argument: &'static str,
        /// Length in bytes.
        length: u16,
    },
}

/// Why a record cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The event table has no such row.
    #[error("unknown event id {}", .0.get())]
    UnknownEvent(EventId),
    /// The row has no such argument.
    #[error("{event} has no argument with this name; see the event table")]
    UnknownArgument {
        /// Name of the row.
        event: &'static str,
    },
    /// The value is not of the argument's kind.
    #[error("{event}.{argument} takes {expected}")]
    WrongKind {
        /// Name of the row.
        event: &'static str,
        /// Name of the argument.
        argument: &'static str,
        /// Kind of the argument.
        expected: &'static str,
    },
    /// The record, or the data of one argument, is longer than the wire format allows.
    #[error("{event} does not fit into a record")]
    TooLong {
        /// Name of the row.
        event: &'static str,
    },
}
