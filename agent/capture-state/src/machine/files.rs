//! Files that are opened, and the directories that paths begin at.

use super::parameter;
use super::step::{Step, result, success};
use super::table::Slot;
use super::texts::Texts;
use super::{Machine, code};
use crate::descriptor::{Descriptor, DescriptorKind};
use saker_falco_events::{Event, append_printable, concatenate};
use std::sync::Arc;

/// `AT_FDCWD`.
const AT_FDCWD: i64 = -100;

/// Bits of `PPM_O_*`, as Falco numbers them.
mod open_flag {
    pub(super) const DIRECTORY: u32 = 1 << 10;
    /// The first of those that the exit event adds.
    pub(super) const CREATED: u32 = 1 << 14;
    pub(super) const UPPER_LAYER: u32 = 1 << 15;
    pub(super) const LOWER_LAYER: u32 = 1 << 16;
}

/// Bits of `creat_flags`.
const CREAT_UPPER_LAYER: u64 = 1;
const CREAT_LOWER_LAYER: u64 = 1 << 1;

/// What a call asks to open.
#[derive(Clone, Debug)]
struct Opened {
    directory: Arc<[u8]>,
    name: Box<[u8]>,
    flags: u32,
    device: u32,
    inode: u64,
}

impl Machine {
    /// A call that opens a file returned.
    pub(super) fn opened(&mut self, event: &Event<'_>, step: &mut Step) {
        let Some(number) = success(event).filter(|_| self.record(step).is_some()) else {
            return;
        };
        let opened = match event.event_type.code.0 {
            code::OPEN => self.opened_by_open(event, step),
            code::CREAT => self.opened_by_creat(event, step),
            code::OPEN_BY_HANDLE_AT => opened_by_handle(event),
            _ => self.opened_by_openat(event, step),
        };
        let flags = opened.flags;
        let descriptor = Descriptor {
            kind: if flags & open_flag::DIRECTORY != 0 {
                DescriptorKind::Directory
            } else {
                DescriptorKind::File
            },
            name: joined_path(&opened.directory, &opened.name).into(),
            name_raw: opened.name,
            open_flags: flags,
            device: opened.device,
            inode: opened.inode,
            is_overlay_upper: flags & open_flag::UPPER_LAYER != 0,
            is_overlay_lower: flags & open_flag::LOWER_LAYER != 0,
            ..Descriptor::default()
        };
        self.open(step, number, Slot::new(descriptor));
    }

    /// What the caller asked for counts, not what memory held when the call returned: another thread
    /// may have changed it.
    fn opened_by_open(&mut self, event: &Event<'_>, step: &mut Step) -> Opened {
        let mut opened = Opened {
            directory: self.directory(step.tid),
            name: parameter::text(event, 1).into(),
            flags: parameter::unsigned32(event, 2).unwrap_or_default(),
            device: parameter::unsigned32(event, 4).unwrap_or_default(),
            inode: inode_beside(event, 4),
        };
        let entered = self.with_enter(event, step, |_, enter, _| entered(enter, 0, Some(1)));
        if let Some((name, flags)) = entered.flatten() {
            opened.name = name;
            opened.flags = flags | added(opened.flags);
        }
        opened
    }

    fn opened_by_creat(&mut self, event: &Event<'_>, step: &mut Step) -> Opened {
        let device = parameter::unsigned32(event, 3);
        let inode = device.and_then(|_| parameter::unsigned(event, 4));
        let layers = inode.and_then(|_| parameter::unsigned(event, 5));
        let flags = match layers.unwrap_or_default() {
            layers if layers & CREAT_UPPER_LAYER != 0 => open_flag::UPPER_LAYER,
            layers if layers & CREAT_LOWER_LAYER != 0 => open_flag::LOWER_LAYER,
            _ => 0,
        };
        let mut opened = Opened {
            directory: self.directory(step.tid),
            name: parameter::text(event, 1).into(),
            flags,
            device: device.unwrap_or_default(),
            inode: inode.unwrap_or_default(),
        };
        let entered = self.with_enter(event, step, |_, enter, _| entered(enter, 0, None));
        if let Some((name, _)) = entered.flatten() {
            opened.name = name;
        }
        opened
    }

    fn opened_by_openat(&mut self, event: &Event<'_>, step: &mut Step) -> Opened {
        let (device_slot, inode_slot) = if event.event_type.code.0 == code::OPENAT {
            (5, 6)
        } else {
            (6, 7)
        };
        let inode = parameter::unsigned(event, inode_slot);
        let device = inode.and_then(|_| parameter::unsigned32(event, device_slot));
        let mut number = parameter::signed(event, 1);
        let mut opened = Opened {
            directory: Arc::default(),
            name: parameter::text(event, 2).into(),
            flags: parameter::unsigned32(event, 3).unwrap_or_default(),
            device: device.unwrap_or_default(),
            inode: inode.unwrap_or_default(),
        };
        let entered = self.with_enter(event, step, |_, enter, _| {
            let number = parameter::signed(enter, 0);
            entered(enter, 1, Some(2)).map(|(name, flags)| (name, flags, number))
        });
        if let Some((name, flags, entered_number)) = entered.flatten() {
            opened.name = name;
            opened.flags = flags | added(opened.flags);
            number = entered_number;
        }
        if let Some(number) = number {
            let directory = self.directory_of(step, &opened.name, number);
            opened.directory = directory.unwrap_or_else(|| (*b"<UNKNOWN>").into());
        }
        opened
    }

    /// The working directory of a thread's process, with a slash at its end.
    pub(super) fn directory(&self, tid: i64) -> Arc<[u8]> {
        self.threads.directory(tid)
    }

    /// Where a path begins that is relative to a descriptor: `.` for an absolute one, `None` where
    /// nothing is known of the descriptor.
    pub(super) fn directory_of(&self, step: &Step, path: &[u8], number: i64) -> Option<Arc<[u8]>> {
        if path.first() == Some(&b'/') {
            return Some(Arc::clone(&self.here));
        }
        self.record(step)?;
        if number == AT_FDCWD {
            return Some(self.directory(step.tid));
        }
        let name = &self.slot(step.tid, number)?.descriptor.name;
        Some(with_slash(name))
    }

    /// `chdir` returned.
    pub(super) fn changed_directory(&mut self, event: &Event<'_>, step: &Step) {
        if success(event).is_some() {
            self.set_directory(step, parameter::text(event, 1));
        }
    }

    /// `fchdir` returned.
    pub(super) fn changed_directory_by_descriptor(&mut self, event: &Event<'_>, step: &Step) {
        if success(event).is_none() {
            return;
        }
        let name = self
            .used_slot(step)
            .map(|slot| Arc::clone(&slot.descriptor));
        if let Some(descriptor) = name {
            self.set_directory(step, &descriptor.name);
        }
    }

    /// Sets the working directory of the process; a relative path begins at the one that the thread
    /// itself had.
    fn set_directory(&mut self, step: &Step, path: &[u8]) {
        let Some(record) = self.record(step) else {
            return;
        };
        let mut directory = joined_path(&record.cwd, path);
        if directory.last() != Some(&b'/') {
            directory.push(b'/');
        }
        let Some(main) = self.threads.main(step.tid).map(|main| main.thread.tid) else {
            return;
        };
        let record = self.threads.records.get(&main);
        if record.is_none_or(|record| *record.cwd == *directory) {
            return;
        }
        let directory = self.bound_directory(directory);
        if let Some(main) = self.threads.records.get_mut(&main) {
            main.cwd = directory;
            self.threads.share_directory(step.tid);
        }
    }

    /// `chroot` returned.
    pub(super) fn changed_root(&mut self, event: &Event<'_>, step: &Step) {
        if result(event) != Some(0) || self.record(step).is_none() {
            return;
        }
        let path = parameter::text(event, 1);
        let is_relative = path.first().is_some_and(|byte| *byte != b'/');
        let root = if is_relative && path != parameter::UNREAD {
            joined_path(&self.directory(step.tid), path)
        } else {
            let mut shown = Vec::new();
            append_printable(path, &mut shown);
            shown
        };
        if let Some(record) = self.record_mut(step) {
            let before = Texts::of(&record.thread);
            record.thread_mut().root = root.into();
            self.bound_new_texts(step.tid, &before);
        }
    }
}

fn opened_by_handle(event: &Event<'_>) -> Opened {
    Opened {
        // The kernel gives the whole path.
        directory: Arc::default(),
        name: parameter::text(event, 3).into(),
        flags: parameter::unsigned32(event, 2).unwrap_or_default(),
        device: parameter::unsigned32(event, 4).unwrap_or_default(),
        inode: parameter::unsigned(event, 5).unwrap_or_default(),
    }
}

/// The inode that follows a device, if that has a value.
fn inode_beside(event: &Event<'_>, device: usize) -> u64 {
    let inode = parameter::bytes(event, device)
        .and_then(|_| parameter::unsigned(event, device.saturating_add(1)));
    inode.unwrap_or_default()
}

/// Name and flags of an enter event, if it could read them.
fn entered(enter: &Event<'_>, name: usize, flags: Option<usize>) -> Option<(Box<[u8]>, u32)> {
    let name = parameter::text(enter, name);
    let flags = flags.and_then(|flags| parameter::unsigned32(enter, flags));
    (name != parameter::UNREAD).then(|| (name.into(), flags.unwrap_or_default()))
}

/// The flags that only the exit event has.
const fn added(flags: u32) -> u32 {
    flags & !(open_flag::CREATED - 1)
}

fn with_slash(name: &[u8]) -> Arc<[u8]> {
    if name.is_empty() || name.ends_with(b"/") {
        return name.into();
    }
    [name, b"/"].concat().into()
}

/// The path that `path` names in a directory.
pub(super) fn joined_path(directory: &[u8], path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    concatenate(directory, path, &mut out);
    out
}
