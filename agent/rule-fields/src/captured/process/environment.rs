//! The environment of a process and of its ancestors.

use super::{Argument, Value, with};
use crate::captured::CapturedEvent;
use crate::context::{ANCESTORS_MAX, EventContext};
use crate::value::FieldValue;
use saker_capture_state::Thread;
use saker_process_state::StringVector;
use saker_rule_language::FieldArgument;

/// Most ancestors whose environment is looked at.
const INHERITED_MAX: usize = 20;

/// The environment of a thread's process.
fn environment_of<'a>(
    captured: &CapturedEvent<'a>,
    thread: &'a Thread,
) -> impl Iterator<Item = &'a [u8]> {
    let main = captured.main_thread(thread).unwrap_or(thread);
    let environment = main.process.image.environment.iter();
    environment.flat_map(StringVector::iter)
}

fn whole_environment<'a>(captured: &CapturedEvent<'a>, thread: &'a Thread) -> Value<'a> {
    let entries: Vec<&[u8]> = environment_of(captured, thread).collect();
    FieldValue::owned(entries.join(&b' '))
}

/// The value of a variable without blanks around it; empty where it is not set. As in Falco an empty
/// entry hides no later one.
fn variable<'a>(captured: &CapturedEvent<'a>, thread: &'a Thread, name: &str) -> &'a [u8] {
    let values = environment_of(captured, thread).filter_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        (!value.is_empty()).then_some(value)
    });
    let value = values.into_iter().next().unwrap_or_default();
    let is_text = |byte: &u8| *byte != b' ';
    let end = value.iter().rposition(is_text);
    match (value.iter().position(is_text), end) {
        (Some(start), Some(end)) => value.get(start..=end).unwrap_or_default(),
        _ => b"",
    }
}

pub(crate) fn environment<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        Some(match argument {
            Some(FieldArgument::Key(name)) => FieldValue::text(variable(captured, thread, name)),
            _ => whole_environment(captured, thread),
        })
    })
}

pub(crate) fn inherited_environment<'c>(
    context: &'c EventContext<'_>,
    argument: Argument<'_>,
) -> Value<'c> {
    with(context, |captured, thread| match argument {
        Some(FieldArgument::Key(name)) => {
            let main = captured.main_thread(thread);
            let ancestors = main.into_iter().flat_map(|main| parents(captured, main));
            let ancestors = ancestors.take(INHERITED_MAX);
            let mut values = ancestors.map(|ancestor| variable(captured, ancestor, name));
            let value = values.find(|value| !value.is_empty());
            Some(FieldValue::text(value.unwrap_or_default()))
        }
        Some(FieldArgument::Index(1..)) if captured.main_thread(thread).is_none() => {
            Some(FieldValue::text(b""))
        }
        Some(FieldArgument::Index(level @ 1..)) => {
            let above = usize::try_from(level.saturating_sub(1)).ok()?;
            let ancestor = parents(captured, captured.main_thread(thread)?).nth(above)?;
            Some(whole_environment(captured, ancestor))
        }
        _ => Some(whole_environment(captured, thread)),
    })
}

/// The threads above a thread, wherever they lead.
fn parents<'a>(
    captured: &CapturedEvent<'a>,
    thread: &'a Thread,
) -> impl Iterator<Item = &'a Thread> + use<'a> {
    let machine = captured.machine;
    let above = move |thread: &&'a Thread| machine.parent(thread).map(|parent| &**parent);
    std::iter::successors(above(&thread), above).take(ANCESTORS_MAX)
}
