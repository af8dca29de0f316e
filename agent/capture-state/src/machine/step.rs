//! What one event is about, from before it changes anything to after it did.

use super::record::Record;
use super::table::Slot;
use super::{Machine, code, parameter};
use crate::descriptor::Descriptor;
use crate::subject::Subject;
use crate::thread::clone_flag;
use saker_falco_events::{Class, Direction, Event, EventFlags};
use std::sync::Arc;

/// One event while it is looked at.
#[derive(Debug)]
pub(super) struct Step {
    /// The thread that the event names.
    pub(super) tid: i64,
    /// Whether the table has a record of that thread and the event may use it.
    pub(super) has_thread: bool,
    /// The descriptor that the event is about.
    pub(super) descriptor: Option<Used>,
    /// Error of the call, positive.
    errno: i32,
}

/// A descriptor that an event is about.
#[derive(Debug)]
pub(super) struct Used {
    /// Its number in the table of the thread.
    pub(super) number: i64,
    /// What it was before.
    before: Before,
}

#[derive(Debug)]
pub(super) enum Before {
    /// There was none, and it had no name.
    Nothing,
    /// This.
    Known(Arc<Descriptor>),
}

/// What a call returned; `None` for events that are no exits of calls.
pub(super) fn result(event: &Event<'_>) -> Option<i64> {
    let event_type = event.event_type;
    let returns = event_type.class == Class::Syscall
        && event_type.code.direction() == Direction::Exit
        && event_type.code.0 != code::GENERIC;
    if !returns {
        return None;
    }
    Some(match *event.parameter(0)? {
        [a, b, c, d] => i32::from_le_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    })
}

/// What a call returned, if it did not fail.
pub(super) fn success(event: &Event<'_>) -> Option<i64> {
    result(event).filter(|result| *result >= 0)
}

impl Machine {
    /// Finds the thread and the descriptor of an event, before it changes anything.
    pub(super) fn begin(&mut self, event: &Event<'_>) -> Step {
        let mut step = Step {
            tid: event.header.tid,
            has_thread: false,
            descriptor: None,
            errno: 0,
        };
        let event_type = event.event_type;
        let code = event_type.code.0;
        if event_type.flags.contains(EventFlags::KEEPS_PENDING) {
            step.has_thread = code == code::PROCINFO && self.is_known(step.tid);
            return step;
        }
        if is_without_thread(code) {
            return step;
        }
        // An event of a thread that begins or ends says nothing of what the thread was.
        let may_be_new = !matches!(
            code,
            code::CLONE
                | code::CLONE3
                | code::FORK
                | code::VFORK
                | code::SCHEDSWITCH
                | code::PROCEXIT
        );
        step.has_thread = if may_be_new {
            self.ensure_thread(step.tid)
        } else {
            self.is_known(step.tid)
        };
        if code == code::SCHEDSWITCH {
            return step;
        }
        let Some(record) = self.threads.records.get_mut(&step.tid) else {
            return step;
        };
        if may_be_new && record.thread.flags & clone_flag::ACTIVE == 0 {
            record.thread_mut().flags |= clone_flag::ACTIVE;
        }
        let uses_descriptor = event_type.flags.contains(EventFlags::USES_FD);
        match event_type.code.direction() {
            Direction::Enter => begin_enter(record, event, uses_descriptor),
            Direction::Exit => {
                begin_exit(record, event, uses_descriptor);
                if let Some(result) = result(event).filter(|result| *result < 0) {
                    step.errno = i32::try_from(result.saturating_neg()).unwrap_or(i32::MAX);
                }
            }
        }
        if uses_descriptor {
            let number = record.last_fd;
            step.descriptor = self.used(step.tid, number);
        }
        step
    }

    fn is_known(&self, tid: i64) -> bool {
        self.threads.records.contains_key(&tid)
    }

    /// The descriptor of a thread that has this number.
    pub(super) fn used(&self, tid: i64, number: i64) -> Option<Used> {
        let slot = self.slot(tid, number)?;
        Some(Used {
            number,
            before: Before::Known(Arc::clone(&slot.descriptor)),
        })
    }

    /// What a number refers to for a thread.
    pub(super) fn slot(&self, tid: i64, number: i64) -> Option<&Slot> {
        if number < 0 {
            return None;
        }
        let owner = self.threads.table_owner(tid)?;
        self.threads.records.get(&owner)?.descriptors.get(number)
    }

    /// The record of the event's thread.
    pub(super) fn record(&self, step: &Step) -> Option<&Record> {
        let record = self.threads.records.get(&step.tid);
        record.filter(|_| step.has_thread)
    }

    /// As [`Self::record`], to be changed.
    pub(super) fn record_mut(&mut self, step: &Step) -> Option<&mut Record> {
        let record = self.threads.records.get_mut(&step.tid);
        record.filter(|_| step.has_thread)
    }

    /// The descriptor of the event.
    pub(super) fn used_slot(&self, step: &Step) -> Option<&Slot> {
        let number = step.descriptor.as_ref()?.number;
        let owner = self.threads.table_owner(step.tid)?;
        self.threads.records.get(&owner)?.descriptors.get(number)
    }

    /// As [`Self::used_slot`], to be changed.
    pub(super) fn used_slot_mut(&mut self, step: &Step) -> Option<&mut Slot> {
        let number = step.descriptor.as_ref()?.number;
        let owner = self.threads.table_owner(step.tid)?;
        let record = self.threads.records.get_mut(&owner)?;
        record.descriptors.get_mut(number)
    }

    /// Puts a new descriptor into the table of the event's thread and makes it the event's.
    pub(super) fn open(&mut self, step: &mut Step, number: i64, slot: Slot) {
        step.descriptor = self.put(step, number, slot).then_some(Used {
            number,
            before: Before::Nothing,
        });
    }

    /// Makes a number refer to what another one does, as the event's descriptor.
    pub(super) fn duplicate(&mut self, step: &mut Step, number: i64, slot: Slot) {
        let before = Before::Known(Arc::clone(&slot.descriptor));
        let is_kept = self.put(step, number, slot);
        step.descriptor = is_kept.then_some(Used { number, before });
    }

    /// Puts a descriptor into the table of the event's thread; `false` when there is no room.
    pub(super) fn put(&mut self, step: &Step, number: i64, slot: Slot) -> bool {
        if !step.has_thread {
            return false;
        }
        let Some(owner) = self.threads.table_owner(step.tid) else {
            return false;
        };
        let is_kept = self.put_into(owner, number, slot);
        if let Some(record) = self.record_mut(step) {
            record.last_fd = number;
        }
        is_kept
    }

    /// Puts a descriptor into a table; `false` when there is no room.
    pub(super) fn put_into(&mut self, owner: i64, number: i64, mut slot: Slot) -> bool {
        let has_room = self.threads.descriptors < self.limits.descriptors;
        let limit = self.limits.descriptors_per_process;
        let Some(record) = self.threads.records.get(&owner) else {
            return false;
        };
        let table = &record.descriptors;
        if table.get(number).is_none() && !(has_room && table.len() < limit) {
            self.stats.descriptors_dropped = self.stats.descriptors_dropped.saturating_add(1);
            return false;
        }
        self.bound_names(&mut slot);
        let record = self.threads.records.get_mut(&owner);
        if record.is_some_and(|record| record.descriptors.insert(number, slot)) {
            self.threads.descriptors = self.threads.descriptors.saturating_add(1);
        }
        true
    }

    /// Forgets descriptors of the event's thread.
    pub(super) fn close_where(&mut self, step: &Step, goes: impl Fn(i64, &Descriptor) -> bool) {
        let owner = self.threads.table_owner(step.tid);
        let Some(record) = owner.and_then(|owner| self.threads.records.get_mut(&owner)) else {
            return;
        };
        let gone = record.descriptors.remove_where(goes);
        self.threads.descriptors = self.threads.descriptors.saturating_sub(gone);
    }

    /// Forgets a descriptor of a thread.
    pub(super) fn close(&mut self, tid: i64, number: i64) {
        let owner = self.threads.table_owner(tid);
        let Some(record) = owner.and_then(|owner| self.threads.records.get_mut(&owner)) else {
            return;
        };
        if record.descriptors.remove(number) {
            self.threads.descriptors = self.threads.descriptors.saturating_sub(1);
        }
    }

    /// Bounds the name that the event gave its descriptor.
    fn bound_new_name(&mut self, step: &Step) {
        let Some(mut slot) = self.used_slot(step).cloned() else {
            return;
        };
        self.bound_names(&mut slot);
        let is_bounded = |known: &Slot| !Arc::ptr_eq(&known.descriptor, &slot.descriptor);
        if self.used_slot(step).is_some_and(is_bounded)
            && let Some(known) = self.used_slot_mut(step)
        {
            *known = slot;
        }
    }

    /// What is told of the event, after it changed what it changes.
    pub(super) fn finish(&mut self, event: &Event<'_>, step: Step) -> Subject {
        let event_type = event.event_type;
        // Fields read the thread even of events that are about none.
        let Some(record) = self.threads.records.get_mut(&step.tid) else {
            return Subject {
                errno: step.errno,
                ..Subject::default()
            };
        };
        if step.has_thread && event_type.code.direction() == Direction::Exit {
            let before = record.enter_bytes();
            record.forget_enter();
            let freed = before.saturating_sub(record.enter_bytes());
            self.threads.enter_bytes = self.threads.enter_bytes.saturating_sub(freed);
        }
        let last_fd = record.last_fd;
        let mut subject = Subject {
            thread: Some(Arc::clone(&record.thread)),
            fd_number: None,
            descriptor: None,
            has_name_changed: false,
            errno: step.errno,
        };
        let flags = event_type.flags;
        let is_about_descriptor = flags.contains(EventFlags::CREATES_FD)
            || flags.contains(EventFlags::USES_FD)
            || flags.contains(EventFlags::DESTROYS_FD);
        if !is_about_descriptor {
            return subject;
        }
        subject.fd_number = Some(last_fd);
        let current = self.used_slot(&step).map(|slot| &slot.descriptor);
        match step.descriptor.as_ref().map(|used| &used.before) {
            Some(Before::Known(before)) => {
                let current = current.unwrap_or(before);
                let is_same = Arc::ptr_eq(current, before) || current.name == before.name;
                subject.has_name_changed = !is_same;
                subject.descriptor = Some(Arc::clone(current));
                if !is_same {
                    self.bound_new_name(&step);
                }
            }
            Some(Before::Nothing) => {
                subject.has_name_changed = current.is_some_and(|current| !current.name.is_empty());
                subject.descriptor = current.cloned();
            }
            None => {
                let slot = self.slot(step.tid, last_fd);
                subject.descriptor = slot.map(|slot| Arc::clone(&slot.descriptor));
            }
        }
        subject
    }
}

/// Events that belong to no thread, whatever id they carry.
const fn is_without_thread(code: u16) -> bool {
    matches!(
        code,
        code::CONTAINER_JSON
            | code::USER_ADDED
            | code::USER_DELETED
            | code::GROUP_ADDED
            | code::GROUP_DELETED
            | code::PLUGINEVENT
            | code::ASYNCEVENT
    )
}

fn begin_enter(record: &mut Record, event: &Event<'_>, uses_descriptor: bool) {
    let code = event.event_type.code;
    record.last_fd = -1;
    record.last_enter = Some(code.0);
    if uses_descriptor {
        let slot = code::enter_descriptor(code);
        record.last_fd = parameter::signed(event, slot).unwrap_or(-1);
    }
}

fn begin_exit(record: &mut Record, event: &Event<'_>, uses_descriptor: bool) {
    let code = event.event_type.code;
    // What succeeds as `execveat` returns as `execve`.
    let is_exec = code.0 == code::EXECVE && record.last_enter == Some(code::EXECVEAT_ENTER);
    let is_own = code.0.checked_sub(1) == record.last_enter;
    record.is_enter_valid = is_exec || is_own;
    if !record.is_enter_valid {
        record.last_fd = -1;
    }
    if uses_descriptor && record.last_fd == -1 {
        let number = code::exit_descriptor(code).and_then(|slot| parameter::signed(event, slot));
        record.last_fd = number.unwrap_or(-1);
    }
}
