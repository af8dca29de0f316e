//! What lifecycle events do to the table.

use super::{ProcessState, credentials};
use crate::identity::{BootTime, CgroupId, Comm, Pid, ProcessKey};
use crate::process::{Capabilities, Image, Origin, Process, StringVector};
use saker_event_decode::EventView;
use saker_event_schema::{EventId, Kind, event};
use std::sync::Arc;

/// Whether events of this type may change the table beyond what their head says.
pub(super) const fn may_change(id: EventId) -> bool {
    matches!(
        id,
        event::SCHED_PROCESS_FORK
            | event::EXECVE
            | event::EXECVEAT
            | event::PROCEXIT
            | event::CGROUP_MKDIR
            | event::CGROUP_RMDIR
            | event::CGROUP_ATTACH_TASK
            | event::CHDIR
            | event::FCHDIR
            | event::CHROOT
            | event::SETSID
            | event::SETPGID
            | event::SETUID
            | event::SETREUID
            | event::SETRESUID
            | event::SETGID
            | event::SETREGID
            | event::SETRESGID
    )
}

impl ProcessState {
    /// Applies what an event does to processes and returns the one that acted.
    pub(super) fn apply_effects(&mut self, event: &EventView<'_>) -> Arc<Process> {
        let header = event.header();
        let pid = Pid(header.pid);
        let succeeded = header.result >= 0;
        match event.id() {
            event::SCHED_PROCESS_FORK => self.fork(event),
            event::EXECVE | event::EXECVEAT if succeeded => self.exec(event),
            event::PROCEXIT if unsigned(event, "group_dead") == Some(1) => {
                self.stats.exited += 1;
                if let Some(ended) = self.table.end(pid, BootTime(header.time_boot_ns)) {
                    return ended;
                }
            }
            event::CGROUP_MKDIR => self.learn_cgroup(event),
            event::CGROUP_RMDIR => self.forget_cgroup(event),
            event::CGROUP_ATTACH_TASK => self.move_process(event),
            event::CHDIR | event::FCHDIR | event::CHROOT if succeeded => {
                let cwd = path(event, "working_directory").map(Arc::from);
                self.change(event, |process| process.cwd = cwd);
            }
            event::SETSID if succeeded => self.change(event, |process| {
                process.pgid = Some(process.key.pid);
                process.vpgid = Some(process.vpid);
            }),
            event::SETPGID if succeeded => self.set_process_group(event),
            event::SETUID
            | event::SETREUID
            | event::SETRESUID
            | event::SETGID
            | event::SETREGID
            | event::SETRESGID
                if succeeded =>
            {
                self.change(event, |process| credentials::change(process, event));
            }
            _ => {}
        }
        self.table
            .live(pid)
            .map_or_else(|| Arc::new(super::header::minimal(event)), Arc::clone)
    }

    /// Changes the record of the process that acted, unless the event is older than the record.
    fn change(&mut self, event: &EventView<'_>, change: impl FnOnce(&mut Process)) {
        let header = event.header();
        let time = BootTime(header.time_boot_ns);
        if let Some(process) = self.table.live_mut(Pid(header.pid))
            && process.updated <= time
        {
            let record = Arc::make_mut(process);
            record.updated = time;
            change(record);
        }
    }

    fn fork(&mut self, event: &EventView<'_>) {
        let (Some(pid), Some(tid)) = (id(event, "child_pid"), id(event, "child_tid")) else {
            return;
        };
        // A thread of the same process needs no record of its own.
        if pid != tid {
            return;
        }
        let header = event.header();
        let now = BootTime(header.time_boot_ns);
        let start = unsigned(event, "child_start").unwrap_or(header.time_boot_ns);
        let key = ProcessKey::new(Pid(pid), BootTime(start));
        let Some(parent) = self.table.live(Pid(header.pid)).map(Arc::clone) else {
            return;
        };
        if let Some(known) = self.table.live_mut(key.pid)
            && known.key.is_same(&key)
        {
            // Its own event came first, and the record was read from `/proc`.
            let record = Arc::make_mut(known);
            record.clone_time = Some(now);
            record.parent.get_or_insert(parent.key);
            return;
        }
        if let Some(ended) = self.table.past_mut(&key) {
            // It has ended already: its events were faster than its parent's.
            let record = Arc::make_mut(ended);
            record.clone_time = Some(now);
            record.parent.get_or_insert(parent.key);
            return;
        }
        let mut child = Process::clone(&parent);
        child.key = key;
        child.parent = Some(parent.key);
        child.ppid = parent.key.pid;
        // The caller may have given the child its own parent (CLONE_PARENT).
        if let Some(ppid) = id(event, "child_ppid").map(Pid)
            && ppid.0 != 0
            && ppid != parent.key.pid
        {
            child.ppid = ppid;
            child.parent = self.table.live(ppid).map(|process| process.key);
        }
        child.vpid = id(event, "child_vpid").unwrap_or(pid);
        child.exec_id = unsigned(event, "child_exec_id");
        child.clone_time = Some(now);
        child.exit_time = None;
        child.origin = Origin::Fork;
        child.updated = now;
        if let Some(namespace) = id(event, "child_pid_namespace")
            && namespace != parent.pid_namespace
        {
            child.pid_namespace = namespace;
            child.vpgid = None;
        }
        let cgroup = unsigned(event, "child_cgroup").map(CgroupId);
        let moved = cgroup.filter(|cgroup| parent.cgroup_id != Some(*cgroup));
        child.cgroup_id = cgroup.or(child.cgroup_id);
        self.stats.forked += 1;
        if self.table.insert(Arc::new(child), &mut self.stats)
            && let Some(cgroup) = moved
        {
            self.place(key.pid, cgroup, now);
        }
    }

    fn exec(&mut self, event: &EventView<'_>) {
        self.stats.executed += 1;
        let header = event.header();
        let cgroup = CgroupId(header.cgroup_id);
        let pid = Pid(header.pid);
        // The count of images orders execs, whatever else of the process was seen before this one.
        if let Some(process) = self.table.live_mut(pid)
            && process.exec_id.is_none_or(|known| header.exec_id >= known)
        {
            execute(Arc::make_mut(process), event);
            self.table.set_image(pid, Arc::new(image(event)));
        }
        // With cgroup v1 the id tells nothing, and runtimes move a process before its exec.
        if cgroup.is_root() {
            self.place(pid, cgroup, BootTime(header.time_boot_ns));
        }
    }

    /// `setpgid(pid, pgid)`: both numbers are of the caller's pid namespace, 0 is the caller and
    /// the process itself.
    fn set_process_group(&mut self, event: &EventView<'_>) {
        let header = event.header();
        let Some(target) = id(event, "pid") else {
            return;
        };
        let time = BootTime(header.time_boot_ns);
        let target = match target {
            0 => Pid(header.pid),
            vpid if vpid == header.vpid => Pid(header.pid),
            // In the host's namespace numbers are the same; a child in another one sets its own
            // group as well (shells make both calls, so that neither has to wait).
            pid if header.pid == header.vpid => Pid(pid),
            _ => return,
        };
        let Some(process) = self.table.live(target) else {
            return;
        };
        let vpgid = match id(event, "pgid") {
            None | Some(0) => process.vpid,
            Some(group) => group,
        };
        let pgid = if vpgid == process.vpid {
            Some(target)
        } else if process.vpid == target.0 {
            Some(Pid(vpgid))
        } else {
            // The leader of the group is nearly always the shell that made the process.
            self.parent(process)
                .filter(|parent| parent.pid_namespace == process.pid_namespace)
                .filter(|parent| parent.vpid == vpgid)
                .map(|parent| parent.key.pid)
        };
        if let Some(process) = self.table.live_mut(target) {
            let record = Arc::make_mut(process);
            record.vpgid = Some(vpgid);
            record.pgid = pgid;
            record.updated = record.updated.max(time);
        }
    }
}

/// Replaces what an exec replaces, beside the image.
fn execute(process: &mut Process, event: &EventView<'_>) {
    let header = event.header();
    process.exec_id = Some(header.exec_id);
    process.comm = Comm::new(event.comm());
    if let Some(cwd) = path(event, "cwd") {
        process.cwd = Some(cwd.into());
    }
    process.pgid = id(event, "pgid").map(Pid);
    process.vpgid = id(event, "vpgid");
    process.capabilities = capabilities(event);
    process.credentials.ruid = id(event, "ruid");
    process.credentials.suid = id(event, "suid");
    process.credentials.rgid = id(event, "rgid");
    process.updated = process.updated.max(BootTime(header.time_boot_ns));
}

fn image(event: &EventView<'_>) -> Image {
    let exe = event
        .row()
        .slot("trusted_exepath")
        .and_then(|slot| event.data(slot));
    let data = |name| {
        let slot = event.row().slot(name)?;
        event.data(slot)
    };
    let vector = |name| {
        data(name).map(|data| StringVector {
            bytes: data.bytes.into(),
            is_truncated: data.is_truncated(),
        })
    };
    // The path walk may fail where the file itself was reached, never the other way round.
    let inode = unsigned(event, "exe_ino").filter(|inode| *inode != 0);
    let of_file = |name| unsigned(event, name).filter(|_| exe.is_some() || inode.is_some());
    // 0 where the kernel's times could not be found.
    let time = |name| of_file(name).filter(|time| *time != 0);
    Image {
        exe_path: exe.map(|exe| exe.path().into()),
        exe_root: data("exe_root").map(|root| root.bytes.into()),
        arguments: vector("args"),
        environment: vector("env"),
        flags: of_file("flags"),
        path_flags: exe.map_or(0, |exe| exe.flags),
        inode,
        device: of_file("exe_dev"),
        ctime_wall_ns: time("exe_ino_ctime"),
        mtime_wall_ns: time("exe_ino_mtime"),
        interpreter: data("interpreter").map(|text| text.bytes.into()),
        user_namespace: id(event, "user_namespace"),
        exec_time: Some(BootTime(event.header().time_boot_ns)),
    }
}

fn capabilities(event: &EventView<'_>) -> Option<Capabilities> {
    Some(Capabilities {
        permitted: unsigned(event, "cap_permitted")?,
        effective: unsigned(event, "cap_effective")?,
        inheritable: unsigned(event, "cap_inheritable")?,
    })
}

/// An argument of a kind without sign.
pub(super) fn unsigned(event: &EventView<'_>, name: &str) -> Option<u64> {
    event.unsigned(event.row().slot(name)?)
}

/// An argument that is the id of a process, user or namespace; a negative one is none.
pub(super) fn id(event: &EventView<'_>, name: &str) -> Option<u32> {
    let slot = event.row().slot(name)?;
    match event.row_argument(slot)?.kind {
        Kind::Pid | Kind::Uid | Kind::Gid | Kind::Int => event.signed(slot)?.try_into().ok(),
        _ => event.unsigned(slot)?.try_into().ok(),
    }
}

fn path<'a>(event: &EventView<'a>, name: &str) -> Option<&'a [u8]> {
    event.path(event.row().slot(name)?)
}
