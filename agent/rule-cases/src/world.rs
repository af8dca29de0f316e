//! Records played on a process table, ready to be looked at any number of times.

use std::path::Path;
use std::sync::Arc;

use saker_event_decode::{DecodeError, EventView, WallClock};
use saker_process_state::{CgroupResolver, Limits, NoSource, Process, ProcessState, Users};
use saker_rule_fields::{
    EventContext, Facts, Fields, Host, Patience, Payload, RegoPolicies, Scratch, Surroundings,
};

/// A fixed time, so that outputs do not depend on when they are made.
pub(crate) const BOOT_WALL_NS: i64 = 1_700_000_000_000_000_000;

/// A host without users of its own, at a fixed time.
#[derive(Debug)]
pub struct Stage {
    fields: Fields,
    host: Host,
    clock: WallClock,
    scratch: Scratch,
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage {
    /// The host.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fields: Fields::new(),
            host: Host::new("test", Users::new(Path::new("/nonexistent"))),
            clock: WallClock::new(BOOT_WALL_NS),
            scratch: Scratch::new(),
        }
    }

    /// The fields that events have.
    #[must_use]
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Its name.
    #[must_use]
    pub fn hostname(&self) -> &str {
        &self.host.hostname
    }
}

/// Records in their order, each with the process that acted as it was then. The table of processes is as
/// it is after the last.
pub struct World {
    processes: ProcessState,
    moments: Vec<Moment>,
    facts: Facts,
}

/// One record and who acted.
#[derive(Debug)]
pub struct Moment {
    record: Vec<u8>,
    process: Arc<Process>,
}

impl World {
    /// Plays records, in the order of their times, on an empty process table. `before` only makes the
    /// processes that are there.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for a record that the agent would count as malformed.
    pub fn play(
        cgroups: impl CgroupResolver + Send + 'static,
        before: &[Vec<u8>],
        records: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Self, DecodeError> {
        let mut processes =
            ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(cgroups));
        for record in before {
            processes.apply(&EventView::parse(record)?);
        }
        let mut moments = Vec::new();
        for record in records {
            let process = processes.apply(&EventView::parse(&record)?);
            moments.push(Moment { record, process });
        }
        Ok(Self {
            processes,
            moments,
            facts: Facts::none(),
        })
    }

    /// A world without processes and records.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            processes: ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(NoSource)),
            moments: Vec::new(),
            facts: Facts::none(),
        }
    }

    /// The same world, with somebody who is asked about containers and pods. Nobody is waited for.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// The same world, with policies in Rego in force.
    #[must_use]
    pub fn under(self, policies: Option<&Arc<RegoPolicies>>) -> Self {
        if let Some(policies) = policies {
            self.facts.rego.install(Some(Arc::clone(policies)));
        }
        self
    }

    /// The records that were played, without those that only made processes.
    #[must_use]
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The context in which rules see an event that a process of this world caused.
    #[must_use]
    pub fn context<'a>(
        &'a self,
        stage: &'a Stage,
        payload: Payload<'a>,
        process: Option<&'a Process>,
    ) -> EventContext<'a> {
        let surroundings = Surroundings {
            processes: Some(&self.processes),
            clock: &stage.clock,
            host: &stage.host,
            scratch: &stage.scratch,
        };
        EventContext::new(payload, process, surroundings, 1)
            .with_facts(&self.facts, Patience::Ended)
    }
}

impl Moment {
    /// The process that acted, as it was then.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The record, decoded.
    ///
    /// # Errors
    ///
    /// None for a moment of a [`World`], which has decoded it before.
    pub fn event(&self) -> Result<EventView<'_>, DecodeError> {
        EventView::parse(&self.record)
    }
}
