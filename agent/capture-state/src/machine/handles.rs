//! Descriptors that are made, doubled and closed, whatever they refer to.

use super::exec::{O_CLOEXEC, without_cloexec};
use super::step::{Step, result, success};
use super::table::Slot;
use super::{Machine, code, parameter};
use crate::descriptor::{Descriptor, DescriptorKind};
use crate::thread::clone_flag;
use saker_falco_events::Event;

/// `EPOLL_CLOEXEC` as Falco numbers it.
const EPOLL_CLOEXEC: u64 = 1;

/// `CLOSE_RANGE_CLOEXEC` as Falco numbers it.
const CLOSE_RANGE_CLOEXEC: u64 = 1 << 2;

/// `FD_CLOEXEC`.
const FD_CLOEXEC: u64 = 1;

/// Commands of `fcntl`, as Falco numbers them.
mod command {
    pub(super) const DUPFD: u64 = 1;
    pub(super) const SETFD: u64 = 3;
    pub(super) const DUPFD_CLOEXEC: u64 = 26;
}

impl Machine {
    /// A call that makes a descriptor of a kind without further properties returned.
    pub(super) fn made(&mut self, event: &Event<'_>, step: &mut Step, kind: DescriptorKind) {
        let Some(number) = success(event) else {
            return;
        };
        let flags = |slot| parameter::unsigned32(event, slot).unwrap_or_default();
        let open_flags = match event.event_type.code.0 {
            code::INOTIFY_INIT1 | code::SIGNALFD4 | code::EVENTFD2 => flags(1),
            code::TIMERFD_CREATE => flags(2),
            code::EPOLL_CREATE1 if u64::from(flags(1)) & EPOLL_CLOEXEC != 0 => O_CLOEXEC,
            _ => 0,
        };
        let descriptor = Descriptor {
            kind,
            open_flags,
            ..Descriptor::default()
        };
        self.open(step, number, Slot::new(descriptor));
    }

    /// `memfd_create` returned. A call that failed leaves a descriptor whose number is the error, as
    /// with Falco.
    pub(super) fn made_memory_file(&mut self, event: &Event<'_>, step: &mut Step) {
        let Some(number) = result(event) else {
            return;
        };
        let descriptor = if number >= 0 {
            Descriptor {
                kind: DescriptorKind::MemFd,
                name: parameter::text(event, 1).into(),
                open_flags: parameter::unsigned32(event, 2).unwrap_or_default(),
                ..Descriptor::default()
            }
        } else {
            Descriptor::default()
        };
        self.open(step, number, Slot::new(descriptor));
    }

    /// `pidfd_open` returned.
    pub(super) fn opened_process(&mut self, event: &Event<'_>, step: &mut Step) {
        let Some(number) = success(event) else {
            return;
        };
        let pid = parameter::signed(event, 1).unwrap_or_default();
        let descriptor = Descriptor {
            kind: DescriptorKind::PidFd,
            name: format!("/proc/{pid}").into_bytes().into(),
            open_flags: parameter::unsigned32(event, 2).unwrap_or_default(),
            pid,
            ..Descriptor::default()
        };
        self.open(step, number, Slot::new(descriptor));
    }

    /// `pidfd_getfd` returned: a descriptor of another process.
    pub(super) fn got_from_process(&mut self, event: &Event<'_>, step: &mut Step) {
        let Some(number) = result(event).filter(|_| self.record(step).is_some()) else {
            return;
        };
        let slots = (parameter::signed(event, 1), parameter::signed(event, 2));
        let (Some(process), Some(target)) = slots else {
            return;
        };
        let process = self.slot(step.tid, process).map(|slot| &slot.descriptor);
        let process = process.filter(|process| process.kind == DescriptorKind::PidFd);
        let slot = process.and_then(|process| self.slot(process.pid, target));
        if let Some(mut slot) = slot.cloned() {
            slot.set_open_flags(without_cloexec(slot.descriptor.open_flags) | O_CLOEXEC);
            self.duplicate(step, number, slot);
        }
    }

    /// `pipe` returned.
    pub(super) fn made_pipe(&mut self, event: &Event<'_>, step: &mut Step) {
        if success(event).is_none() {
            return;
        }
        let open_flags = if event.event_type.code.0 == code::PIPE2 {
            parameter::unsigned32(event, 4).unwrap_or_default()
        } else {
            0
        };
        let descriptor = Descriptor {
            kind: DescriptorKind::Fifo,
            inode: parameter::unsigned(event, 3).unwrap_or_default(),
            open_flags,
            ..Descriptor::default()
        };
        for slot in [1, 2] {
            let number = parameter::signed(event, slot).unwrap_or(-1);
            self.open(step, number, Slot::new(descriptor.clone()));
        }
    }

    /// `dup` and its like returned.
    pub(super) fn doubled(&mut self, event: &Event<'_>, step: &mut Step) {
        let Some(number) = success(event) else {
            return;
        };
        let Some(mut slot) = self.used_slot(step).cloned() else {
            return;
        };
        // A shell that puts a pipe in the place of standard input or output.
        let role = match number {
            0 => clone_flag::PIPE_DESTINATION,
            1 => clone_flag::PIPE_SOURCE,
            _ => 0,
        };
        if let Some(record) = self.record_mut(step)
            && record.thread.flags & role != role
        {
            record.thread_mut().flags |= role;
        }
        let mut flags = without_cloexec(slot.descriptor.open_flags);
        if event.event_type.code.0 == code::DUP3 {
            flags |= parameter::unsigned32(event, 3).unwrap_or_default() & O_CLOEXEC;
        }
        slot.set_open_flags(flags);
        self.duplicate(step, number, slot);
    }

    /// `fcntl` returned.
    pub(super) fn controlled(&mut self, event: &Event<'_>, step: &mut Step) {
        let command = parameter::unsigned(event, 2).unwrap_or_default();
        let is_known = matches!(
            command,
            command::DUPFD | command::DUPFD_CLOEXEC | command::SETFD
        );
        let Some(number) = success(event).filter(|_| is_known) else {
            return;
        };
        if command == command::SETFD {
            let argument = parameter::unsigned(event, 3).unwrap_or_default();
            self.set_cloexec(step, argument & FD_CLOEXEC != 0);
            return;
        }
        let Some(mut slot) = self.used_slot(step).cloned() else {
            return;
        };
        let mut flags = without_cloexec(slot.descriptor.open_flags);
        if command == command::DUPFD_CLOEXEC {
            flags |= O_CLOEXEC;
        }
        slot.set_open_flags(flags);
        self.duplicate(step, number, slot);
    }

    fn set_cloexec(&mut self, step: &Step, is_closed: bool) {
        if let Some(slot) = self.used_slot_mut(step) {
            let flags = without_cloexec(slot.descriptor.open_flags);
            slot.set_open_flags(if is_closed { flags | O_CLOEXEC } else { flags });
        }
    }

    /// `close` returned: the descriptor is gone with the next event.
    pub(super) fn closed(&mut self, event: &Event<'_>, step: &Step) {
        if success(event).is_none() || self.used_slot(step).is_none() {
            return;
        }
        if let Some(record) = self.record(step) {
            self.descriptor_to_close = Some((step.tid, record.last_fd));
        }
    }

    /// `close_range` returned.
    pub(super) fn closed_range(&mut self, event: &Event<'_>, step: &Step) {
        if success(event).is_none() || self.record(step).is_none() {
            return;
        }
        let number = |slot| parameter::unsigned32(event, slot).unwrap_or_default();
        let range = i64::from(number(1))..=i64::from(number(2));
        let flags = parameter::unsigned(event, 3).unwrap_or_default();
        if flags & CLOSE_RANGE_CLOEXEC == 0 {
            self.close_where(step, |number, _| range.contains(&number));
            return;
        }
        let owner = self.threads.table_owner(step.tid);
        let Some(record) = owner.and_then(|owner| self.threads.records.get_mut(&owner)) else {
            return;
        };
        let numbers = record.descriptors.numbers();
        let numbers: Vec<i64> = numbers.filter(|number| range.contains(number)).collect();
        for number in numbers {
            if let Some(slot) = record.descriptors.get_mut(number) {
                slot.set_open_flags(slot.descriptor.open_flags | O_CLOEXEC);
            }
        }
    }
}
