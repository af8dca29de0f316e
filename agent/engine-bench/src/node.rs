//! The host on which a stream happens.

use std::collections::HashMap;
use std::path::Path;

use saker_event_decode::{DecodeError, EventView, WallClock};
use saker_process_state::{CgroupId, CgroupResolver, Limits, NoSource, ProcessState, Users};
use saker_rule_fields::{EventContext, Facts, Host, Patience, Payload, Scratch, Surroundings};

use crate::stream::Stream;

/// Wall-clock time at boot, nanoseconds since the epoch.
const BOOT_WALL_NS: i64 = 1_700_000_000_000_000_000;

/// Root of a host without users' names: those of the machine must not take part.
const NO_ROOT: &str = "/nonexistent";

/// Everything that the agent's matcher has beside the rules.
pub struct Node {
    processes: ProcessState,
    host: Host,
    clock: WallClock,
    scratch: Scratch,
    facts: Facts,
    number: u64,
}

impl Node {
    /// A host with the processes that a stream has at this point.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when a record is malformed; those of a [`Stream`] are not.
    pub fn new(stream: &Stream) -> Result<Self, DecodeError> {
        let cgroups = Cgroups::of(stream);
        let mut processes =
            ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(cgroups));
        for record in &stream.processes() {
            processes.apply(&EventView::parse(record)?);
        }
        let users = Users::new(Path::new(NO_ROOT));
        Ok(Self {
            processes,
            host: Host::new("node", users),
            clock: WallClock::new(BOOT_WALL_NS),
            scratch: Scratch::new(),
            facts: Facts::none(),
            number: 0,
        })
    }

    /// The same host, with what is known of its containers and its cluster.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Decodes a record, takes it into the process table and lends it out as rules see it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the record is malformed.
    pub fn take<R>(
        &mut self,
        record: &[u8],
        look: impl FnOnce(&EventContext<'_>) -> R,
    ) -> Result<R, DecodeError> {
        let event = EventView::parse(record)?;
        let process = self.processes.apply(&event);
        self.number += 1;
        let surroundings = Surroundings {
            processes: Some(&self.processes),
            clock: &self.clock,
            host: &self.host,
            scratch: &self.scratch,
        };
        let payload = Payload::Syscall(&event);
        let context = EventContext::new(payload, Some(&process), surroundings, self.number)
            .with_facts(&self.facts, Patience::MayWait);
        Ok(look(&context))
    }
}

/// The cgroups of a stream.
#[derive(Clone, Debug)]
pub struct Cgroups(HashMap<u64, Vec<u8>>);

impl Cgroups {
    /// Those of this stream.
    #[must_use]
    pub fn of(stream: &Stream) -> Self {
        Self(stream.cgroups().clone())
    }
}

impl CgroupResolver for Cgroups {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        self.0.get(&id.0).cloned()
    }
}
