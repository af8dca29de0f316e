//! The host of Falco's unit tests, and the event on it that a case is about.
//!
//! [`World`] runs statements: they add threads and events, as the tests of libsinsp do with their
//! test harness. [`Stage`] makes of it what the agent would have: the process table, the record
//! of the event and, where the agent has no such thing, Falco's parameters.

mod calls;
mod constants;
mod descriptors;
mod event_table;
mod foreign;
mod functions;
mod interpreter;
mod parameters;
mod record;
mod settings;
mod stage;
mod threads;
mod value;

use std::collections::BTreeMap;

pub(crate) use event_table::EventTable;
pub(crate) use settings::{TemplateFields, output_of};
pub(crate) use stage::{Stage, StagedEvent};

use descriptors::Descriptors;
use event_table::EventKind;
use threads::{Thread, init_thread};
use value::Value;

/// Time between two events, nanoseconds.
const STEP_NS: u64 = 10_000_000;

/// One event as a test made it.
#[derive(Clone, Debug)]
pub(crate) struct FalcoEvent {
    pub(crate) kind: EventKind,
    pub(crate) tid: i64,
    /// In Falco's order, by name.
    pub(crate) parameters: Vec<(String, Value)>,
    /// When it happened, nanoseconds since boot.
    pub(crate) time_ns: u64,
}

impl FalcoEvent {
    /// A parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Value> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// What the call returned, if the event says so.
    pub(crate) fn result(&self) -> Option<i64> {
        let (name, value) = self.parameters.first()?;
        let returns = matches!(name.as_str(), "res" | "fd");
        returns.then(|| value.signed()).flatten()
    }
}

/// The host.
#[derive(Debug)]
pub(crate) struct World<'t> {
    table: &'t EventTable,
    variables: BTreeMap<String, Value>,
    /// By thread id.
    pub(crate) threads: BTreeMap<i64, Thread>,
    pub(crate) descriptors: Descriptors,
    /// In order; the last is the one that a case is about.
    pub(crate) events: Vec<FalcoEvent>,
    clock_ns: u64,
    /// Which fields of a template the test looks at.
    pub(crate) template_fields: TemplateFields,
}

impl<'t> World<'t> {
    /// A host with its first process and nothing else.
    fn new(table: &'t EventTable) -> Self {
        let init = init_thread();
        let mut descriptors = Descriptors::default();
        descriptors.open_file(init.pid, 0, b"/dev/null");
        Self {
            table,
            variables: BTreeMap::new(),
            threads: BTreeMap::from([(init.tid, init)]),
            descriptors,
            events: Vec::new(),
            clock_ns: 0,
            template_fields: TemplateFields::All,
        }
    }

    /// The host after a test's preparations and a statement.
    ///
    /// `test` is the name of the test, which says what the test had done before; `statement` is the
    /// text of the case, C++ or a description in words.
    pub(crate) fn after(
        table: &'t EventTable,
        test: &str,
        statement: &str,
    ) -> Result<Self, String> {
        let setting = settings::of(test)?;
        let mut world = Self::new(table);
        world.template_fields = setting.fields;
        world.run(&setting.before)?;
        let event = match setting.event {
            Some(event) => event,
            None => settings::statement_of(statement)?,
        };
        let events_before = world.events.len();
        world.run(&event)?;
        if world.events.len() == events_before {
            return Err(format!("no event is made by: {event}"));
        }
        Ok(world)
    }

    /// The time of the next event.
    fn tick(&mut self) -> u64 {
        self.clock_ns = self.clock_ns.saturating_add(STEP_NS);
        self.clock_ns
    }

    /// The process that a thread belongs to.
    pub(crate) fn pid_of(&self, tid: i64) -> i64 {
        self.threads.get(&tid).map_or(tid, |thread| thread.pid)
    }
}
