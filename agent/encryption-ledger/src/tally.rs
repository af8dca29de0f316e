//! How many connections of one kind there were.

use std::collections::BTreeSet;

/// Most protocols that are kept of one tally; further ones are not.
pub const PROTOCOLS_MAX: usize = 8;

/// What one end saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// Connections.
    pub connections: u64,
    /// Payload bytes in both directions.
    pub bytes: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.connections = self.connections.saturating_add(other.connections);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Connections of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// When the first was opened, milliseconds since the epoch.
    pub first_wall_ms: u64,
    /// When the last was seen, milliseconds since the epoch.
    pub last_wall_ms: u64,
    /// What the client's end saw.
    pub client_end: Count,
    /// What the server's end saw.
    pub server_end: Count,
    /// Protocols that were recognised.
    pub protocols: BTreeSet<Box<str>>,
}

impl Tally {
    /// How many there were. A connection that both ends saw counts once.
    #[must_use]
    pub fn connections(&self) -> u64 {
        let (client, server) = (self.client_end.connections, self.server_end.connections);
        client.max(server)
    }

    /// Payload bytes in both directions. A connection that both ends saw counts once.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.client_end.bytes.max(self.server_end.bytes)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.first_wall_ms = self.first_wall_ms.min(other.first_wall_ms);
        self.last_wall_ms = self.last_wall_ms.max(other.last_wall_ms);
        self.client_end.add(other.client_end);
        self.server_end.add(other.server_end);
        for protocol in &other.protocols {
            if self.protocols.len() >= PROTOCOLS_MAX {
                break;
            }
            self.protocols.insert(protocol.clone());
        }
    }

    /// Adds to what may be none yet.
    pub(crate) fn add_to(slot: &mut Option<Self>, other: &Self) {
        match slot {
            Some(tally) => tally.add(other),
            None => *slot = Some(other.clone()),
        }
    }
}
