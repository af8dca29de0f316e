//! What happens to TCP sockets: they listen, connect, are established, end. Linux 4.13, with the end of
//! connections 4.16, with socket storage 5.3.

use crate::early;
use crate::owner;
use crate::record;
use crate::state::{self, SocketState, address_of, phase};
use aya_ebpf::bindings::{
    BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, BPF_SOCK_OPS_STATE_CB,
    BPF_SOCK_OPS_STATE_CB_FLAG, BPF_SOCK_OPS_TCP_CONNECT_CB, BPF_SOCK_OPS_TCP_LISTEN_CB, bpf_sock,
    bpf_sock_ops,
};
use aya_ebpf::helpers::generated::{bpf_ktime_get_boot_ns, bpf_sock_ops_cb_flags_set};
use aya_ebpf::{EbpfContext, macros::sock_ops, programs::SockOpsContext};
use saker_ebpf_programs::kernel::read_u64;
use saker_ebpf_programs::offset;
use saker_event_schema::{event, record_flag, socket_role};

/// What the program answers. The reply, where one is asked for, stays as it is.
const UNCHANGED: u32 = 1;

const TCP_FIN_WAIT1: u32 = 4;
const TCP_FIN_WAIT2: u32 = 5;
const TCP_CLOSE: u32 = 7;
const TCP_LAST_ACK: u32 = 9;
const TCP_CLOSING: u32 = 11;

/// Bit of `sock.sk_flags`: the other end has sent its last byte (`SOCK_DONE`).
const SOCK_DONE: u64 = 1 << 1;

#[sock_ops]
fn connections(context: SockOpsContext) -> u32 {
    // SAFETY: the context of this kind of program; its socket is a whole one where there is one.
    unsafe {
        let operation = (*context.ops).op;
        if operation != BPF_SOCK_OPS_STATE_CB
            && operation != BPF_SOCK_OPS_TCP_CONNECT_CB
            && operation != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB
            && operation != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB
            && operation != BPF_SOCK_OPS_TCP_LISTEN_CB
        {
            return UNCHANGED;
        }
        let socket = (*context.ops).__bindgen_anon_2.sk;
        if socket.is_null() {
            return UNCHANGED;
        }
        if operation == BPF_SOCK_OPS_STATE_CB {
            changed(&context, socket);
            return UNCHANGED;
        }
        let Some(state) = state::get_or_create(socket.cast()) else {
            if operation == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB
                || operation == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB
            {
                record::lost(event::FLOW_OPENED);
            }
            return UNCHANGED;
        };
        match operation {
            BPF_SOCK_OPS_TCP_LISTEN_CB => listens(&context, socket, state),
            BPF_SOCK_OPS_TCP_CONNECT_CB => connects(&context, socket, state),
            BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB => {
                established(&context, socket, state, socket_role::CLIENT);
            }
            _ => established(&context, socket, state, socket_role::ACCEPTED),
        }
    }
    UNCHANGED
}

/// In the process that listens, which may be another than the one that bound.
#[inline(always)]
unsafe fn listens(context: &SockOpsContext, socket: *mut bpf_sock, state: *mut SocketState) {
    // SAFETY: the caller's.
    unsafe {
        owner::tag(state);
        if (*state).phase == phase::IGNORED {
            return;
        }
        (*state).phase = phase::LISTENING;
        owner::identify(state, socket, context.as_ptr(), socket_role::UNKNOWN);
        record::listening(state);
    }
}

/// Before the first packet.
#[inline(always)]
unsafe fn connects(context: &SockOpsContext, socket: *mut bpf_sock, state: *mut SocketState) {
    // SAFETY: the caller's.
    unsafe {
        if (*state).is_owned == 0 {
            owner::tag(state);
        }
        if (*state).phase == phase::IGNORED {
            return;
        }
        begin(state);
        (*state).phase = phase::CONNECTING;
        owner::identify(state, socket, context.as_ptr(), socket_role::CLIENT);
        watch_state(context.ops);
    }
}

/// Before the first byte of payload is taken.
#[inline(always)]
unsafe fn established(
    context: &SockOpsContext,
    socket: *mut bpf_sock,
    state: *mut SocketState,
    role: u8,
) {
    let ops = context.ops;
    // SAFETY: the caller's.
    unsafe {
        if (*state).phase == phase::IGNORED {
            return;
        }
        if (*state).phase != phase::CONNECTING {
            begin(state);
        }
        owner::mark_unknown(state);
        if role == socket_role::ACCEPTED && (*state).is_owned != 0 {
            (*state).owner.flags = record_flag::INHERITED;
        }
        owner::identify(state, socket, context.as_ptr(), role);
        if (*state).sent.base_seen == 0 {
            (*state).sent.base = (*ops).snd_una;
        }
        (*state).received.base = (*ops).rcv_nxt;
        // With TCP Fast Open payload has been acknowledged already.
        let acknowledged = (*ops).snd_una.wrapping_sub((*state).sent.base);
        (*state).sent_bytes = (*ops).bytes_acked.wrapping_sub(u64::from(acknowledged));
        (*state).received_bytes = (*ops).bytes_received;
        (*state).phase = phase::OPEN;
        watch_state(ops);
        record::opened(state, &raw const (*state).tuple, 0);
        if role == socket_role::ACCEPTED {
            early::take(state);
        }
    }
}

/// Forgets what an earlier connection of the socket, or its listener, has left.
#[inline(always)]
unsafe fn begin(state: *mut SocketState) {
    // SAFETY: the caller's.
    unsafe {
        (*state).begun_boot_ns = bpf_ktime_get_boot_ns();
        (*state).turn = 0;
        (*state).turns = 0;
        (*state).sent_bytes = 0;
        (*state).received_bytes = 0;
        for direction in [&raw mut (*state).sent, &raw mut (*state).received] {
            (*direction).base = 0;
            (*direction).base_seen = 0;
            (*direction).next = 0;
            (*direction).window_start = 0;
            (*direction).window_end = 0;
            (*direction).records = 0;
        }
    }
}

/// Asks for the changes of the socket's state.
#[inline(always)]
unsafe fn watch_state(ops: *mut bpf_sock_ops) {
    // SAFETY: the caller's.
    unsafe {
        let flags = (*ops).bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG;
        bpf_sock_ops_cb_flags_set(ops, flags as i32);
    }
}

/// The state of a socket changes; its end is reported.
#[inline(always)]
unsafe fn changed(context: &SockOpsContext, socket: *mut bpf_sock) {
    let ops = context.ops;
    // SAFETY: the caller's.
    unsafe {
        let arguments = (&raw const (*ops).__bindgen_anon_1).cast::<u32>();
        let old = core::ptr::read_volatile(arguments);
        let new = core::ptr::read_volatile(arguments.add(1));
        if new != TCP_CLOSE {
            return;
        }
        let Some(state) = state::get(socket.cast()) else {
            return;
        };
        let was = (*state).phase;
        if was == phase::CONNECTING {
            owner::mark_unknown(state);
            (*state).phase = phase::IDLE;
            record::closed(state, 0, 0, false);
        } else if was == phase::OPEN || was == phase::DONE {
            (*state).phase = phase::IDLE;
            let (sent, received) = traffic(ops, socket, state, old);
            record::closed(state, sent, received, true);
        }
    }
}

/// Bytes of payload that the other end has acknowledged, and that it has sent. What the kernel counts includes the
/// ends of both directions, which are one byte each.
#[inline(always)]
unsafe fn traffic(
    ops: *mut bpf_sock_ops,
    socket: *mut bpf_sock,
    state: *const SocketState,
    old: u32,
) -> (u64, u64) {
    // SAFETY: the caller's.
    unsafe {
        let is_closing = old == TCP_FIN_WAIT1
            || old == TCP_FIN_WAIT2
            || old == TCP_LAST_ACK
            || old == TCP_CLOSING;
        let end_acknowledged = is_closing && (*ops).snd_una == (*ops).snd_nxt;
        let flags = read_u64(address_of(socket), offset!(sock_flags));
        let end_received = flags & SOCK_DONE != 0;
        let sent = (*ops).bytes_acked.wrapping_sub((*state).sent_bytes);
        let received = (*ops).bytes_received.wrapping_sub((*state).received_bytes);
        (
            sent.saturating_sub(u64::from(end_acknowledged)),
            received.saturating_sub(u64::from(end_received)),
        )
    }
}
