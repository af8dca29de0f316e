//! Feeding the first bytes of a connection.

use crate::classification::{Classification, Confidence, Protocol, Reason, SecurityClass};

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A stream.
    Tcp,
    /// Datagrams; each segment is one.
    Udp,
}

/// Who sent the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The client, who opened the connection.
    FromClient,
    /// The server.
    FromServer,
}

/// Bytes of one direction.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Who sent them.
    pub direction: Direction,
    /// How many bytes of this direction came before, also those that were not captured.
    pub offset: u64,
    /// The bytes; they may be fewer than were sent.
    pub bytes: &'a [u8],
    /// How many bytes were sent here, in bytes.
    pub sent_bytes: u32,
}

/// Whether more bytes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More could change the verdict.
    Undecided,
    /// Nothing that comes will change it.
    Decided,
}

/// Looks at one connection.
#[derive(Debug)]
pub struct Inspector {
    transport: Transport,
}

impl Inspector {
    /// A connection to this port of the server; ports only ever add to the confidence.
    #[must_use]
    pub fn new(transport: Transport, server_port: u16) -> Self {
        let _ = server_port;
        Self { transport }
    }

    /// What carries the bytes.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Takes bytes; segments may come twice, overlap or leave gaps.
    pub fn feed(&mut self, segment: Segment<'_>) -> Progress {
        let _ = segment;
        Progress::Undecided
    }

    /// The verdict with what was seen so far.
    #[must_use]
    pub fn classification(&self) -> Classification {
        Classification {
            class: SecurityClass::Opaque,
            confidence: Confidence::Low,
            reason: Reason::NoPayload,
            protocol: Protocol::Unknown,
            tls: None,
            credential_exposed: None,
        }
    }
}
