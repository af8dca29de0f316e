//! The machine: what was there, changed by every event.

mod accounts;
mod address;
mod begin;
mod clone;
mod code;
mod connections;
mod container;
mod containers;
mod credentials;
mod exec;
mod files;
mod handles;
mod image;
mod interfaces;
mod parameter;
mod reaping;
mod record;
mod socket;
mod step;
mod table;
mod texts;
mod threads;
mod transfer;
mod tuple;

use crate::descriptor::{Descriptor, DescriptorKind};
use crate::limits::Limits;
use crate::snapshot::{GroupEntry, Interface, MachineInfo, UserEntry};
use crate::stats::Stats;
use crate::subject::Subject;
use crate::thread::Thread;
use clone::RecentlyEnded;
use containers::Containers;
pub use containers::{KnownContainer, ToldContainer};
use foldhash::fast::RandomState;
use saker_falco_events::Event;
use std::collections::HashMap;
use std::sync::Arc;
use step::Step;
use texts::Budgets;
use threads::Threads;

/// A map with a fast hash that no capture can aim at.
type Map<K, V> = HashMap<K, V, RandomState>;

/// The threads, descriptors and users of a capture, kept up to date by its events.
#[derive(Debug)]
pub struct Machine {
    info: MachineInfo,
    limits: Limits,
    stats: Stats,
    threads: Threads,
    users: Map<u32, UserEntry>,
    groups: Map<u32, GroupEntry>,
    interfaces: Vec<Interface>,
    containers: Containers,
    budgets: Budgets,
    /// What new threads begin as.
    unknown: Thread,
    ended: RecentlyEnded,
    /// The thread that the last event ended.
    thread_to_remove: Option<i64>,
    /// The descriptor that the last event closed: the thread and the number.
    descriptor_to_close: Option<(i64, i64)>,
    /// Where an absolute path begins.
    here: Arc<[u8]>,
    /// Memory for texts that are put together.
    scratch: String,
}

impl Machine {
    /// A machine of which only the host is known.
    #[must_use]
    pub fn new(info: MachineInfo, limits: Limits) -> Self {
        Self {
            info,
            limits,
            stats: Stats::default(),
            threads: Threads::default(),
            users: Map::default(),
            groups: Map::default(),
            interfaces: Vec::new(),
            containers: Containers::default(),
            budgets: Budgets::default(),
            unknown: begin::unknown_thread(),
            ended: RecentlyEnded::default(),
            thread_to_remove: None,
            descriptor_to_close: None,
            here: (*b".").into(),
            scratch: String::new(),
        }
    }

    /// Takes what a capture says about its host.
    pub fn set_info(&mut self, info: MachineInfo) {
        self.info = info;
    }

    /// Takes the next event, which must be of a current form (see the conversion of old events), and
    /// tells what it is about.
    ///
    /// What an event ends (a thread, a descriptor) is gone with the next one, so that the subject of
    /// the event still has it.
    pub fn apply(&mut self, event: &Event<'_>) -> Subject {
        self.remove_ended(event.header.time_ns);
        self.forget_told_container();
        let mut step = self.begin(event);
        self.change_by(event, &mut step);
        self.finish(event, step)
    }

    fn remove_ended(&mut self, time_ns: u64) {
        if let Some(tid) = self.thread_to_remove.take() {
            let ptid = self.thread(tid).map_or(-1, |thread| thread.ptid);
            self.ended.add(tid, ptid, time_ns);
            self.remove_thread(tid);
        }
        if let Some((tid, number)) = self.descriptor_to_close.take() {
            self.close(tid, number);
        }
    }

    /// Changes what an event changes.
    fn change_by(&mut self, event: &Event<'_>, step: &mut Step) {
        match event.event_type.code.0 {
            code::OPEN_ENTER
            | code::CREAT_ENTER
            | code::OPENAT_ENTER
            | code::OPENAT2_ENTER
            | code::EXECVE_ENTER => {
                if parameter::bytes(event, 0).is_some() {
                    self.keep_enter(event, step);
                }
            }
            code::EXECVEAT_ENTER | code::CONNECT_ENTER => self.keep_enter(event, step),
            code::PROCEXIT => self.thread_ended(event, step),
            code::SCHEDSWITCH => self.switched(event, step),
            code::USER_ADDED | code::USER_DELETED => self.changed_user(event),
            code::GROUP_ADDED | code::GROUP_DELETED => self.changed_group(event),
            code::CONTAINER_JSON | code::ASYNCEVENT => self.told_container(event),
            code::READ
            | code::READV
            | code::PREAD
            | code::PREADV
            | code::RECV
            | code::RECVFROM
            | code::RECVMSG
            | code::RECVMMSG => self.read(event, step),
            code::WRITE
            | code::WRITEV
            | code::PWRITE
            | code::PWRITEV
            | code::SEND
            | code::SENDTO
            | code::SENDMSG
            | code::SENDMMSG => self.written(event, step),
            code::CLONE | code::FORK | code::VFORK | code::CLONE3 => {
                self.cloned(event, step);
                self.place(event, step);
            }
            code::EXECVE | code::EXECVEAT => {
                self.executed(event, step);
                self.place(event, step);
            }
            code => self.change_by_call(code, event, step),
        }
    }

    /// As [`Self::change_by`], for the calls that are less frequent.
    fn change_by_call(&mut self, code: u16, event: &Event<'_>, step: &mut Step) {
        match code {
            code::OPEN | code::CREAT | code::OPENAT | code::OPENAT2 | code::OPEN_BY_HANDLE_AT => {
                self.opened(event, step);
            }
            code::CLOSE => self.closed(event, step),
            code::CLOSE_RANGE => self.closed_range(event, step),
            code::DUP | code::DUP2 | code::DUP3 => self.doubled(event, step),
            code::FCNTL => self.controlled(event, step),
            code::PIPE | code::PIPE2 => self.made_pipe(event, step),
            code::SOCKET => self.made_socket(event, step),
            code::SOCKETPAIR => self.made_pair(event, step),
            code::BIND => self.bound(event, step),
            code::CONNECT => self.connected(event, step),
            code::ACCEPT | code::ACCEPT4 => self.accepted(event, step),
            code::MEMFD_CREATE => self.made_memory_file(event, step),
            code::PIDFD_OPEN => self.opened_process(event, step),
            code::PIDFD_GETFD => self.got_from_process(event, step),
            code::CHDIR => self.changed_directory(event, step),
            code::FCHDIR => self.changed_directory_by_descriptor(event, step),
            // It tells of a change that was missed.
            code::GETCWD => self.changed_directory(event, step),
            code::CHROOT => {
                self.changed_root(event, step);
                self.place(event, step);
            }
            code::SETRESUID | code::SETREUID => self.set_user(event, step, 2),
            code::SETUID => self.set_user(event, step, 1),
            code::SETRESGID | code::SETREGID => self.set_group(event, step, 2),
            code::SETGID => self.set_group(event, step, 1),
            code::SETSID => self.set_session(event, step),
            code::CAPSET => self.set_capabilities(event, step),
            code::UNSHARE | code::SETNS => self.changed_namespaces(event, step),
            code::PRCTL => self.set_reaper(event, step),
            code::GETRLIMIT | code::SETRLIMIT => self.limited(event, step),
            code::PRLIMIT => self.limited_process(event),
            code::BRK | code::MMAP | code::MMAP2 | code::MUNMAP => self.mapped(event, step),
            code => {
                if let Some(kind) = made_by(code) {
                    self.made(event, step, kind);
                }
            }
        }
    }

    fn keep_enter(&mut self, event: &Event<'_>, step: &Step) {
        let limit = self.limits.enter_bytes;
        let used = self.threads.enter_bytes;
        let Some(record) = self.record_mut(step) else {
            return;
        };
        let before = record.enter_bytes();
        let others = used.saturating_sub(before);
        record.keep_enter(event, limit.saturating_sub(others));
        self.threads.enter_bytes = others.saturating_add(record.enter_bytes());
    }

    /// A thread ended. Its record stays for this event.
    fn thread_ended(&mut self, event: &Event<'_>, step: &Step) {
        if self.record(step).is_none() {
            return;
        }
        self.threads.mark_dead(step.tid);
        self.thread_to_remove = Some(step.tid);
        let Some(record) = self.record_mut(step) else {
            return;
        };
        if record.children.is_empty() {
            return;
        }
        if event.parameter_count() <= 4 {
            record.reaper_tid = -1;
        } else if let Some(reaper) = parameter::signed(event, 4) {
            record.reaper_tid = reaper;
        }
    }

    /// The thread with this id.
    #[must_use]
    pub fn thread(&self, tid: i64) -> Option<&Arc<Thread>> {
        self.threads.records.get(&tid).map(|record| &record.thread)
    }

    /// The parent of a thread: the thread that `ptid` names.
    #[must_use]
    pub fn parent(&self, thread: &Thread) -> Option<&Arc<Thread>> {
        self.thread(thread.ptid)
    }

    /// The main thread of a thread's process; `None` when it is not known.
    #[must_use]
    pub fn main_thread(&self, thread: &Thread) -> Option<&Arc<Thread>> {
        self.threads.main(thread.tid).map(|main| &main.thread)
    }

    /// The threads of a thread's process that have not ended, the main thread included: what
    /// `proc.nthreads` counts.
    #[must_use]
    pub fn thread_count(&self, thread: &Thread) -> u64 {
        self.threads
            .group(thread.tid)
            .map_or(0, |group| group.alive)
    }

    /// What a descriptor of a thread refers to.
    #[must_use]
    pub fn descriptor(&self, thread: &Thread, number: i64) -> Option<&Arc<Descriptor>> {
        self.slot(thread.tid, number).map(|slot| &slot.descriptor)
    }

    /// What the descriptors of a thread's process refer to, in no order.
    pub fn descriptors(&self, thread: &Thread) -> impl Iterator<Item = &Arc<Descriptor>> {
        let main = self.threads.main(thread.tid).into_iter();
        main.flat_map(|main| main.descriptors.iter())
    }

    /// How many descriptors the process of a thread has open.
    #[must_use]
    pub fn descriptor_count(&self, thread: &Thread) -> usize {
        let main = self.threads.main(thread.tid);
        main.map_or(0, |main| main.descriptors.len())
    }

    /// Most descriptors that the process of a thread may have; -1 when not known, 0 without a main
    /// thread.
    #[must_use]
    pub fn descriptor_limit(&self, thread: &Thread) -> i64 {
        self.main_thread(thread).map_or(0, |main| main.fd_limit)
    }

    /// The user with this id.
    #[must_use]
    pub fn user(&self, uid: u32) -> Option<&UserEntry> {
        self.users.get(&uid)
    }

    /// The group with this id.
    #[must_use]
    pub fn group(&self, gid: u32) -> Option<&GroupEntry> {
        self.groups.get(&gid)
    }

    /// The network interfaces.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// What was counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

/// What a call makes a descriptor of, if it tells no more than that.
const fn made_by(code: u16) -> Option<DescriptorKind> {
    Some(match code {
        code::EVENTFD | code::EVENTFD2 => DescriptorKind::Event,
        code::SIGNALFD | code::SIGNALFD4 => DescriptorKind::SignalFd,
        code::TIMERFD_CREATE => DescriptorKind::TimerFd,
        code::INOTIFY_INIT | code::INOTIFY_INIT1 => DescriptorKind::Inotify,
        code::BPF => DescriptorKind::Bpf,
        code::USERFAULTFD => DescriptorKind::UserFaultFd,
        code::IO_URING_SETUP => DescriptorKind::IoUring,
        code::EPOLL_CREATE | code::EPOLL_CREATE1 => DescriptorKind::EventPoll,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
