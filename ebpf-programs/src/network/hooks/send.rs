//! A process sends a datagram and says where to. Linux 4.18; in the calling process.

use crate::PASS;
use crate::owner;
use crate::state::{self, SocketState, phase};
use aya_ebpf::helpers::generated::bpf_get_current_task;
use aya_ebpf::{macros::cgroup_sock_addr, programs::SockAddrContext};

#[cgroup_sock_addr(sendmsg4)]
fn sendmsg4(context: SockAddrContext) -> i32 {
    // SAFETY: the context of this kind of program.
    unsafe {
        let address = u64::from((*context.sock_addr).user_ip4);
        send(&context, [address, 0]);
    }
    PASS
}

#[cgroup_sock_addr(sendmsg6)]
fn sendmsg6(context: SockAddrContext) -> i32 {
    // SAFETY: the context of this kind of program.
    unsafe {
        let words = &raw const (*context.sock_addr).user_ip6;
        let words = words.cast::<u32>();
        let word = |number: usize| u64::from(core::ptr::read_volatile(words.add(number)));
        let address = [word(0) | (word(1) << 32), word(2) | (word(3) << 32)];
        send(&context, address);
    }
    PASS
}

#[inline(always)]
unsafe fn send(context: &SockAddrContext, address: [u64; 2]) {
    // SAFETY: the context of this kind of program; its socket is a whole one.
    unsafe {
        let port = u32::from(((*context.sock_addr).user_port as u16).swap_bytes());
        let socket = (*context.sock_addr).__bindgen_anon_1.sk;
        if socket.is_null() {
            return;
        }
        let Some(state) = state::get_or_create(socket.cast()) else {
            return;
        };
        if (*state).is_owned == 0 {
            owner::tag(state);
        }
        note(state, address, port);
    }
}

/// Notes where this task's datagram goes.
#[inline(always)]
unsafe fn note(state: *mut SocketState, address: [u64; 2], port: u32) {
    // SAFETY: the caller's.
    unsafe {
        (*state).sender_address = address;
        (*state).sender_port = port;
        (*state).sender_task = bpf_get_current_task();
        if (*state).phase == phase::DONE {
            // It is known well enough with the peer that it is connected to; this may be another.
            (*state).phase = phase::OPEN;
        }
    }
}
