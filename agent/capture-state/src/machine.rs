//! The machine: what was there, changed by every event.

mod record;

use crate::descriptor::Descriptor;
use crate::limits::Limits;
use crate::snapshot::{
    DescriptorSnapshot, GroupEntry, Interface, MachineInfo, ThreadSnapshot, UserEntry,
};
use crate::stats::Stats;
use crate::subject::Subject;
use crate::thread::Thread;
use foldhash::fast::RandomState;
use record::Record;
use saker_falco_events::Event;
use std::collections::HashMap;
use std::sync::Arc;

/// A map with a fast hash that no capture can aim at.
type Map<K, V> = HashMap<K, V, RandomState>;

/// The threads, descriptors and users of a capture, kept up to date by its events.
#[derive(Debug)]
pub struct Machine {
    info: MachineInfo,
    limits: Limits,
    stats: Stats,
    threads: Map<i64, Record>,
    users: Map<u32, UserEntry>,
    groups: Map<u32, GroupEntry>,
    interfaces: Vec<Interface>,
}

impl Machine {
    /// A machine of which only the host is known.
    #[must_use]
    pub fn new(info: MachineInfo, limits: Limits) -> Self {
        Self {
            info,
            limits,
            stats: Stats::default(),
            threads: Map::default(),
            users: Map::default(),
            groups: Map::default(),
            interfaces: Vec::new(),
        }
    }

    /// Takes a thread that was there.
    pub fn add_thread(&mut self, snapshot: ThreadSnapshot) {
        if self.threads.len() >= self.limits.threads {
            self.stats.threads_dropped = self.stats.threads_dropped.saturating_add(1);
            return;
        }
        self.stats.threads_added = self.stats.threads_added.saturating_add(1);
        self.threads
            .insert(snapshot.tid, Record::from_snapshot(snapshot));
    }

    /// Takes a descriptor that was open; `tid` is the thread whose table lists it. The name of a
    /// connection is made from its ends, whatever the snapshot says.
    pub fn add_descriptor(&mut self, tid: i64, snapshot: DescriptorSnapshot) {
        let Some(record) = self.threads.get_mut(&tid) else {
            return;
        };
        let descriptor = Arc::new(snapshot.descriptor);
        record.descriptors.insert(snapshot.number, descriptor);
    }

    /// Takes a user.
    pub fn add_user(&mut self, user: UserEntry) {
        self.users.insert(user.uid, user);
    }

    /// Takes a group.
    pub fn add_group(&mut self, group: GroupEntry) {
        self.groups.insert(group.gid, group);
    }

    /// Takes a network interface.
    pub fn add_interface(&mut self, interface: Interface) {
        self.interfaces.push(interface);
    }

    /// Ends what was there at the begin of the capture: relates threads to parents and processes,
    /// and sockets to servers and clients. To be called once, before the first event.
    pub fn start(&mut self) {}

    /// Takes the next event, which must be of a current form (see the conversion of old events), and
    /// tells what it is about.
    pub fn apply(&mut self, event: &Event<'_>) -> Subject {
        let record = self.threads.get(&event.header.tid);
        Subject {
            thread: record.map(|record| Arc::clone(&record.thread)),
            ..Subject::default()
        }
    }

    /// The thread with this id.
    #[must_use]
    pub fn thread(&self, tid: i64) -> Option<&Arc<Thread>> {
        self.threads.get(&tid).map(|record| &record.thread)
    }

    /// The parent of a thread: the thread that `ptid` names.
    #[must_use]
    pub fn parent(&self, thread: &Thread) -> Option<&Arc<Thread>> {
        self.thread(thread.ptid)
    }

    /// The main thread of a thread's process; `None` when it is not known.
    #[must_use]
    pub fn main_thread(&self, thread: &Thread) -> Option<&Arc<Thread>> {
        self.thread(thread.pid)
    }

    /// The process that `generations` steps up from a thread's process; 0 is the process itself. This
    /// is what `proc.aname[n]` and its like read.
    #[must_use]
    pub fn ancestor_process(&self, thread: &Thread, generations: u32) -> Option<&Arc<Thread>> {
        let mut main = self.main_thread(thread)?;
        for _ in 0..generations {
            main = self.main_thread(self.parent(main)?)?;
        }
        Some(main)
    }

    /// What a descriptor of a thread refers to.
    #[must_use]
    pub fn descriptor(&self, thread: &Thread, number: i64) -> Option<&Arc<Descriptor>> {
        self.threads.get(&thread.pid)?.descriptors.get(&number)
    }

    /// How many descriptors the process of a thread has open.
    #[must_use]
    pub fn descriptor_count(&self, thread: &Thread) -> usize {
        self.threads
            .get(&thread.pid)
            .map_or(0, |record| record.descriptors.len())
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

    /// The host.
    #[must_use]
    pub const fn info(&self) -> &MachineInfo {
        &self.info
    }

    /// What was counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}
