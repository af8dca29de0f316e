//! Which threads there are, and how they hang together.

use super::record::{Link, Record};
use super::{Machine, Map};
use crate::thread::clone_flag;
use std::collections::VecDeque;
use std::sync::Arc;

/// Ended threads that a list of children or members may hold before it is cleaned, as in Falco.
const ENDED_MAX: u64 = 10;

/// A list of children or members that is longer than so many ended threads is not cleaned for each
/// few of them: that would take the longer the more threads there are.
const LINKS_PER_ENDED: usize = 128;

/// Links that a list may hold beyond twice the threads that there are, whatever is counted.
const SLACK: usize = 64;

/// The threads of one process.
#[derive(Debug)]
pub(super) struct Group {
    /// How many have not ended.
    pub(super) alive: u64,
    /// Its threads; the main thread comes first, if it is known.
    pub(super) members: VecDeque<Link>,
    /// Threads that ended since the list of members was cleaned.
    ended: usize,
    /// Whether it gets the children of its descendants that end.
    pub(super) is_reaper: bool,
    /// Records that name the group, and the table of processes if it does.
    holders: usize,
}

/// All threads by id, and their processes.
#[derive(Debug, Default)]
pub(super) struct Threads {
    pub(super) records: Map<i64, Record>,
    groups: Map<u64, Group>,
    groups_by_pid: Map<i64, u64>,
    serial: u64,
    /// Descriptors of all tables together.
    pub(super) descriptors: usize,
    /// Memory for enter events of all threads together, bytes.
    pub(super) enter_bytes: usize,
}

impl Threads {
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }

    pub(super) fn linked(&self, link: Link) -> Option<&Record> {
        let record = self.records.get(&link.tid)?;
        (record.serial == link.serial).then_some(record)
    }

    pub(super) fn group_mut(&mut self, tid: i64) -> Option<&mut Group> {
        self.groups.get_mut(&self.records.get(&tid)?.group?)
    }

    pub(super) fn group(&self, tid: i64) -> Option<&Group> {
        self.groups.get(&self.records.get(&tid)?.group?)
    }

    /// The main thread of a thread's process.
    pub(super) fn main(&self, tid: i64) -> Option<&Record> {
        let record = self.records.get(&tid)?;
        if record.thread.is_main() {
            return Some(record);
        }
        let first = *self.groups.get(&record.group?)?.members.front()?;
        self.linked(first).filter(|first| first.thread.is_main())
    }

    /// Whose table holds the descriptors of a thread.
    pub(super) fn table_owner(&self, tid: i64) -> Option<i64> {
        let record = self.records.get(&tid)?;
        if record.thread.flags & clone_flag::FILES == 0 {
            return Some(tid);
        }
        self.main(tid).map(|main| main.thread.tid)
    }

    /// The threads of a thread's process that are known.
    pub(super) fn members(&self, tid: i64) -> impl Iterator<Item = &Record> {
        let links = self.group(tid).into_iter().flat_map(|group| &group.members);
        links.filter_map(|link| self.linked(*link))
    }

    /// Puts a record into the table, in the place of an older one.
    pub(super) fn insert(&mut self, record: Record) {
        self.descriptors = self.descriptors.saturating_add(record.descriptors.len());
        if let Some(old) = self.records.insert(record.thread.tid, record) {
            self.drop_record(&old);
        }
    }

    fn erase(&mut self, tid: i64) {
        if let Some(record) = self.records.remove(&tid) {
            self.drop_record(&record);
        }
    }

    fn drop_record(&mut self, record: &Record) {
        self.descriptors = self.descriptors.saturating_sub(record.descriptors.len());
        self.enter_bytes = self.enter_bytes.saturating_sub(record.enter_bytes());
        if let Some(group) = record.group {
            self.release(group);
        }
    }

    fn release(&mut self, id: u64) {
        if let Some(group) = self.groups.get_mut(&id) {
            group.holders = group.holders.saturating_sub(1);
            if group.holders == 0 {
                self.groups.remove(&id);
            }
        }
    }

    /// Gives a thread its process and its parent. Nothing happens where only the id of the thread is
    /// known, or where it has a process.
    pub(super) fn relate(&mut self, tid: i64) {
        let Some(record) = self.records.get(&tid) else {
            return;
        };
        if record.thread.is_invalid() || record.group.is_some() {
            return;
        }
        let (link, thread) = (record.link(), &record.thread);
        let (pid, ptid) = (thread.pid, thread.ptid);
        let (is_main, is_init) = (thread.is_main(), pid == 1 || thread.vpid == 1);
        let group = self.join(pid, link, is_main, is_init);
        if let Some(record) = self.records.get_mut(&tid) {
            record.group = Some(group);
        }
        if is_main {
            self.share_directory(tid);
        } else {
            self.take_directory(tid);
        }
        // The group of init has no parent.
        if pid == 1 {
            return;
        }
        let parent = self.records.get(&ptid).filter(|_| ptid != tid);
        match parent.filter(|parent| !parent.thread.is_invalid()) {
            Some(_) => self.add_child(ptid, link),
            None => self.set_parent(tid, 0),
        }
    }

    pub(super) fn add_child(&mut self, ptid: i64, child: Link) {
        let Some(parent) = self.records.get_mut(&ptid) else {
            return;
        };
        parent.children.push(child);
        parent.children_alive = parent.children_alive.wrapping_add(1);
        if is_too_long(parent.children.len(), self.records.len()) {
            self.forget_ended_children(ptid);
        }
    }

    fn forget_ended_children(&mut self, ptid: i64) {
        let Some(parent) = self.records.get_mut(&ptid) else {
            return;
        };
        let mut list = std::mem::take(&mut parent.children);
        list.retain(|link| is_current(&self.records, *link));
        if let Some(parent) = self.records.get_mut(&ptid) {
            parent.children = list;
            parent.children_ended = 0;
        }
    }

    /// Takes a thread into the group of a process and tells which that is.
    fn join(&mut self, pid: i64, link: Link, is_main: bool, is_init: bool) -> u64 {
        let known = self.groups_by_pid.get(&pid).copied();
        if let Some(id) = known
            && let Some(group) = self.groups.get_mut(&id)
        {
            if is_main {
                group.members.push_front(link);
            } else {
                group.members.push_back(link);
            }
            group.alive = group.alive.saturating_add(1);
            group.holders = group.holders.saturating_add(1);
            if is_too_long(group.members.len(), self.records.len()) {
                let records = &self.records;
                group.members.retain(|link| is_current(records, *link));
            }
            return id;
        }
        let id = self.next_serial();
        let group = Group {
            alive: 1,
            members: VecDeque::from([link]),
            ended: 0,
            is_reaper: is_init,
            holders: 2,
        };
        self.groups.insert(id, group);
        self.groups_by_pid.insert(pid, id);
        id
    }

    pub(super) fn set_parent(&mut self, tid: i64, ptid: i64) {
        if let Some(record) = self.records.get_mut(&tid)
            && record.thread.ptid != ptid
        {
            let thread = record.thread_mut();
            thread.ptid = ptid;
            thread.follow_ids();
        }
    }

    /// Shows the working directory of the main thread in all threads of a process.
    pub(super) fn share_directory(&mut self, tid: i64) {
        let directory = self.directory(tid);
        let group = self.records.get(&tid).and_then(|record| record.group);
        let Some(group) = group.and_then(|group| self.groups.get(&group)) else {
            return self.take_directory(tid);
        };
        for link in &group.members {
            if let Some(record) = self.records.get_mut(&link.tid)
                && record.serial == link.serial
            {
                record.show_directory(&directory);
            }
        }
    }

    /// Shows the working directory of the main thread in one thread of its process.
    fn take_directory(&mut self, tid: i64) {
        let directory = self.directory(tid);
        if let Some(record) = self.records.get_mut(&tid) {
            record.show_directory(&directory);
        }
    }

    /// The working directory of a thread's process, with a slash at its end.
    pub(super) fn directory(&self, tid: i64) -> Arc<[u8]> {
        match self.main(tid) {
            Some(main) => Arc::clone(&main.cwd),
            None => (*b"./").into(),
        }
    }

    /// Counts a thread of a process as ended.
    pub(super) fn mark_dead(&mut self, tid: i64) {
        if let Some(record) = self.records.get_mut(&tid)
            && !record.thread.is_dead()
        {
            record.thread_mut().flags |= clone_flag::CLOSED;
            self.count_dead(tid);
        }
    }

    fn count_dead(&mut self, tid: i64) {
        let Some(id) = self.records.get(&tid).and_then(|record| record.group) else {
            return;
        };
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        group.alive = group.alive.saturating_sub(1);
        group.ended = group.ended.saturating_add(1);
        let length = group.members.len();
        let members = u64::try_from(length).unwrap_or(u64::MAX);
        if members.saturating_sub(group.alive) > ENDED_MAX && pays(length, group.ended) {
            let records = &self.records;
            group.members.retain(|link| is_current(records, *link));
            group.ended = 0;
        }
    }

    /// Removes a thread: its children get a new parent, and the last thread of a process takes the
    /// main thread with it, which stays until then. Where the table does not hold the reaper that the
    /// kernel named, the caller must have put one there.
    pub(super) fn remove(&mut self, tid: i64) -> bool {
        let Some(record) = self.records.get(&tid) else {
            return false;
        };
        let thread = &record.thread;
        let (pid, ptid) = (thread.pid, thread.ptid);
        let is_main = thread.is_main();
        if thread.is_invalid() || record.group.is_none() {
            self.remove_child(ptid);
            self.erase(tid);
            return true;
        }
        self.mark_dead(tid);
        self.hand_over_children(tid);
        if self.group(tid).is_some_and(|group| group.alive == 0) {
            self.remove_child(ptid);
            if let Some(group) = self.groups_by_pid.remove(&pid) {
                self.release(group);
            }
            self.erase(pid);
        }
        if !is_main {
            self.remove_child(ptid);
            self.erase(tid);
        }
        true
    }

    fn remove_child(&mut self, ptid: i64) {
        let Some(parent) = self.records.get_mut(&ptid) else {
            return;
        };
        parent.children_alive = parent.children_alive.wrapping_sub(1);
        parent.children_ended = parent.children_ended.saturating_add(1);
        let length = parent.children.len();
        let children = u64::try_from(length).unwrap_or(u64::MAX);
        if children.wrapping_sub(parent.children_alive) >= ENDED_MAX
            && pays(length, parent.children_ended)
        {
            self.forget_ended_children(ptid);
        }
    }
}

/// Whether a list of links has more of them than there can be threads.
const fn is_too_long(length: usize, threads: usize) -> bool {
    length > threads.saturating_mul(2).saturating_add(SLACK)
}

/// Whether so many ended threads are worth going through a list.
const fn pays(length: usize, ended: usize) -> bool {
    ended.saturating_mul(LINKS_PER_ENDED) >= length
}

pub(super) fn is_current(records: &Map<i64, Record>, link: Link) -> bool {
    let record = records.get(&link.tid);
    record.is_some_and(|record| record.serial == link.serial)
}

impl Machine {
    /// Puts a new thread into the table and relates it to others; `false` when there is no room.
    pub(super) fn insert_thread(&mut self, record: Record) -> bool {
        let tid = record.thread.tid;
        if !self.has_room() {
            self.stats.threads_dropped = self.stats.threads_dropped.saturating_add(1);
            return false;
        }
        self.stats.threads_added = self.stats.threads_added.saturating_add(1);
        self.threads.insert(record);
        self.threads.relate(tid);
        true
    }

    pub(super) fn has_room(&self) -> bool {
        self.threads.records.len() < self.limits.threads
    }

    /// Makes sure that there is a record of a thread, if only of its id; `false` when there is no room.
    pub(super) fn ensure_thread(&mut self, tid: i64) -> bool {
        if self.threads.records.contains_key(&tid) {
            return true;
        }
        if !self.has_room() {
            return false;
        }
        self.stats.threads_unknown = self.stats.threads_unknown.saturating_add(1);
        let serial = self.threads.next_serial();
        let mut thread = self.unknown.clone();
        thread.tid = tid;
        // Where there is no thread at all, that is its own main thread, without a directory.
        if tid == thread.pid {
            thread.process.cwd = Some(Arc::default());
        }
        self.insert_thread(Record::new(serial, thread))
    }

    /// Removes a thread.
    pub(super) fn remove_thread(&mut self, tid: i64) {
        let reaper = self.threads.records.get(&tid).and_then(|record| {
            let has_children = record.group.is_some() && !record.children.is_empty();
            (has_children && record.reaper_tid > 0).then_some(record.reaper_tid)
        });
        if let Some(reaper) = reaper {
            self.ensure_thread(reaper);
        }
        if self.threads.remove(tid) {
            self.stats.threads_removed = self.stats.threads_removed.saturating_add(1);
        }
    }
}
