//! What the machine keeps for one thread.

use super::Map;
use crate::descriptor::Descriptor;
use crate::snapshot::ThreadSnapshot;
use crate::thread::Thread;
use saker_process_state::{
    BootTime, Capabilities, Comm, Credentials, Image, Origin, Pid, Placement, Process, ProcessKey,
    StringVector,
};
use std::sync::Arc;

/// One thread and what only the machine needs of it.
#[derive(Debug)]
pub(super) struct Record {
    /// What is handed out.
    pub(super) thread: Arc<Thread>,
    /// Its descriptors by number; used for the main thread of a process.
    pub(super) descriptors: Map<i64, Arc<Descriptor>>,
}

impl Record {
    pub(super) fn from_snapshot(snapshot: ThreadSnapshot) -> Self {
        Self {
            thread: Arc::new(thread(snapshot)),
            descriptors: Map::default(),
        }
    }
}

fn thread(snapshot: ThreadSnapshot) -> Thread {
    let process = process(&snapshot);
    Thread {
        tid: snapshot.tid,
        pid: snapshot.pid,
        ptid: snapshot.ptid,
        vtid: snapshot.vtid,
        vpid: snapshot.vpid,
        sid: snapshot.sid,
        pgid: snapshot.pgid,
        vpgid: snapshot.vpgid,
        fd_limit: snapshot.fd_limit,
        flags: snapshot.flags,
        name: snapshot.comm.into(),
        memory_kb: [snapshot.vm_size_kb, snapshot.vm_rss_kb, snapshot.vm_swap_kb],
        page_faults: [snapshot.pf_major, snapshot.pf_minor],
        cgroups: snapshot.cgroups.into(),
        root: snapshot.root.into(),
        clone_time_ns: snapshot.clone_ts,
        exec_time_ns: 0,
        pid_namespace_start_ns: snapshot.pidns_init_start_ts,
        exe_ctime_to_clone_ns: 0,
        exe_ctime_to_pid_namespace_ns: 0,
        process,
    }
}

fn process(snapshot: &ThreadSnapshot) -> Process {
    let pid = |id: i64| Pid(u32::try_from(id).unwrap_or_default());
    let mut arguments = snapshot.exe.to_vec();
    arguments.push(0);
    arguments.extend_from_slice(&snapshot.arguments);
    Process {
        key: ProcessKey::new(pid(snapshot.pid), BootTime(snapshot.clone_ts)),
        parent: None,
        ppid: pid(snapshot.ptid),
        vpid: pid(snapshot.vpid).0,
        exec_id: None,
        comm: Comm::new(&snapshot.comm),
        image: Arc::new(Image {
            exe_path: Some(snapshot.exe_path.clone()),
            arguments: Some(StringVector {
                bytes: arguments.into(),
                is_truncated: false,
            }),
            environment: Some(StringVector {
                bytes: snapshot.environment.clone(),
                is_truncated: false,
            }),
            ..Image::default()
        }),
        cwd: Some(snapshot.cwd.as_ref().into()),
        clone_time: (snapshot.clone_ts != 0).then_some(BootTime(snapshot.clone_ts)),
        exit_time: None,
        tty: snapshot.tty,
        session: pid(snapshot.sid),
        pgid: None,
        vpgid: None,
        credentials: Credentials {
            uid: snapshot.uid,
            gid: snapshot.gid,
            loginuid: Some(snapshot.loginuid).filter(|uid| *uid != u32::MAX),
            ..Credentials::default()
        },
        capabilities: Some(Capabilities {
            permitted: snapshot.cap_permitted,
            effective: snapshot.cap_effective,
            inheritable: snapshot.cap_inheritable,
        }),
        pid_namespace: 0,
        mount_namespace: 0,
        cgroup_id: None,
        placement: Placement::Unknown,
        origin: Origin::ProcFs,
        updated: BootTime::default(),
    }
}
