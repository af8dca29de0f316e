//! A process bound a socket: it owns it from now on. Linux 4.17, with socket storage 5.9; in the calling process.

use crate::PASS;
use crate::owner;
use crate::state::{self, IPPROTO_TCP, IPPROTO_UDP};
use aya_ebpf::{EbpfContext, macros::cgroup_sock, programs::SockContext};

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
        if let Some(state) = state::get_or_create(context.as_ptr()) {
            owner::tag(state);
        }
    }
}
