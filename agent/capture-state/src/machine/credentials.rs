//! What a thread may do, and how much it uses.

use super::step::{Step, result, success};
use super::{Machine, code, parameter};
use crate::thread::clone_flag;
use saker_falco_events::Event;
use saker_process_state::Capabilities;

/// `RLIMIT_NOFILE` as Falco numbers it.
const RLIMIT_NOFILE: u64 = 7;

/// `PR_SET_CHILD_SUBREAPER` and `PR_GET_CHILD_SUBREAPER`.
const SUBREAPER_OPTIONS: [u32; 2] = [36, 37];

/// All capabilities that there are.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;

impl Machine {
    /// A call that sets user ids returned; `slot` has the effective one.
    pub(super) fn set_user(&mut self, event: &Event<'_>, step: &Step, slot: usize) {
        let uid = parameter::unsigned32(event, slot).filter(|_| result(event) == Some(0));
        let (Some(uid), Some(record)) = (uid, self.record_mut(step)) else {
            return;
        };
        if record.thread.process.credentials.uid != uid {
            record.thread_mut().process.credentials.uid = uid;
        }
        let gid = record.thread.process.credentials.gid;
        self.ensure_user(uid, gid);
    }

    /// A call that sets group ids returned; `slot` has the effective one.
    pub(super) fn set_group(&mut self, event: &Event<'_>, step: &Step, slot: usize) {
        let gid = parameter::unsigned32(event, slot).filter(|_| result(event) == Some(0));
        let (Some(gid), Some(record)) = (gid, self.record_mut(step)) else {
            return;
        };
        if record.thread.process.credentials.gid != gid {
            record.thread_mut().process.credentials.gid = gid;
        }
        self.ensure_group(gid);
    }

    /// `setsid` returned.
    pub(super) fn set_session(&mut self, event: &Event<'_>, step: &Step) {
        if let (Some(sid), Some(record)) = (success(event), self.record_mut(step)) {
            let thread = record.thread_mut();
            thread.sid = sid;
            thread.follow_ids();
        }
    }

    /// `capset` returned.
    pub(super) fn set_capabilities(&mut self, event: &Event<'_>, step: &Step) {
        let set = |slot| parameter::unsigned(event, slot).unwrap_or_default();
        let capabilities = Capabilities {
            inheritable: set(1),
            permitted: set(2),
            effective: set(3),
        };
        if let (Some(_), Some(record)) = (success(event), self.record_mut(step)) {
            record.thread_mut().process.capabilities = Some(capabilities);
        }
    }

    /// `unshare` or `setns` returned: whoever enters a user namespace has all capabilities there.
    pub(super) fn changed_namespaces(&mut self, event: &Event<'_>, step: &Step) {
        let slot = if event.event_type.code.0 == code::UNSHARE {
            1
        } else {
            2
        };
        let flags = parameter::unsigned32(event, slot).unwrap_or_default();
        if success(event).is_none() || flags & clone_flag::NEWUSER == 0 {
            return;
        }
        if let Some(record) = self.record_mut(step) {
            record.thread_mut().process.capabilities = Some(Capabilities {
                inheritable: ALL_CAPABILITIES,
                permitted: ALL_CAPABILITIES,
                effective: ALL_CAPABILITIES,
            });
        }
    }

    /// `prctl` returned: a process may become one that gets the children of its descendants.
    pub(super) fn set_reaper(&mut self, event: &Event<'_>, step: &Step) {
        let option = parameter::unsigned32(event, 1).unwrap_or_default();
        if success(event).is_none() || !SUBREAPER_OPTIONS.contains(&option) {
            return;
        }
        let is_reaper = parameter::signed(event, 3).unwrap_or_default() != 0;
        if self
            .record(step)
            .is_some_and(|record| !record.thread.is_invalid())
            && let Some(group) = self.threads.group_mut(step.tid)
        {
            group.is_reaper = is_reaper;
        }
    }

    /// `getrlimit` or `setrlimit` returned.
    pub(super) fn limited(&mut self, event: &Event<'_>, step: &Step) {
        if success(event).is_some() && parameter::unsigned(event, 3) == Some(RLIMIT_NOFILE) {
            let limit = parameter::signed(event, 1);
            if self.record(step).is_some() {
                self.set_descriptor_limit(step.tid, limit);
            }
        }
    }

    /// `prlimit` returned; it may be about another process.
    pub(super) fn limited_process(&mut self, event: &Event<'_>) {
        if result(event) != Some(0) || parameter::unsigned(event, 6) != Some(RLIMIT_NOFILE) {
            return;
        }
        let Some(tid) = parameter::signed(event, 5) else {
            return;
        };
        let tid = if tid == 0 { event.header.tid } else { tid };
        let limit = parameter::signed(event, 1).filter(|limit| *limit != -1);
        if limit.is_none() || !self.ensure_thread(tid) {
            return;
        }
        let record = self.threads.records.get(&tid);
        if record.is_some_and(|record| !record.thread.is_invalid()) {
            self.set_descriptor_limit(tid, limit);
        }
    }

    fn set_descriptor_limit(&mut self, tid: i64, limit: Option<i64>) {
        let main = self.threads.main(tid).map(|main| main.thread.tid);
        let Some(limit) = limit.filter(|limit| *limit != -1) else {
            return;
        };
        let record = main.and_then(|main| self.threads.records.get_mut(&main));
        if let Some(record) = record.filter(|record| record.thread.fd_limit != limit) {
            record.thread_mut().fd_limit = limit;
        }
    }

    /// The processor takes up another thread: the event tells how much the one before used.
    pub(super) fn switched(&mut self, event: &Event<'_>, step: &Step) {
        let Some(swap) = parameter::unsigned32(event, 5) else {
            return;
        };
        let Some(record) = self.record_mut(step) else {
            return;
        };
        let faults = |slot| parameter::unsigned(event, slot).unwrap_or_default();
        let faults = [faults(1), faults(2)];
        if record.thread.page_faults != faults {
            record.thread_mut().page_faults = faults;
        }
        let memory = |slot| parameter::unsigned32(event, slot).unwrap_or_default();
        let memory = [memory(3), memory(4), swap];
        let main = self.threads.main(step.tid).map(|main| main.thread.tid);
        self.set_memory(main, memory);
    }

    /// A call that changes the memory of a process returned.
    pub(super) fn mapped(&mut self, event: &Event<'_>, step: &Step) {
        let Some(record) = self.record(step) else {
            return;
        };
        let mut memory = record.thread.memory_kb;
        let [size, resident, swapped] = &mut memory;
        if let Some(value) = parameter::unsigned32(event, 1) {
            *size = value;
        }
        if let Some(value) = parameter::unsigned32(event, 3) {
            *resident = parameter::unsigned32(event, 2).unwrap_or_default();
            *swapped = value;
        }
        self.set_memory(Some(step.tid), memory);
    }

    fn set_memory(&mut self, tid: Option<i64>, memory_kb: [u32; 3]) {
        let record = tid.and_then(|tid| self.threads.records.get_mut(&tid));
        if let Some(record) = record.filter(|record| record.thread.memory_kb != memory_kb) {
            record.thread_mut().memory_kb = memory_kb;
        }
    }
}
