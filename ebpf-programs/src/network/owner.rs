//! Who owns a socket: the process that connected, bound or listened.

use crate::state::{SocketState, address_of, phase};
use aya_ebpf::bindings::bpf_sock;
use aya_ebpf::helpers::generated::{
    bpf_get_current_task, bpf_get_socket_cookie, bpf_ktime_get_boot_ns, bpf_probe_read_kernel_str,
};
use core::ffi::c_void;
use saker_ebpf_programs::kernel::{agent_pid, read_u32, read_u64};
use saker_ebpf_programs::socket::{AF_INET, AF_INET6, write_tuple};
use saker_ebpf_programs::{offset, task};
use saker_event_schema::{SocketTuple, record_flag};

/// Makes the current task's process the owner of a socket. A thread of the kernel owns nothing.
///
/// # Safety
///
/// `state` is valid.
#[inline(always)]
pub(crate) unsafe fn tag(state: *mut SocketState) {
    // SAFETY: the caller's; the helpers write into the state with its sizes.
    unsafe {
        let current = bpf_get_current_task();
        if read_u64(current, offset!(task_mm)) == 0 {
            if (*state).is_owned == 0 {
                (*state).owner.flags = record_flag::OWNER_UNKNOWN;
            }
            return;
        }
        let header = &raw mut (*state).owner;
        task::describe(header, current, || task::unified(current));
        let comm = (&raw mut (*header).comm).cast::<u64>();
        comm.write(0);
        comm.add(1).write(0);
        bpf_probe_read_kernel_str(
            comm.cast(),
            16,
            current.wrapping_add(u64::from(offset!(task_comm))) as *const _,
        );
        (*header).flags = 0;
        (*state).is_owned = 1;
        let pid = read_u32(current, offset!(task_tgid));
        if pid == agent_pid() {
            (*state).phase = phase::IGNORED;
        } else if (*state).phase == phase::IGNORED {
            (*state).phase = phase::IDLE;
        }
    }
}

/// Gives a state that no process was seen to make its head.
///
/// # Safety
///
/// `state` is valid.
#[inline(always)]
pub(crate) unsafe fn mark_unknown(state: *mut SocketState) {
    // SAFETY: the caller's.
    unsafe {
        if (*state).is_owned == 0 {
            (*state).owner.flags = record_flag::OWNER_UNKNOWN;
        }
    }
}

/// Notes name and ends of a socket, and that it begins now.
///
/// # Safety
///
/// `state` and `socket` are valid, `context` is that of the program.
#[inline(always)]
pub(crate) unsafe fn identify(
    state: *mut SocketState,
    socket: *mut bpf_sock,
    context: *mut c_void,
    role: u8,
) {
    // SAFETY: the caller's.
    unsafe {
        (*state).cookie = bpf_get_socket_cookie(context);
        (*state).opened_boot_ns = bpf_ktime_get_boot_ns();
        write_ends(state, socket, role);
    }
}

/// Notes the ends of a socket.
///
/// # Safety
///
/// `state` and `socket` are valid.
#[inline(always)]
pub(crate) unsafe fn write_ends(state: *mut SocketState, socket: *mut bpf_sock, role: u8) {
    // SAFETY: the caller's.
    unsafe {
        let tuple = &raw mut (*state).tuple;
        write_tuple(tuple, address_of(socket));
        unmap(tuple);
        (*tuple).role = role;
    }
}

/// Makes IPv4 addresses that a socket of IPv6 has mapped those of IPv4.
#[inline(always)]
unsafe fn unmap(tuple: *mut SocketTuple) {
    // SAFETY: the caller's.
    unsafe {
        if (*tuple).family != AF_INET6 {
            return;
        }
        let local = (&raw mut (*tuple).local_address).cast::<u64>();
        let remote = (&raw mut (*tuple).remote_address).cast::<u64>();
        if !is_mapped(local) && !is_mapped(remote) {
            return;
        }
        (*tuple).family = AF_INET;
        for address in [local, remote] {
            address.write(address.add(1).read() >> 32);
            address.add(1).write(0);
        }
    }
}

/// `::ffff:a.b.c.d`.
#[inline(always)]
unsafe fn is_mapped(address: *const u64) -> bool {
    // SAFETY: the caller's.
    unsafe { address.read() == 0 && address.add(1).read() & 0xffff_ffff == 0xffff_0000 }
}
