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
    changes.parent =
        process.ppid.0 != header.ppid || (process.parent.is_none() && header.ppid != 0);
    let credentials = Credentials {
        uid: header.uid,
        gid: header.gid,
        loginuid: loginuid(header),
        ..process.credentials
    };
    // A process that is exiting has no mount namespace any more.
    let mount_namespace = match header.mount_namespace {
        0 => process.mount_namespace,
        namespace => namespace,
    };
    let is_unchanged = process.ppid.0 == header.ppid
        && !changes.cgroup
        && process.vpid == header.vpid
        && process.credentials == credentials
        && process.session.0 == header.session
        && process.tty == header.tty
        && process.pid_namespace == header.pid_namespace
        && process.mount_namespace == mount_namespace;
    if is_unchanged {
        return changes;
    }
    let record = Arc::make_mut(process);
    record.ppid = Pid(header.ppid);
    record.cgroup_id = cgroup_id;
    record.vpid = header.vpid;
    record.credentials = credentials;
    record.session = Pid(header.session);
    record.tty = header.tty;
    record.pid_namespace = header.pid_namespace;
    record.mount_namespace = mount_namespace;
    record.updated = BootTime(header.time_boot_ns);
    changes
}
