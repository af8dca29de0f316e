//! Clones: what the caller and the child tell of a new thread.

use super::image::{self, Words};
use super::record::Record;
use super::step::Step;
use super::texts::Texts;
use super::{Machine, code, parameter};
use crate::thread::{Thread, clone_flag};
use saker_falco_events::Event;
use std::collections::VecDeque;
use std::sync::Arc;

/// How long a thread id names the thread that was cloned with it, nanoseconds.
const FRESH_NS: u64 = 2_000_000_000;

/// Ended threads that are remembered, lest their parent brings them back.
const ENDED_MAX: usize = 8192;

/// Slots of the parameters of a clone that returned.
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
    pub(super) const FLAGS: usize = 15;
    pub(super) const UID: usize = 16;
    pub(super) const GID: usize = 17;
    pub(super) const VTID: usize = 18;
    pub(super) const VPID: usize = 19;
    pub(super) const NAMESPACE_START: usize = 20;
}

/// Threads that ended a moment ago.
#[derive(Debug, Default)]
pub(super) struct RecentlyEnded {
    times: super::Map<(i64, i64), u64>,
    order: VecDeque<((i64, i64), u64)>,
}

impl RecentlyEnded {
    pub(super) fn add(&mut self, tid: i64, ptid: i64, time_ns: u64) {
        if self.order.len() >= ENDED_MAX
            && let Some((oldest, time_ns)) = self.order.pop_front()
            && self.times.get(&oldest) == Some(&time_ns)
        {
            self.times.remove(&oldest);
        }
        self.times.insert((tid, ptid), time_ns);
        self.order.push_back(((tid, ptid), time_ns));
    }

    fn contains(&self, tid: i64, ptid: i64, time_ns: u64) -> bool {
        let age = self
            .times
            .get(&(tid, ptid))
            .and_then(|ended| time_ns.checked_sub(*ended));
        age.is_some_and(|age| age < FRESH_NS)
    }
}

impl Machine {
    /// A clone returned: with the child's id in the caller, with 0 in the child. Within a pid
    /// namespace the id is not one of the host.
    pub(super) fn cloned(&mut self, event: &Event<'_>, step: &mut Step) {
        match super::step::success(event) {
            Some(0) => self.cloned_in_child(event, step),
            Some(child) => self.cloned_in_caller(event, step, child),
            None => {}
        }
    }

    fn cloned_in_caller(&mut self, event: &Event<'_>, step: &mut Step, child: i64) {
        let caller = step.tid;
        step.has_thread = self.ensure_thread(caller);
        let Some(record) = self.record_mut(step) else {
            return;
        };
        let is_caller_known = !record.thread.is_invalid();
        if !is_caller_known {
            let thread = record.thread_mut();
            thread.pid = parameter::signed(event, slot::PID).unwrap_or(-1);
            thread.ptid = parameter::signed(event, slot::PTID).unwrap_or(-1);
            let ids = namespace_ids(event).unwrap_or((caller, -1));
            (thread.vtid, thread.vpid) = ids;
            thread.follow_ids();
            self.threads.relate(caller);
        }
        let flags = parameter::unsigned32(event, slot::FLAGS).unwrap_or_default();
        let Some(record) = self.record(step) else {
            return;
        };
        // Of a child in a namespace only its own event has the ids of the host.
        let is_nested =
            flags & (clone_flag::CHILD_IN_PIDNS | clone_flag::NEWPID | clone_flag::PARENT) != 0
                || record.thread.tid != record.thread.vtid;
        // The child of a vfork may have ended before the caller goes on.
        let is_vfork = flags & clone_flag::VFORK != 0 || event.event_type.code.0 == code::VFORK;
        let time_ns = event.header.time_ns;
        if is_nested || is_vfork || self.ended.contains(child, caller, time_ns) {
            return;
        }
        let known = self.threads.records.get(&child);
        let is_collision = known.is_some();
        if known.is_some_and(|known| known.thread.flags & clone_flag::INVERTED != 0) {
            return;
        }
        if is_collision {
            self.remove_thread(child);
        }
        self.add_child_of_caller(event, step, child, (flags, is_caller_known));
        if is_collision {
            *step = self.begin(event);
        }
    }

    fn add_child_of_caller(
        &mut self,
        event: &Event<'_>,
        step: &Step,
        tid: i64,
        (flags, is_caller_known): (u32, bool),
    ) {
        let boot_time_ns = self.info.boot_time_ns;
        let words = words(event);
        let Some(caller) = self.record(step) else {
            return;
        };
        let is_leader = flags & clone_flag::THREAD == 0;
        let from = Arc::clone(&caller.thread);
        let mut thread = self.unknown.clone();
        thread.tid = tid;
        thread.flags = flags;
        if is_leader {
            (thread.pid, thread.ptid) = (tid, from.tid);
        } else {
            (thread.pid, thread.ptid) = (from.pid, from.ptid);
            thread.flags |= clone_flag::FILES;
            thread.exec_time_ns = from.exec_time_ns;
        }
        (thread.vtid, thread.vpid) = (tid, thread.pid);
        thread.pid_namespace_start_ns = boot_time_ns;
        let name = name(event, words);
        if is_caller_known {
            inherit(
                &mut thread,
                &from,
                words,
                !is_leader || caller.owns_environment,
            );
        } else {
            thread.process.image = image::child_image(&self.unknown.process.image, words, true);
        }
        fill(&mut thread, event, name, Some(&from));
        let mut record = self.new_record(thread, is_leader, Some(&from));
        if is_leader && is_caller_known {
            self.inherit_open(&mut record, step.tid);
        }
        self.ensure_user_of(&record.thread.process);
        if !is_caller_known {
            self.describe(step.tid, name, words);
        }
        self.insert_thread(record);
    }

    fn cloned_in_child(&mut self, event: &Event<'_>, step: &mut Step) {
        let tid = step.tid;
        let time_ns = event.header.time_ns;
        let mut is_collision = false;
        if let Some(record) = self.record(step)
            && record.thread.clone_time_ns != 0
        {
            if time_ns.wrapping_sub(record.thread.clone_time_ns) < FRESH_NS {
                // The caller told of it already.
                return;
            }
            self.remove_thread(tid);
            is_collision = true;
            step.has_thread = false;
        }
        let flags = parameter::unsigned32(event, slot::FLAGS).unwrap_or_default();
        let is_leader = flags & clone_flag::THREAD == 0;
        let mut thread = self.unknown.clone();
        thread.tid = tid;
        thread.pid = parameter::signed(event, slot::PID).unwrap_or(-1);
        thread.ptid = parameter::signed(event, slot::PTID).unwrap_or(-1);
        (thread.vtid, thread.vpid) = namespace_ids(event).unwrap_or((tid, -1));
        thread.flags = flags | clone_flag::INVERTED;
        if !is_leader {
            thread.flags |= clone_flag::FILES;
        }
        // A process is like its parent, a thread like its main thread.
        let model = if is_leader { thread.ptid } else { thread.pid };
        if !self.ensure_thread(model) {
            step.has_thread = false;
            return;
        }
        let is_model_known = self.complete_model(&thread, model, is_leader);
        let record = self.child_of_model(event, thread, (model, is_model_known));
        step.has_thread = self.insert_thread(record);
        if is_collision {
            *step = self.begin(event);
        }
    }

    /// Tells whether the thread that a child is like was known; makes the main thread of a new thread
    /// known if it was not.
    fn complete_model(&mut self, child: &Thread, model: i64, is_leader: bool) -> bool {
        let Some(record) = self.threads.records.get_mut(&model) else {
            return false;
        };
        if !record.thread.is_invalid() {
            return true;
        }
        if !is_leader {
            let thread = record.thread_mut();
            (thread.pid, thread.ptid) = (child.pid, child.ptid);
            (thread.vpid, thread.vtid) = (child.vpid, child.vpid);
            thread.follow_ids();
            self.threads.relate(model);
        }
        false
    }

    fn child_of_model(
        &mut self,
        event: &Event<'_>,
        mut thread: Thread,
        (model, is_model_known): (i64, bool),
    ) -> Record {
        let words = words(event);
        let name = name(event, words);
        let is_leader = thread.flags & clone_flag::THREAD == 0;
        let from = self.threads.records.get(&model);
        let owns_environment = from.is_some_and(|from| from.owns_environment);
        let from = from.map(|from| Arc::clone(&from.thread));
        if let Some(from) = from.as_ref().filter(|_| is_model_known) {
            inherit(&mut thread, from, words, !is_leader || owns_environment);
            if !is_leader {
                thread.exec_time_ns = from.exec_time_ns;
            }
        } else {
            thread.process.image = image::child_image(&self.unknown.process.image, words, true);
            if !is_leader {
                self.describe(model, name, words);
            }
        }
        fill(&mut thread, event, name, from.as_deref());
        let is_nested = thread.is_in_pid_namespace()
            || thread.flags & clone_flag::NEWPID != 0
            || thread.tid != thread.vtid;
        let boot_time_ns = self.info.boot_time_ns;
        if !is_nested {
            thread.pid_namespace_start_ns = boot_time_ns;
        } else if let Some(start) = parameter::unsigned(event, slot::NAMESPACE_START) {
            thread.pid_namespace_start_ns = start.wrapping_add(boot_time_ns);
        }
        let mut record = self.new_record(thread, is_leader, from.as_deref());
        if is_leader && is_model_known {
            self.inherit_open(&mut record, model);
        }
        self.ensure_user_of(&record.thread.process);
        record
    }

    /// A record of a thread that is `like` another one.
    fn new_record(
        &mut self,
        mut thread: Thread,
        owns_environment: bool,
        like: Option<&Thread>,
    ) -> Record {
        self.bound_texts(&mut thread, like.map(Texts::of).as_ref());
        let mut record = Record::new(self.threads.next_serial(), thread);
        record.owns_environment = owns_environment;
        record
    }

    /// Gives a thread of which only the id was known the name and the words of another one.
    fn describe(&mut self, tid: i64, name: &[u8], words: Words<'_>) {
        let Some(record) = self.threads.records.get_mut(&tid) else {
            return;
        };
        let before = Texts::of(&record.thread);
        let thread = record.thread_mut();
        thread.set_name(name);
        thread.process.image = image::child_image(&before.image, words, true);
        self.bound_new_texts(tid, &before);
    }

    /// Gives a new process the descriptors and the working directory of its parent.
    fn inherit_open(&mut self, record: &mut Record, parent: i64) {
        let owner = self.threads.table_owner(parent);
        let owner = owner.and_then(|owner| self.threads.records.get(&owner));
        if let Some(owner) = owner {
            let count = owner.descriptors.len();
            if self.threads.descriptors.saturating_add(count) <= self.limits.descriptors {
                record.descriptors = owner.descriptors.clone();
            } else {
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                let dropped = &mut self.stats.descriptors_dropped;
                *dropped = dropped.saturating_add(count);
            }
        }
        record.cwd = self.directory(parent);
        record.thread_mut().process.cwd = Some(record.cwd.clone());
    }
}

/// Ids in the child's own namespace, thread and process.
fn namespace_ids(event: &Event<'_>) -> Option<(i64, i64)> {
    let vpid = parameter::signed(event, slot::VPID)?;
    Some((parameter::signed(event, slot::VTID).unwrap_or(-1), vpid))
}

fn words<'a>(event: &Event<'a>) -> Words<'a> {
    Words {
        exe: parameter::text(event, slot::EXE),
        arguments: parameter::bytes(event, slot::ARGUMENTS).unwrap_or_default(),
    }
}

/// Old captures have no name: the program's stands for it.
fn name<'a>(event: &Event<'a>, words: Words<'a>) -> &'a [u8] {
    match parameter::bytes(event, slot::COMM) {
        Some(_) => parameter::text(event, slot::COMM),
        None => words.exe,
    }
}

/// What a child has from the thread that it is like.
fn inherit(thread: &mut Thread, from: &Thread, words: Words<'_>, has_environment: bool) {
    thread.process.image = image::child_image(&from.process.image, words, has_environment);
    thread.root = Arc::clone(&from.root);
    thread.sid = from.sid;
    thread.vpgid = from.vpgid;
    thread.pgid = from.pgid;
    thread.process.tty = from.process.tty;
    thread.process.credentials.loginuid = from.process.credentials.loginuid;
    thread.process.capabilities = from.process.capabilities;
    thread.exe_ctime_to_clone_ns = from.exe_ctime_to_clone_ns;
}

/// What the event tells of a child itself.
fn fill(thread: &mut Thread, event: &Event<'_>, name: &[u8], like: Option<&Thread>) {
    thread.set_name(name);
    thread.fd_limit = parameter::signed(event, slot::FD_LIMIT).unwrap_or(-1);
    if let Some(swap) = parameter::unsigned32(event, slot::VM_SWAP) {
        let memory = |slot| parameter::unsigned32(event, slot).unwrap_or_default();
        let faults = |slot| parameter::unsigned(event, slot).unwrap_or_default();
        thread.page_faults = [faults(slot::FAULTS_MAJOR), faults(slot::FAULTS_MINOR)];
        thread.memory_kb = [memory(slot::VM_SIZE), memory(slot::VM_RSS), swap];
    }
    let credentials = &mut thread.process.credentials;
    credentials.uid = parameter::unsigned32(event, slot::UID).unwrap_or(u32::MAX);
    credentials.gid = parameter::unsigned32(event, slot::GID).unwrap_or(u32::MAX);
    if let Some(cgroups) = parameter::bytes(event, slot::CGROUPS) {
        image::set_cgroups(thread, cgroups, like);
    }
    thread.clone_time_ns = event.header.time_ns;
    thread.follow_ids();
}
