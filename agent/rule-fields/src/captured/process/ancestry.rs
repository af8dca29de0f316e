//! The process's parent, its ancestors, and whom it belongs to.

use super::{Argument, Value, append_arguments, arguments, with};
use crate::captured::CapturedEvent;
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::Thread;
use saker_rule_language::FieldArgument;

/// Whom a thread belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leader {
    /// The leader of its session.
    Session,
    /// The leader of its process group.
    Group,
    /// The leader of its process group, numbered in its own pid namespace.
    NamespacedGroup,
}

impl Leader {
    const fn number(self, thread: &Thread) -> i64 {
        match self {
            Self::Session => thread.sid,
            Self::Group => thread.pgid,
            Self::NamespacedGroup => thread.vpgid,
        }
    }
}

impl<'a> CapturedEvent<'a> {
    /// The thread that a number names, or, where it may be of another pid namespace, the oldest
    /// ancestor in one line with the same number.
    fn leader(&self, thread: &'a Thread, leader: Leader) -> Option<&'a Thread> {
        let number = leader.number(thread);
        if number == -1 {
            return None;
        }
        if (leader == Leader::Group || !thread.is_in_pid_namespace())
            && let Some(found) = self.machine.thread(number)
        {
            return Some(found);
        }
        let line = self.line_above(thread);
        line.take_while(|ancestor| leader.number(ancestor) == number)
            .last()
    }
}

/// A text of the parent.
pub(crate) fn of_parent<'c>(
    context: &EventContext<'c>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    let parent = context.captured().and_then(|captured| captured.ancestor(1));
    FieldValue::from_option(parent.and_then(value))
}

/// A value of the thread that cloned the one that acted, be it the first of its process or not.
pub(crate) fn of_cloner<'c>(
    context: &EventContext<'c>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    with(context, |captured, thread| {
        value(captured.machine.parent(thread)?)
    })
}

/// A value of the ancestor at a level, or those of all.
pub(crate) fn level_or_all<'c>(
    context: &EventContext<'c>,
    argument: Argument<'_>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    if argument.is_some() {
        return at_level(context, argument, value);
    }
    let ancestors = context.captured().into_iter();
    let ancestors = ancestors.flat_map(CapturedEvent::ancestors);
    FieldValue::list(ancestors.filter_map(value).collect())
}

/// A value of the ancestor at a level.
fn at_level<'c>(
    context: &EventContext<'c>,
    argument: Argument<'_>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    let level = match argument {
        Some(FieldArgument::Index(level)) => *level,
        Some(FieldArgument::Key(_)) | None => return FieldValue::Missing,
    };
    let ancestor = context.captured().and_then(|event| event.ancestor(level));
    FieldValue::from_option(ancestor.and_then(value))
}

/// The value of `proc.aargs`, which shows those of all ancestors joined by blanks.
pub(crate) fn ancestor_arguments<'c>(
    context: &'c EventContext<'_>,
    argument: Argument<'_>,
) -> Value<'c> {
    if argument.is_some() {
        return at_level(context, argument, arguments);
    }
    let mut text = Vec::new();
    let ancestors = context.captured().into_iter();
    for ancestor in ancestors.flat_map(CapturedEvent::ancestors) {
        if !text.is_empty() {
            text.push(b' ');
        }
        append_arguments(ancestor, &mut text);
    }
    match text.is_empty() {
        true => FieldValue::Missing,
        false => FieldValue::owned(text),
    }
}

/// A text of whom the thread belongs to; empty where nobody is known.
pub(crate) fn of_leader<'c>(
    context: &EventContext<'c>,
    leader: Leader,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    with(context, |captured, thread| {
        let value = captured.leader(thread, leader).and_then(value);
        Some(value.unwrap_or(FieldValue::text(b"")))
    })
}

pub(crate) fn login_shell<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let main = captured.main_thread(thread)?;
        let line = std::iter::once(main).chain(captured.ancestors());
        let shell = line.filter(|thread| thread.name.ends_with(b"sh")).last()?;
        Some(FieldValue::Int(shell.pid))
    })
}
