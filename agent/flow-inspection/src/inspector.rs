//! Feeding the first bytes of a connection.

use crate::capture::{Boundaries, Capture};
use crate::classification::Classification;
use crate::conversation::{Conversation, Wanted};
use crate::verdict::{self, Exchanged, RuledOut, Settled};

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
///
/// While it is undecided it keeps the first 4 KiB that were captured of each direction, so it takes 10 KiB at
/// most, and 20 KiB where they come out of order; once it is decided only the [`Classification`] is left.
#[derive(Debug)]
pub struct Inspector {
    transport: Transport,
    state: State,
}

#[derive(Debug)]
enum State {
    Undecided(Box<Undecided>),
    Decided(Box<Classification>),
}

#[derive(Debug)]
struct Undecided {
    server_port: u16,
    client: Capture,
    server: Capture,
    ruled_out: RuledOut,
}

impl Inspector {
    /// A connection to this port of the server; ports only ever add to the confidence.
    #[must_use]
    pub fn new(transport: Transport, server_port: u16) -> Self {
        let boundaries = match transport {
            Transport::Tcp => Boundaries::Joined,
            Transport::Udp => Boundaries::Kept,
        };
        let undecided = Undecided {
            server_port,
            client: Capture::new(boundaries),
            server: Capture::new(boundaries),
            ruled_out: RuledOut::default(),
        };
        Self {
            transport,
            state: State::Undecided(Box::new(undecided)),
        }
    }

    /// What carries the bytes.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Takes bytes; segments may come twice, overlap or leave gaps.
    pub fn feed(&mut self, segment: Segment<'_>) -> Progress {
        let State::Undecided(undecided) = &mut self.state else {
            return Progress::Decided;
        };
        let capture = match segment.direction {
            Direction::FromClient => &mut undecided.client,
            Direction::FromServer => &mut undecided.server,
        };
        capture.insert(segment.offset, segment.bytes, u64::from(segment.sent_bytes));
        let mut ruled_out = std::mem::take(&mut undecided.ruled_out);
        let verdict = verdict::judge(
            &exchanged(self.transport, undecided, Wanted::Settled),
            &mut ruled_out,
        );
        undecided.ruled_out = ruled_out;
        if verdict.settled == Settled::No {
            return Progress::Undecided;
        }
        self.state = State::Decided(Box::new(verdict.classification));
        Progress::Decided
    }

    /// The verdict with what was seen so far.
    #[must_use]
    pub fn classification(&self) -> Classification {
        match &self.state {
            State::Decided(classification) => (**classification).clone(),
            State::Undecided(undecided) => {
                let exchanged = exchanged(self.transport, undecided, Wanted::Any);
                verdict::judge(&exchanged, &mut undecided.ruled_out.clone()).classification
            }
        }
    }
}

fn exchanged(transport: Transport, undecided: &Undecided, wanted: Wanted) -> Exchanged<'_> {
    Exchanged {
        transport,
        conversation: Conversation {
            client: undecided.client.stream(),
            server: undecided.server.stream(),
            server_port: undecided.server_port,
            wanted,
        },
    }
}
