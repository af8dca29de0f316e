//! What the head of every record says about its process.

use crate::identity::{BootTime, CgroupId, Comm, Pid, ProcessKey};
use crate::process::{Credentials, Image, Origin, Placement, Process};
use saker_event_decode::EventView;
use saker_event_schema::EventHeader;
use std::sync::Arc;

/// The identity of the process that acted.
pub(crate) fn key_of(header: &EventHeader) -> ProcessKey {
    ProcessKey::new(Pid(header.pid), BootTime(header.start_boot_ns))
}

fn loginuid(header: &EventHeader) -> Option<u32> {
    (header.loginuid != u32::MAX).then_some(header.loginuid)
}

/// A record of which only the head of one event is known.
pub(crate) fn minimal(event: &EventView<'_>) -> Process {
    let header = event.header();
    Process {
        key: key_of(header),
        parent: None,
        ppid: Pid(header.ppid),
        vpid: header.vpid,
        exec_id: Some(header.exec_id),
        comm: Comm::new(event.comm()),
        image: Arc::new(Image::default()),
        cwd: None,
        clone_time: None,
        exit_time: None,
        tty: header.tty,
        session: Pid(header.session),
        pgid: None,
        vpgid: None,
        credentials: Credentials {
            uid: header.uid,
            gid: header.gid,
            ruid: None,
            suid: None,
            rgid: None,
            loginuid: loginuid(header),
        },
        capabilities: None,
        pid_namespace: header.pid_namespace,
        mount_namespace: header.mount_namespace,
        cgroup_id: None,
        placement: Placement::Unknown,
        origin: Origin::Header,
        updated: BootTime(header.time_boot_ns),
    }
}

/// What changed in the head since the record was last updated, beyond the record itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changes {
    /// The process has another parent, or one that was not known.
    pub(crate) parent: bool,
    /// The process is in another cgroup.
    pub(crate) cgroup: bool,
}

/// Brings a record up to the head of an event. Copies it only if something changed; an event that
/// is older than the record changes nothing but the exact start time.
pub(crate) fn refresh(process: &mut Arc<Process>, header: &EventHeader) -> Changes {
    let mut changes = Changes {
        parent: false,
        cgroup: false,
    };
    if process.key.start_boot_ns.0 != header.start_boot_ns {
        Arc::make_mut(process).key = key_of(header);
    }
    if process.exec_id.is_none() {
        Arc::make_mut(process).exec_id = Some(header.exec_id);
    }
    if header.time_boot_ns < process.updated.0 {
        return changes;
    }
    let cgroup_id = Some(CgroupId(header.cgroup_id));
    changes.cgroup = process.cgroup_id != cgroup_id;
    changes.parent = !has_parent(process, header);
    if !changes.cgroup && says_the_same(process, header) {
        return changes;
    }
    let record = Arc::make_mut(process);
    let process_namespace = record.mount_namespace;
    record.ppid = Pid(header.ppid);
    record.cgroup_id = cgroup_id;
    record.vpid = header.vpid;
    record.credentials.uid = header.uid;
    record.credentials.gid = header.gid;
    record.credentials.loginuid = loginuid(header);
    record.session = Pid(header.session);
    record.tty = header.tty;
    record.pid_namespace = header.pid_namespace;
    record.mount_namespace = mount_namespace(process_namespace, header);
    record.updated = BootTime(header.time_boot_ns);
    changes
}

/// Whether the head of an event says nothing about its process that the record does not say.
pub(crate) fn is_current(process: &Process, header: &EventHeader) -> bool {
    process.key.start_boot_ns.0 == header.start_boot_ns
        && process.exec_id.is_some()
        && process.cgroup_id == Some(CgroupId(header.cgroup_id))
        && has_parent(process, header)
        && says_the_same(process, header)
}

/// Whether the record has the parent that the head names.
fn has_parent(process: &Process, header: &EventHeader) -> bool {
    process.ppid.0 == header.ppid && (process.parent.is_some() || header.ppid == 0)
}

/// Whether head and record agree in what is kept in the record alone.
fn says_the_same(process: &Process, header: &EventHeader) -> bool {
    let Credentials {
        uid,
        gid,
        loginuid: login,
        ..
    } = process.credentials;
    process.ppid.0 == header.ppid
        && process.vpid == header.vpid
        && uid == header.uid
        && gid == header.gid
        && login == loginuid(header)
        && process.session.0 == header.session
        && process.tty == header.tty
        && process.pid_namespace == header.pid_namespace
        && process.mount_namespace == mount_namespace(process.mount_namespace, header)
}

/// The mount namespace after an event: a process that is exiting has none any more.
const fn mount_namespace(known: u32, header: &EventHeader) -> u32 {
    match header.mount_namespace {
        0 => known,
        namespace => namespace,
    }
}
