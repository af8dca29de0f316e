//! A process bound a socket: it owns it from now on. Linux 4.17; in the calling process.

use crate::PASS;
use crate::owner;
use crate::record;
use crate::state::{self, IPPROTO_TCP, IPPROTO_UDP, phase};
use aya_ebpf::{EbpfContext, macros::cgroup_sock, programs::SockContext};
use saker_event_schema::socket_role;

#[cgroup_sock(post_bind4)]
fn post_bind4(context: SockContext) -> i32 {
    bound(&context);
    PASS
}

#[cgroup_sock(post_bind6)]
fn post_bind6(context: SockContext) -> i32 {
    bound(&context);
    PASS
}

#[inline(always)]
fn bound(context: &SockContext) {
    // SAFETY: the context of this kind of program is the socket.
    unsafe {
        let protocol = (*context.sock).protocol;
        if protocol != IPPROTO_TCP && protocol != IPPROTO_UDP {
            return;
        }
        let Some(state) = state::get_or_create(context.as_ptr()) else {
            return;
        };
        owner::tag(state);
        if protocol == IPPROTO_UDP && (*state).phase != phase::IGNORED {
            owner::identify(state, context.sock, context.as_ptr(), socket_role::UNKNOWN);
            record::listening(state);
        }
    }
}
