//! What records say about a task.

use crate::kernel::{present, read_u32, read_u64};
use crate::offset;
use saker_event_schema::{EventHeader, cgroup_key};

const PIDTYPE_PGID: u32 = 2;
const PIDTYPE_SID: u32 = 3;

/// Writes what records say about a task and its process; what they say about the event itself, and the name of
/// the thread, is left as it is. `unified` is asked for the task's cgroup v2 if need be.
///
/// # Safety
///
/// `header` is valid and aligned, `task` the address of a `task_struct`.
#[inline(always)]
pub unsafe fn describe(header: *mut EventHeader, task: u64, unified: impl FnOnce() -> u64) {
    let leader = read_u64(task, offset!(task_group_leader));
    let parent = read_u64(task, offset!(task_real_parent));
    let cred = read_u64(task, offset!(task_cred));
    let signal = read_u64(task, offset!(task_signal));
    let (vtid, pid_namespace) = ids_in_namespace(task);
    let (vpid, _) = ids_in_namespace(leader);
    // SAFETY: the caller's.
    unsafe {
        (*header).start_boot_ns = read_u64(leader, offset!(task_start_boottime));
        (*header).exec_id = read_u64(task, offset!(task_self_exec_id));
        (*header).cgroup_id = cgroup_key_of(task, unified);
        (*header).pid = read_u32(task, offset!(task_tgid));
        (*header).tid = read_u32(task, offset!(task_pid));
        (*header).ppid = read_u32(parent, offset!(task_tgid));
        (*header).vpid = vpid;
        (*header).vtid = vtid;
        (*header).uid = read_u32(cred, offset!(cred_euid));
        (*header).gid = read_u32(cred, offset!(cred_egid));
        (*header).loginuid = login_uid(task);
        (*header).session = leader_pid(signal, PIDTYPE_SID);
        (*header).tty = terminal(signal);
        (*header).pid_namespace = pid_namespace;
        (*header).mount_namespace = mount_namespace(task);
    }
}

/// Id of a task in its own pid namespace, and the namespace's inode number.
#[inline(always)]
pub fn ids_in_namespace(task: u64) -> (u32, u32) {
    let pid = read_u64(task, offset!(task_thread_pid));
    let level = read_u32(pid, offset!(pid_level));
    let number = pid
        .wrapping_add(u64::from(offset!(pid_numbers)))
        .wrapping_add(u64::from(level).wrapping_mul(u64::from(offset!(upid_size))));
    let namespace = read_u64(number, offset!(upid_ns));
    (
        read_u32(number, offset!(upid_nr)),
        read_u32(namespace, offset!(pid_namespace_inum)),
    )
}

/// Host's id of the leader of a task's process group or session.
#[inline(always)]
fn leader_pid(signal: u64, pid_type: u32) -> u32 {
    let pid = read_u64(
        signal,
        offset!(signal_pids).wrapping_add(pid_type.wrapping_mul(8)),
    );
    read_u32(
        pid.wrapping_add(u64::from(offset!(pid_numbers))),
        offset!(upid_nr),
    )
}

/// Host's id of the process group, and the id in the group leader's own namespace.
#[inline(always)]
pub fn process_group(task: u64) -> (u32, u32) {
    let signal = read_u64(task, offset!(task_signal));
    let pid = read_u64(
        signal,
        offset!(signal_pids).wrapping_add(PIDTYPE_PGID.wrapping_mul(8)),
    );
    let level = read_u32(pid, offset!(pid_level));
    let numbers = pid.wrapping_add(u64::from(offset!(pid_numbers)));
    let inner = numbers.wrapping_add(u64::from(level).wrapping_mul(u64::from(offset!(upid_size))));
    (
        read_u32(numbers, offset!(upid_nr)),
        read_u32(inner, offset!(upid_nr)),
    )
}

/// Audit login uid; all ones without audit support or login.
#[inline(always)]
pub fn login_uid(task: u64) -> u32 {
    let login_uid = offset!(task_loginuid);
    if present(login_uid) {
        read_u32(task, login_uid)
    } else {
        u32::MAX
    }
}

/// Device number of the controlling terminal, in the encoding that user space sees.
#[inline(always)]
fn terminal(signal: u64) -> u32 {
    let tty = read_u64(signal, offset!(signal_tty));
    if tty == 0 {
        return 0;
    }
    let driver = read_u64(tty, offset!(tty_driver));
    let major = read_u32(driver, offset!(tty_driver_major));
    let minor = read_u32(driver, offset!(tty_driver_minor_start))
        .wrapping_add(read_u32(tty, offset!(tty_index)));
    // new_encode_dev(MKDEV(major, minor))
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

#[inline(always)]
fn mount_namespace(task: u64) -> u32 {
    let proxy = read_u64(task, offset!(task_nsproxy));
    if proxy == 0 {
        return 0;
    }
    read_u32(
        read_u64(proxy, offset!(nsproxy_mnt_ns)),
        offset!(mnt_namespace_inum),
    )
}

/// The cgroup by which records name a task's place; see [`cgroup_key`]. `unified` is asked for the
/// task's cgroup v2 if need be.
#[inline(always)]
pub fn cgroup_key_of(task: u64, unified: impl FnOnce() -> u64) -> u64 {
    let pids = below_root_of_v1(task, offset!(pids_controller));
    if pids != 0 {
        return pids | cgroup_key::PIDS;
    }
    let unified = unified();
    if unified == cgroup_key::ROOT {
        let memory = below_root_of_v1(task, offset!(memory_controller));
        if memory != 0 {
            return memory | cgroup_key::MEMORY;
        }
    }
    unified
}

/// A task's cgroup v2, for a task that is not the current one.
#[inline(always)]
pub fn unified(task: u64) -> u64 {
    let groups = read_u64(task, offset!(task_cgroups));
    let group = read_u64(groups, offset!(css_set_dfl_cgrp));
    read_u64(read_u64(group, offset!(cgroup_kn)), offset!(kernfs_node_id))
}

/// A task's cgroup in the v1 hierarchy of a controller; 0 if that is the root or there is none.
#[inline(always)]
fn below_root_of_v1(task: u64, controller: u32) -> u64 {
    if !present(controller) {
        return 0;
    }
    let groups = read_u64(task, offset!(task_cgroups));
    let state = offset!(css_set_subsys).wrapping_add(controller.wrapping_mul(8));
    let group = read_u64(read_u64(groups, state), offset!(css_cgroup));
    let id = read_u64(read_u64(group, offset!(cgroup_kn)), offset!(kernfs_node_id));
    if id == cgroup_key::ROOT { 0 } else { id }
}
