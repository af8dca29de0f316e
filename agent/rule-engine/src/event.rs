//! What the engine asks of an event.

use std::cell::OnceCell;

use saker_event_schema::{EventId, row};
use saker_rule_fields::{
    Enrichment, EventContext, EventName, FieldValue, Fields, FlowEventName, PathView, Payload,
    SYSCALL_SOURCE,
};
use saker_rule_language::FieldRef;

/// What decides which rules are tried on an event, beside its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Reported by the kernel programs: a row of the event table.
    Row(EventId),
    /// Captured by Falco: its name. Such an event has arguments of its own, not those of the row with
    /// this name.
    Captured(EventName),
    /// What happened to a connection, source `flow`.
    Flow(FlowEventName),
    /// Neither is known. Events of the audit log are of this kind; of a system call or a connection
    /// without a kind every rule is tried.
    Unlisted,
}

impl EventKind {
    /// Name of all events of the kind.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Row(id) => row(id).map(|row| row.name),
            Self::Captured(name) => Some(name.as_str()),
            Self::Flow(name) => Some(name.as_str()),
            Self::Unlisted => None,
        }
    }
}

/// An event with typed fields.
///
/// The agent's is [`ContextEvent`]; a test can bring its own.
pub trait Event {
    /// Name of its source.
    fn source(&self) -> &str {
        SYSCALL_SOURCE
    }

    /// Its kind.
    fn kind(&self) -> EventKind;

    /// Whether a rule may see other paths under [`PathView::Resolved`] than under
    /// [`PathView::Requested`].
    fn views_differ(&self) -> bool;

    /// The value of a field under a view of paths.
    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_>;

    /// How much was known of what the fields read so far ask for.
    fn enrichment(&self) -> Enrichment {
        Enrichment::Complete
    }
}

/// An event of the agent under both views of paths. The resolved view is made when it is first needed.
pub struct ContextEvent<'c> {
    fields: &'c Fields,
    requested: &'c EventContext<'c>,
    resolved: OnceCell<EventContext<'c>>,
}

impl<'c> ContextEvent<'c> {
    /// Takes a context in the requested view.
    #[must_use]
    pub fn new(fields: &'c Fields, context: &'c EventContext<'_>) -> Self {
        Self {
            fields,
            requested: context,
            resolved: OnceCell::new(),
        }
    }

    /// The context in a view.
    #[must_use]
    pub fn context(&self, view: PathView) -> &EventContext<'c> {
        match view {
            PathView::Requested => self.requested,
            PathView::Resolved => self
                .resolved
                .get_or_init(|| self.requested.with_path_view(PathView::Resolved)),
        }
    }
}

impl Event for ContextEvent<'_> {
    fn source(&self) -> &str {
        self.requested.source()
    }

    fn kind(&self) -> EventKind {
        match self.requested.payload() {
            Payload::Syscall(event) => EventKind::Row(event.id()),
            Payload::Capture(event) => {
                let name = event.event_name();
                name.map_or(EventKind::Unlisted, EventKind::Captured)
            }
            Payload::Flow(event) => {
                let name = FlowEventName::new(event.kind.name());
                name.map_or(EventKind::Unlisted, EventKind::Flow)
            }
            _ => EventKind::Unlisted,
        }
    }

    fn views_differ(&self) -> bool {
        self.requested.views_differ()
    }

    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_> {
        self.fields
            .extract(field.id, field.argument.as_ref(), self.context(view))
    }

    fn enrichment(&self) -> Enrichment {
        match self.requested.payload() {
            // Nobody is asked about what happened elsewhere.
            Payload::Capture(_) => Enrichment::Complete,
            _ => self.requested.enrichment(),
        }
    }
}
