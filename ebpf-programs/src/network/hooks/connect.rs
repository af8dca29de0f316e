//! A process connects a socket: it owns it from now on. Linux 4.17; in the calling process.

use crate::PASS;
use crate::owner;
use crate::state::{self, IPPROTO_TCP, IPPROTO_UDP, phase};
use aya_ebpf::{macros::cgroup_sock_addr, programs::SockAddrContext};

#[cgroup_sock_addr(connect4)]
fn connect4(context: SockAddrContext) -> i32 {
    connect(&context);
    PASS
}

#[cgroup_sock_addr(connect6)]
fn connect6(context: SockAddrContext) -> i32 {
    connect(&context);
    PASS
}

#[inline(always)]
fn connect(context: &SockAddrContext) {
    // SAFETY: the context of this kind of program; its socket is a whole one.
    unsafe {
        let protocol = (*context.sock_addr).protocol;
        if protocol != IPPROTO_TCP && protocol != IPPROTO_UDP {
            return;
        }
        let socket = (*context.sock_addr).__bindgen_anon_1.sk;
        if socket.is_null() {
            return;
        }
        let Some(state) = state::get_or_create(socket.cast()) else {
            return;
        };
        owner::tag(state);
        // A UDP socket may be connected anew: what is known of its ends no longer holds.
        if protocol == IPPROTO_UDP && (*state).phase != phase::IGNORED {
            (*state).phase = phase::IDLE;
            // Nor does what was noted of a datagram that was refused.
            (*state).sender_task = 0;
        }
    }
}
