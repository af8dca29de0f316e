//! Users and groups.

use super::texts::{group_bytes, user_bytes};
use super::{Machine, code, parameter};
use crate::snapshot::{GroupEntry, UserEntry};
use saker_falco_events::Event;
use saker_process_state::Process;

/// Longest name of a user or group, bytes.
const NAME_BYTES_MAX: usize = 255;

/// Longest home directory and shell, bytes.
const PATH_BYTES_MAX: usize = 1023;

impl Machine {
    /// Takes a user. One that is known keeps its group.
    pub fn add_user(&mut self, mut user: UserEntry) {
        if is_directory_service(&user.name) {
            return;
        }
        let is_known = self.users.contains_key(&user.uid);
        if !is_known && self.users.len() >= self.limits.users {
            self.drop_entry();
            return;
        }
        self.cut(&mut user.name, NAME_BYTES_MAX);
        self.cut(&mut user.home, PATH_BYTES_MAX);
        self.cut(&mut user.shell, PATH_BYTES_MAX);
        if !self.take_user_text(user_bytes(&user)) {
            (user.name, user.home, user.shell) = Default::default();
        }
        if let Some(known) = self.users.get(&user.uid) {
            user.gid = known.gid;
        }
        self.users.insert(user.uid, user);
    }

    /// Takes a group.
    pub fn add_group(&mut self, mut group: GroupEntry) {
        if is_directory_service(&group.name) {
            return;
        }
        let is_known = self.groups.contains_key(&group.gid);
        if !is_known && self.groups.len() >= self.limits.users {
            self.drop_entry();
            return;
        }
        self.cut(&mut group.name, NAME_BYTES_MAX);
        if !self.take_user_text(group_bytes(&group)) {
            group.name = Box::default();
        }
        self.groups.insert(group.gid, group);
    }

    pub(super) fn drop_entry(&mut self) {
        self.stats.entries_dropped = self.stats.entries_dropped.saturating_add(1);
    }

    /// A user came or went.
    pub(super) fn changed_user(&mut self, event: &Event<'_>) {
        // Those of containers are looked up by nobody.
        let Some(uid) = parameter::unsigned32(event, 0).filter(|_| is_of_host(event, 5)) else {
            return;
        };
        if event.event_type.code.0 == code::USER_DELETED {
            self.users.remove(&uid);
            return;
        }
        self.add_user(UserEntry {
            uid,
            gid: parameter::unsigned32(event, 1).unwrap_or(u32::MAX),
            name: parameter::text(event, 2).into(),
            home: parameter::text(event, 3).into(),
            shell: parameter::text(event, 4).into(),
        });
    }

    /// A group came or went.
    pub(super) fn changed_group(&mut self, event: &Event<'_>) {
        let Some(gid) = parameter::unsigned32(event, 0).filter(|_| is_of_host(event, 2)) else {
            return;
        };
        if event.event_type.code.0 == code::GROUP_DELETED {
            self.groups.remove(&gid);
            return;
        }
        let name = parameter::text(event, 1).into();
        self.add_group(GroupEntry { gid, name });
    }

    /// Makes sure that root has a name where a process of root was seen.
    pub(super) fn ensure_user_of(&mut self, process: &Process) {
        let credentials = process.credentials;
        self.ensure_user(credentials.uid, credentials.gid);
        self.ensure_group(credentials.gid);
    }

    pub(super) fn ensure_user(&mut self, uid: u32, gid: u32) {
        if uid == 0 && !self.users.contains_key(&uid) {
            self.add_user(UserEntry {
                uid,
                gid,
                name: (*b"root").into(),
                home: (*b"/root").into(),
                shell: parameter::UNREAD.into(),
            });
        }
    }

    pub(super) fn ensure_group(&mut self, gid: u32) {
        if gid == 0 && !self.groups.contains_key(&gid) {
            let name = (*b"root").into();
            self.add_group(GroupEntry { gid, name });
        }
    }
}

/// Whether an event about a user or group names no container.
fn is_of_host(event: &Event<'_>, slot: usize) -> bool {
    parameter::text(event, slot).is_empty()
}

/// Entries that stand for a directory service are none.
const fn is_directory_service(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'+' | b'-'))
}
