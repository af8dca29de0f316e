//! Connections from one party to one port of another.

use crate::observation::Transport;
use crate::party::Party;
use crate::tally::Tally;
use saker_flow_inspection::SecurityClass;
use std::collections::BTreeMap;
use std::fmt;

/// From whom to whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeKey {
    /// Who opens connections.
    pub client: Party,
    /// Who accepts them.
    pub server: Party,
    /// Where.
    pub port: u16,
    /// What carries them.
    pub transport: Transport,
}

impl fmt::Display for EdgeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}:{}", self.client, self.server, self.port)?;
        match self.transport {
            Transport::Tcp => Ok(()),
            Transport::Udp => f.write_str("/udp"),
        }
    }
}

/// What the connections were.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The ledger's revision when it last changed.
    pub revision: u64,
    /// By what protected them.
    pub tallies: BTreeMap<SecurityClass, Tally>,
    /// Those that need no protection of their own.
    pub excused: Option<Tally>,
}

impl Edge {
    /// When the last was seen, milliseconds since the epoch.
    #[must_use]
    pub fn last_wall_ms(&self) -> u64 {
        let tallies = self.tallies.values().chain(&self.excused);
        tallies.map(|tally| tally.last_wall_ms).max().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, protection: Option<SecurityClass>, tally: &Tally) {
        match protection {
            None => Tally::add_to(&mut self.excused, tally),
            Some(class) => match self.tallies.get_mut(&class) {
                Some(known) => known.add(tally),
                None => {
                    self.tallies.insert(class, tally.clone());
                }
            },
        }
    }

    /// Forgets classes that were last seen before; whether anything is left.
    pub(crate) fn keep_since(&mut self, since_wall_ms: u64) -> bool {
        let is_kept = |tally: &Tally| tally.last_wall_ms >= since_wall_ms;
        self.tallies.retain(|_, tally| is_kept(tally));
        self.excused = self.excused.take().filter(is_kept);
        !self.tallies.is_empty() || self.excused.is_some()
    }
}
