//! From the forms that events had to the form that they have.
//!
//! A call used to be two events: one when it began, with its arguments, and one when it returned, with
//! the result. Today there is one, at the return, with everything. So enter events are kept until the
//! exit of their call, exit events take the arguments from there, and events whose parameters changed
//! otherwise get what they lack as empty values. What becomes of each form is Falco's decision (its
//! `converter`), since rules see the outcome.

mod draft;
mod rule;
mod rules;

use crate::event::Event;
use crate::event_type::{Direction, EventCode, EventFlags, EventType};
use crate::table::event_type;
use draft::Draft;
use foldhash::fast::RandomState;
use rule::{Action, Rule, Value};
use rules::RULES;
use std::collections::HashMap;

/// Most steps from a form to the next; the longest way has seven.
const STEPS_MAX: usize = 50;

/// Most threads whose enter events are kept, and most bytes of them. When there are more, those that
/// wait are forgotten: their exits miss their arguments, as if the capture had begun between.
const THREADS_MAX: usize = 65_536;
const WAITING_BYTES_MAX: usize = 64 << 20;

/// Most parameters that an event of the table has.
const PARAMETERS_MAX: usize = 32;

/// An event that cannot be brought into the current form. It is to be skipped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    /// It has more parameters than its kind, or a number that no version had.
    #[error("an event '{name}' (code {}) with {parameters} parameters is of no known version", .code.0)]
    Form {
        /// Name of the event.
        name: &'static str,
        /// Its code.
        code: EventCode,
        /// How many parameters it has.
        parameters: usize,
    },
    /// The last enter event of the thread belongs to another call.
    #[error("the exit of '{exit}' follows an enter of '{enter}' of the same thread")]
    Unpaired {
        /// Name of the exit event.
        exit: &'static str,
        /// Name of the enter event.
        enter: &'static str,
    },
}

/// Brings events into their current form, one after the other.
#[derive(Debug)]
pub struct Converter {
    /// For each code and number of parameters the position of its rule, counted from 1.
    index: Vec<u16>,
    waiting: HashMap<i64, Waiting, RandomState>,
    /// Bytes of the events in `waiting`.
    waiting_bytes: usize,
    /// Enter events that were forgotten before their exits came.
    forgotten: u64,
    done: Draft,
    next: Draft,
}

/// The last enter event of a thread.
#[derive(Debug, Default)]
struct Waiting {
    /// Whether its exit is still to come; the buffers stay for the next one.
    is_open: bool,
    event: Draft,
}

/// What is to be done with an event.
enum Verdict {
    Pass,
    Drop,
    Convert,
}

impl Default for Converter {
    fn default() -> Self {
        Self::new()
    }
}

impl Converter {
    /// A converter that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        let mut index = Vec::new();
        for (position, rule) in (1..).zip(RULES) {
            let slot = slot(rule.code, rule.parameters.into());
            if index.len() <= slot {
                index.resize(slot.saturating_add(1), 0);
            }
            if let Some(entry) = index.get_mut(slot) {
                *entry = position;
            }
        }
        Self {
            index,
            waiting: HashMap::default(),
            waiting_bytes: 0,
            forgotten: 0,
            done: Draft::default(),
            next: Draft::default(),
        }
    }

    /// How many enter events were forgotten because too many waited for their exits.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The event in its current form; `None` for one that has none: an enter event, which is kept for
    /// the exit of its call, or a kind that no longer occurs.
    ///
    /// # Errors
    ///
    /// The event cannot be converted.
    pub fn convert<'c>(
        &'c mut self,
        event: Event<'c>,
    ) -> Result<Option<Event<'c>>, ConversionError> {
        match verdict(&event)? {
            Verdict::Pass => return Ok(Some(event)),
            Verdict::Drop => return Ok(None),
            Verdict::Convert => {}
        }
        if !self.step(&event)? {
            return Ok(self.shown(&event));
        }
        for _ in 0..STEPS_MAX {
            std::mem::swap(&mut self.done, &mut self.next);
            let done = std::mem::take(&mut self.done);
            let outcome = self.go_on(&done, event);
            self.done = done;
            match outcome? {
                Verdict::Convert => {}
                Verdict::Drop => return Ok(None),
                Verdict::Pass => return Ok(self.done.event(event.header)),
            }
        }
        Err(form_error(&event))
    }

    /// Judges what the last step made, and takes the next one if there is one to take.
    fn go_on(&mut self, done: &Draft, event: Event<'_>) -> Result<Verdict, ConversionError> {
        let Some(current) = done.event(event.header) else {
            return Err(form_error(&event));
        };
        let verdict = verdict(&current)?;
        if matches!(verdict, Verdict::Convert) && !self.step(&current)? {
            return Ok(match self.shown(&current) {
                Some(_) => Verdict::Pass,
                None => Verdict::Drop,
            });
        }
        Ok(verdict)
    }

    /// Takes one step. `true` when [`Self::next`] holds what became of the event, `false` when the
    /// event itself is all there is.
    fn step(&mut self, event: &Event<'_>) -> Result<bool, ConversionError> {
        let rule = self.rule(event).ok_or_else(|| form_error(event))?;
        match rule.action {
            Action::Pass => {}
            Action::Store | Action::StoreAndPass => self.store(event),
            Action::Add(values) => {
                self.next.copy(event);
                self.fill(event, values)?;
                return Ok(true);
            }
            Action::Become(code, values) => {
                let row = event_type(EventCode(code)).ok_or_else(|| form_error(event))?;
                self.next.begin(row);
                self.fill(event, values)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An event whose rule makes no other of it, if it is shown.
    fn shown<'e>(&self, event: &Event<'e>) -> Option<Event<'e>> {
        let is_kept = self
            .rule(event)
            .is_some_and(|rule| matches!(rule.action, Action::Store));
        (!is_kept).then_some(*event)
    }

    fn rule(&self, event: &Event<'_>) -> Option<&'static Rule> {
        let slot = slot(event.event_type.code.0, event.parameter_count());
        let position = usize::from(*self.index.get(slot)?);
        RULES.get(position.checked_sub(1)?)
    }

    /// Keeps an enter event for the exit of its call.
    fn store(&mut self, event: &Event<'_>) {
        let is_full = self.waiting_bytes >= WAITING_BYTES_MAX
            || self.waiting.len() >= THREADS_MAX && !self.waiting.contains_key(&event.header.tid);
        if is_full {
            self.make_room();
        }
        let waiting = self.waiting.entry(event.header.tid).or_default();
        let bytes = waiting.event.bytes();
        waiting.is_open = true;
        waiting.event.copy(event);
        let grown = waiting.event.bytes().saturating_sub(bytes);
        self.waiting_bytes = self.waiting_bytes.saturating_add(grown);
    }

    /// Forgets the enter events that are used up, or all where that gives not enough room.
    fn make_room(&mut self) {
        self.waiting.retain(|_, waiting| waiting.is_open);
        let bytes = self.waiting.values().map(|waiting| waiting.event.bytes());
        self.waiting_bytes = bytes.fold(0, usize::saturating_add);
        if self.waiting.len() > THREADS_MAX / 2 || self.waiting_bytes > WAITING_BYTES_MAX / 2 {
            let forgotten = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
            self.forgotten = self.forgotten.saturating_add(forgotten);
            self.waiting.clear();
            self.waiting_bytes = 0;
        }
    }

    /// Appends the parameters that a rule names.
    fn fill(&mut self, event: &Event<'_>, values: &[Value]) -> Result<(), ConversionError> {
        let takes_enter = |value: &Value| matches!(value, Value::Enter(_) | Value::EnterOrEmpty(_));
        if !values.iter().any(takes_enter) {
            return fill(&mut self.next, event, None, values);
        }
        let waiting = self.waiting.get_mut(&event.header.tid);
        let Some(waiting) = waiting.filter(|waiting| waiting.is_open) else {
            return fill(&mut self.next, event, None, values);
        };
        let enter = waiting.event.event(event.header);
        if let Some(enter) = &enter {
            pair(event, enter)?;
        }
        fill(&mut self.next, event, enter.as_ref(), values)?;
        waiting.is_open = false;
        Ok(())
    }
}

/// Appends the parameters that a rule names; `enter` is the enter event of the call, where it is known.
fn fill(
    draft: &mut Draft,
    event: &Event<'_>,
    enter: Option<&Event<'_>>,
    values: &[Value],
) -> Result<(), ConversionError> {
    for value in values {
        match (*value, enter) {
            (Value::Old(index), _) => draft.push(parameter(event, index.into())?),
            (Value::OldFrom(first, count), _) => {
                let first = usize::from(first);
                for index in first..first.saturating_add(count.into()) {
                    draft.push(parameter(event, index)?);
                }
            }
            (Value::Enter(index) | Value::EnterOrEmpty(index), Some(enter)) => {
                draft.push(parameter(enter, index.into())?);
            }
            (Value::Enter(_) | Value::Default, _) => draft.push_default(),
            (Value::EnterOrEmpty(_) | Value::Empty, _) => draft.push(&[]),
            (Value::ContainerJson, _) => draft.push(&container_json(event)),
        }
    }
    Ok(())
}

/// What an event needs, by its kind and how many parameters it has.
fn verdict(event: &Event<'_>) -> Result<Verdict, ConversionError> {
    let EventType {
        flags,
        code,
        parameters,
        ..
    } = event.event_type;
    let is_enter = code.direction() == Direction::Enter;
    let is_old = flags.contains(EventFlags::OLD_VERSION);
    if flags.contains(EventFlags::UNUSED) {
        return Ok(Verdict::Drop);
    }
    let count = event.parameter_count();
    if count > parameters.len() {
        return Err(form_error(event));
    }
    Ok(match flags.contains(EventFlags::CONVERTED) {
        false if !is_old => Verdict::Pass,
        false if is_enter => Verdict::Drop,
        false => return Err(form_error(event)),
        true if is_enter || is_old || count != parameters.len() => Verdict::Convert,
        true => Verdict::Pass,
    })
}

/// Where the position of a rule stands in the index.
fn slot(code: u16, parameters: usize) -> usize {
    usize::from(code)
        .saturating_mul(PARAMETERS_MAX)
        .saturating_add(parameters.min(PARAMETERS_MAX.saturating_sub(1)))
}

fn parameter<'e>(event: &Event<'e>, index: usize) -> Result<&'e [u8], ConversionError> {
    event.parameter(index).ok_or_else(|| form_error(event))
}

/// Refuses an enter event of another call.
fn pair(exit: &Event<'_>, enter: &Event<'_>) -> Result<(), ConversionError> {
    if enter.event_type.code.0.checked_add(1) == Some(exit.event_type.code.0) {
        return Ok(());
    }
    Err(ConversionError::Unpaired {
        exit: exit.event_type.name,
        enter: enter.event_type.name,
    })
}

fn form_error(event: &Event<'_>) -> ConversionError {
    ConversionError::Form {
        name: event.event_type.name,
        code: event.event_type.code,
        parameters: event.parameter_count(),
    }
}

/// The parameters `id`, `type`, `name` and `image` as the newer event of a container has them; empty
/// where one is missing.
fn container_json(event: &Event<'_>) -> Vec<u8> {
    if (0..4).any(|index| event.parameter(index).is_none_or(<[u8]>::is_empty)) {
        return Vec::new();
    }
    let text = |index| event.text(index).unwrap_or_default();
    let mut json = Vec::new();
    json.extend_from_slice(b"{\"id\":\"");
    json.extend_from_slice(text(0));
    json.extend_from_slice(b"\",\"type\":");
    json.extend_from_slice(event.unsigned(1).unwrap_or_default().to_string().as_bytes());
    json.extend_from_slice(b",\"name\":\"");
    json.extend_from_slice(text(2));
    json.extend_from_slice(b"\",\"image\":\"");
    json.extend_from_slice(text(3));
    json.extend_from_slice(b"\"}\0");
    json
}

#[cfg(test)]
mod tests;
