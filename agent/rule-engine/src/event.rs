//! What the engine asks of an event.

use std::cell::OnceCell;

use saker_event_schema::EventId;
use saker_rule_fields::{EventContext, FieldValue, Fields, PathView, Payload, SYSCALL_SOURCE};
use saker_rule_language::FieldRef;

/// An event with typed fields.
///
/// The agent's is [`ContextEvent`]; a test can bring its own.
pub trait Event {
    /// Name of its source.
    fn source(&self) -> &str {
        SYSCALL_SOURCE
    }

    /// Its row of the event table. Events of other sources than system calls have none; a system call
    /// from a capture that the table does not have may say an id that no row has.
    fn id(&self) -> EventId;

    /// Whether a rule may see other paths under [`PathView::Resolved`] than under
    /// [`PathView::Requested`].
    fn views_differ(&self) -> bool;

    /// The value of a field under a view of paths.
    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_>;
}

/// An event of the agent under both views of paths. The resolved view is made when it is first needed.
pub struct ContextEvent<'c, 'a> {
    fields: &'c Fields,
    requested: &'c EventContext<'a>,
    resolved: OnceCell<EventContext<'a>>,
}

impl<'c, 'a> ContextEvent<'c, 'a> {
    /// Takes a context in the requested view.
    #[must_use]
    pub fn new(fields: &'c Fields, context: &'c EventContext<'a>) -> Self {
        Self {
            fields,
            requested: context,
            resolved: OnceCell::new(),
        }
    }

    /// The context in a view.
    #[must_use]
    pub fn context(&self, view: PathView) -> &EventContext<'a> {
        match view {
            PathView::Requested => self.requested,
            PathView::Resolved => self
                .resolved
                .get_or_init(|| self.requested.with_path_view(PathView::Resolved)),
        }
    }
}

impl Event for ContextEvent<'_, '_> {
    fn source(&self) -> &str {
        self.requested.source()
    }

    fn id(&self) -> EventId {
        match self.requested.payload() {
            Payload::Syscall(event) => event.id(),
            // Events of other sources are not of the event table.
            _ => EventId::new(0),
        }
    }

    fn views_differ(&self) -> bool {
        self.requested.views_differ()
    }

    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_> {
        self.fields
            .extract(field.id, field.argument.as_ref(), self.context(view))
    }
}
