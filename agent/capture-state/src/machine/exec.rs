//! A thread runs another program.

use super::files::joined_path;
use super::image::{self, Words};
use super::record::Record;
use super::step::{Step, success};
use super::texts::Texts;
use super::{Machine, code, parameter};
use crate::descriptor::{Descriptor, DescriptorKind};
use crate::thread::{Thread, clone_flag};
use saker_falco_events::{Event, Header};
use saker_process_state::{Capabilities, Image};
use std::sync::Arc;

/// `AT_EMPTY_PATH` as Falco numbers it.
const AT_EMPTY_PATH: u32 = 1;

/// Bits of `PPM_EXE_*`, which the image's flags have too.
const EXE_FLAGS: u64 = 0b1111;

/// `O_CLOEXEC` as Falco numbers it.
pub(super) const O_CLOEXEC: u32 = 1 << 12;

/// `EPOLL_CLOEXEC` and `MFD_CLOEXEC` as Falco numbers them.
const OTHER_CLOEXEC: u32 = 1;

/// Slots of the parameters of an exec that returned.
mod slot {
    pub(super) const EXE: usize = 1;
    pub(super) const ARGUMENTS: usize = 2;
    pub(super) const PID: usize = 4;
    pub(super) const PTID: usize = 5;
    pub(super) const FD_LIMIT: usize = 7;
    pub(super) const FAULTS_MAJOR: usize = 8;
    pub(super) const FAULTS_MINOR: usize = 9;
    pub(super) const VM_SIZE: usize = 10;
    pub(super) const VM_RSS: usize = 11;
    pub(super) const VM_SWAP: usize = 12;
    pub(super) const COMM: usize = 13;
    pub(super) const CGROUPS: usize = 14;
    pub(super) const ENVIRONMENT: usize = 15;
    pub(super) const TTY: usize = 16;
    pub(super) const VPGID: usize = 17;
    pub(super) const LOGINUID: usize = 18;
    pub(super) const FLAGS: usize = 19;
    pub(super) const INHERITABLE: usize = 20;
    pub(super) const PERMITTED: usize = 21;
    pub(super) const EFFECTIVE: usize = 22;
    pub(super) const INODE: usize = 23;
    pub(super) const INODE_CTIME: usize = 24;
    pub(super) const INODE_MTIME: usize = 25;
    pub(super) const UID: usize = 26;
    pub(super) const TRUSTED_EXE_PATH: usize = 27;
    pub(super) const PGID: usize = 28;
    pub(super) const GID: usize = 29;
}

impl Machine {
    /// `execve` or `execveat` returned.
    pub(super) fn executed(&mut self, event: &Event<'_>, step: &mut Step) {
        if success(event).is_none() || self.record(step).is_none() {
            return;
        }
        let tid = step.tid;
        self.revive(tid);
        self.identify(event, tid);
        let path = self.executed_path(event, step);
        if let Some(record) = self.record_mut(step) {
            let before = Texts::of(&record.thread);
            change(record, event, path);
            self.bound_new_texts(tid, &before);
            let record = self.threads.records.get(&tid);
            if let Some(record) = record.map(|record| Arc::clone(&record.thread)) {
                self.ensure_user_of(&record.process);
            }
        }
        self.close_where(step, |_, descriptor| is_closed_by_exec(descriptor));
        if let Some(record) = self.record_mut(step) {
            let thread = record.thread_mut();
            let kept = clone_flag::PIPE_SOURCE
                | clone_flag::PIPE_DESTINATION
                | clone_flag::IS_MAIN_THREAD
                | clone_flag::INVERTED;
            thread.flags = thread.flags & kept | clone_flag::ACTIVE | clone_flag::NAME_CHANGED;
        }
        self.threads.share_directory(tid);
        self.end_other_threads(tid);
    }

    /// The main thread of a process may have ended when another thread takes its place by an exec.
    fn revive(&mut self, tid: i64) {
        let Some(record) = self.threads.records.get_mut(&tid) else {
            return;
        };
        if !record.thread.is_dead() {
            return;
        }
        record.thread_mut().flags &= !clone_flag::CLOSED;
        if let Some(group) = self.threads.group_mut(tid) {
            group.alive = group.alive.saturating_add(1);
        }
    }

    /// Sets the ids that the event tells, and relates a thread of which only the id was known.
    fn identify(&mut self, event: &Event<'_>, tid: i64) {
        let Some(record) = self.threads.records.get_mut(&tid) else {
            return;
        };
        let thread = record.thread_mut();
        thread.pid = parameter::signed(event, slot::PID).unwrap_or(-1);
        let was_unknown = thread.is_invalid();
        if was_unknown {
            thread.ptid = parameter::signed(event, slot::PTID).unwrap_or(-1);
            if thread.flags & clone_flag::CHILD_IN_PIDNS == 0 {
                (thread.vtid, thread.vpid) = (thread.tid, thread.pid);
            }
        }
        thread.follow_ids();
        if was_unknown {
            self.threads.relate(tid);
        }
    }

    /// An exec ends all other threads of the process.
    fn end_other_threads(&mut self, tid: i64) {
        if self.threads.group(tid).is_none_or(|group| group.alive <= 1) {
            return;
        }
        let members = self.threads.members(tid);
        let ended: Vec<i64> = members
            .filter(|member| !member.thread.is_main() && member.thread.tid != tid)
            .map(|member| member.thread.tid)
            .collect();
        for ended in ended {
            self.remove_thread(ended);
        }
    }

    /// The path of the program: as the kernel tells, else as the enter event has it; `None` where the
    /// thread keeps the one that it had.
    fn executed_path(&mut self, event: &Event<'_>, step: &mut Step) -> Option<Vec<u8>> {
        if parameter::bytes(event, slot::TRUSTED_EXE_PATH).is_some() {
            return Some(parameter::text(event, slot::TRUSTED_EXE_PATH).to_vec());
        }
        self.with_enter(event, step, |machine, enter, step| {
            if enter.event_type.code.0 == code::EXECVE_ENTER {
                let name = parameter::text(enter, 0);
                if name == parameter::UNREAD {
                    return name.to_vec();
                }
                return joined_path(&machine.directory(step.tid), name);
            }
            machine.path_executed_at(enter, step)
        })
    }

    fn path_executed_at(&self, enter: &Event<'_>, step: &mut Step) -> Vec<u8> {
        let number = parameter::signed(enter, 0).unwrap_or(-1);
        let name = parameter::text(enter, 1);
        let is_empty_path =
            parameter::unsigned32(enter, 2).unwrap_or_default() & AT_EMPTY_PATH != 0;
        let directory = self.directory_of(step, name, number);
        if directory
            .as_deref()
            .is_some_and(|directory| directory != b".")
        {
            step.descriptor = self.used(step.tid, number);
        }
        match directory {
            Some(directory) if is_empty_path => joined_path(b"", &directory),
            Some(directory) if name != parameter::UNREAD => joined_path(&directory, name),
            _ => parameter::UNREAD.to_vec(),
        }
    }

    /// Looks at the enter event of a call, if it was kept; `None` where it was not.
    pub(super) fn with_enter<T>(
        &mut self,
        event: &Event<'_>,
        step: &mut Step,
        look: impl FnOnce(&mut Self, &Event<'_>, &mut Step) -> T,
    ) -> Option<T> {
        let record = self.record_mut(step)?;
        let is_valid = record.is_enter_valid;
        let kept = record.enter.take_if(|_| is_valid);
        let header = Header { ..event.header };
        let enter = kept.as_ref().and_then(|kept| kept.event(header));
        let code = event.event_type.code.0;
        let result = enter.and_then(|enter| {
            let entered = enter.event_type.code.0;
            let is_own = code.checked_sub(1) == Some(entered)
                || (code == code::EXECVE && entered == code::EXECVEAT_ENTER);
            is_own.then(|| look(self, &enter, step))
        });
        if result.is_none() {
            let missing = &mut self.stats.enter_events_missing;
            *missing = missing.saturating_add(1);
        }
        if let Some(kept) = kept
            && let Some(record) = self.record_mut(step)
        {
            record.enter = Some(kept);
        }
        result
    }
}

/// What an exec changes in a thread besides its ids and flags.
fn change(record: &mut Record, event: &Event<'_>, path: Option<Vec<u8>>) {
    let environment = parameter::bytes(event, slot::ENVIRONMENT);
    if environment.is_some() {
        record.owns_environment = true;
    }
    let thread = record.thread_mut();
    let words = Words {
        exe: parameter::text(event, slot::EXE),
        arguments: parameter::bytes(event, slot::ARGUMENTS).unwrap_or_default(),
    };
    let image = executed_image(&thread.process.image, event, words, path);
    thread.process.image = Arc::new(image);
    thread.exec_time_ns = event.header.time_ns;
    match parameter::bytes(event, slot::COMM) {
        Some(_) => thread.set_name(parameter::text(event, slot::COMM)),
        None => thread.set_name(words.exe),
    }
    thread.fd_limit = parameter::signed(event, slot::FD_LIMIT).unwrap_or(-1);
    set_memory(thread, event);
    set_identity(thread, event);
    if let Some(cgroups) = parameter::bytes(event, slot::CGROUPS) {
        let like = thread.clone();
        image::set_cgroups(thread, cgroups, Some(&like));
    }
    thread.follow_ids();
}

fn executed_image(
    old: &Image,
    event: &Event<'_>,
    words: Words<'_>,
    path: Option<Vec<u8>>,
) -> Image {
    let environment = match parameter::bytes(event, slot::ENVIRONMENT) {
        Some(environment) => image::vector(environment),
        None => old.environment.clone(),
    };
    let flags = parameter::unsigned(event, slot::FLAGS).map(|flags| flags & EXE_FLAGS);
    let mut image = Image {
        exe_path: match path {
            Some(path) => Some(image::exe_path(&path)),
            None => old.exe_path.clone(),
        },
        arguments: Some(words.vector()),
        environment,
        flags: flags.or(old.flags),
        inode: old.inode,
        ctime_wall_ns: old.ctime_wall_ns,
        mtime_wall_ns: old.mtime_wall_ns,
        ..Image::default()
    };
    if let Some(mtime) = parameter::unsigned(event, slot::INODE_MTIME) {
        let value = |slot| parameter::unsigned(event, slot).unwrap_or_default();
        image.inode = Some(value(slot::INODE));
        image.ctime_wall_ns = Some(value(slot::INODE_CTIME));
        image.mtime_wall_ns = Some(mtime);
    }
    image
}

fn set_memory(thread: &mut Thread, event: &Event<'_>) {
    if let Some(swap) = parameter::unsigned32(event, slot::VM_SWAP) {
        let memory = |slot| parameter::unsigned32(event, slot).unwrap_or_default();
        let faults = |slot| parameter::unsigned(event, slot).unwrap_or_default();
        thread.page_faults = [faults(slot::FAULTS_MAJOR), faults(slot::FAULTS_MINOR)];
        thread.memory_kb = [memory(slot::VM_SIZE), memory(slot::VM_RSS), swap];
    }
    if parameter::unsigned(event, slot::INODE_MTIME).is_some() {
        let ctime = thread.process.image.ctime_wall_ns.unwrap_or_default();
        if thread.clone_time_ns != 0 {
            thread.exe_ctime_to_clone_ns = thread.clone_time_ns.wrapping_sub(ctime);
        }
        let namespace_start = thread.pid_namespace_start_ns;
        if namespace_start != 0 && ctime > namespace_start {
            thread.exe_ctime_to_pid_namespace_ns = ctime.saturating_sub(namespace_start);
        }
    }
}

fn set_identity(thread: &mut Thread, event: &Event<'_>) {
    if let Some(tty) = parameter::unsigned32(event, slot::TTY) {
        thread.process.tty = tty;
    }
    if let Some(vpgid) = parameter::signed(event, slot::VPGID) {
        thread.vpgid = vpgid;
    }
    thread.pgid = parameter::signed(event, slot::PGID).unwrap_or(-1);
    let credentials = &mut thread.process.credentials;
    if let Some(loginuid) = parameter::unsigned32(event, slot::LOGINUID) {
        credentials.loginuid = Some(loginuid).filter(|uid| *uid != u32::MAX);
    }
    if let Some(uid) = parameter::unsigned32(event, slot::UID) {
        credentials.uid = uid;
    }
    if let Some(gid) = parameter::unsigned32(event, slot::GID) {
        credentials.gid = gid;
    }
    if let Some(effective) = parameter::unsigned(event, slot::EFFECTIVE) {
        let set = |slot| parameter::unsigned(event, slot).unwrap_or_default();
        thread.process.capabilities = Some(Capabilities {
            permitted: set(slot::PERMITTED),
            effective,
            inheritable: set(slot::INHERITABLE),
        });
    }
}

fn is_closed_by_exec(descriptor: &Descriptor) -> bool {
    let flags = descriptor.open_flags;
    let has_own_bit = matches!(
        descriptor.kind,
        DescriptorKind::EventPoll | DescriptorKind::MemFd
    );
    flags & O_CLOEXEC != 0 || (has_own_bit && flags & OTHER_CLOEXEC != 0)
}

/// Open flags without those that close a descriptor at an exec.
pub(super) const fn without_cloexec(flags: u32) -> u32 {
    flags & !(O_CLOEXEC | OTHER_CLOEXEC)
}
