//! A process closed a socket. Linux 5.9. The end of TCP connections is another matter: see
//! [`super::connections`].

use crate::PASS;
use crate::record;
use crate::state::{self, IPPROTO_UDP, phase};
use aya_ebpf::{EbpfContext, macros::cgroup_sock, programs::SockContext};

#[cgroup_sock(sock_release)]
fn sock_release(context: SockContext) -> i32 {
    // SAFETY: the context of this kind of program is the socket.
    unsafe {
        if (*context.sock).protocol != IPPROTO_UDP {
            return PASS;
        }
        if let Some(state) = state::get(context.as_ptr())
            && (*state).peers != 0
            && (*state).phase != phase::IGNORED
        {
            // Of several peers the sum is nobody's.
            let (sent, received) = if (*state).peers == 1 {
                ((*state).sent_bytes, (*state).received_bytes)
            } else {
                (0, 0)
            };
            record::closed(state, sent, received, true);
        }
    }
    PASS
}
