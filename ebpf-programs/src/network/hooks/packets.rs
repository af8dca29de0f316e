//! Packets of sockets: after address translation on the way out, before the socket takes them on the way in.
//! Linux 4.10; on the way in mostly in no process.

use crate::PASS;
use crate::datagram;
use crate::early;
use crate::owner;
use crate::packet::{Packet, Way};
use crate::state::{self, IPPROTO_TCP, IPPROTO_UDP, SocketState, phase};
use crate::stream;
use aya_ebpf::bindings::{__sk_buff, bpf_sock};
use aya_ebpf::helpers::generated::bpf_sk_fullsock;
use aya_ebpf::{EbpfContext, macros::cgroup_skb, programs::SkBuffContext};
use saker_event_schema::socket_role;

/// State `TCP_LISTEN`.
const TCP_LISTEN: u32 = 10;
/// `ETH_P_IPV6` in network byte order.
const IPV6: u32 = 0xdd86;

#[cgroup_skb(egress)]
fn packets_out(context: SkBuffContext) -> i32 {
    // SAFETY: the context of this kind of program.
    unsafe { inspect(&context, Way::Out) };
    PASS
}

#[cgroup_skb(ingress)]
fn packets_in(context: SkBuffContext) -> i32 {
    // SAFETY: the context of this kind of program.
    unsafe { inspect(&context, Way::In) };
    PASS
}

#[inline(always)]
unsafe fn inspect(context: &SkBuffContext, way: Way) {
    let skb: *mut __sk_buff = context.skb.skb;
    // SAFETY: the caller's.
    unsafe {
        let socket = (*skb).__bindgen_anon_2.sk;
        if socket.is_null() {
            return;
        }
        let socket = bpf_sk_fullsock(socket);
        if socket.is_null() {
            return;
        }
        let Some(state) = state::get(socket.cast()) else {
            first_sight(context, socket, way);
            return;
        };
        match (*state).phase {
            phase::DONE => {
                if (*state).tuple.protocol == IPPROTO_UDP as u16 {
                    let heads = if (*skb).protocol == IPV6 { 48 } else { 28 };
                    datagram::count_bytes(state, way, (*skb).len.saturating_sub(heads));
                }
            }
            phase::IGNORED => {}
            _ => dispatch(context, socket, state, way),
        }
    }
}

/// A socket without a state is older than the agent, or one of the kernel's own. Of TCP only what comes to a
/// listener matters, as connections that begin now may: old connections are no news.
#[inline(always)]
unsafe fn first_sight(context: &SkBuffContext, socket: *mut bpf_sock, way: Way) {
    // SAFETY: the caller's.
    unsafe {
        let protocol = (*socket).protocol;
        if protocol == IPPROTO_TCP {
            listener(context.skb.skb, socket, way);
        } else if protocol == IPPROTO_UDP
            && let Some(state) = state::get_or_create(socket.cast())
        {
            owner::mark_unknown(state);
            dispatch(context, socket, state, way);
        }
    }
}

/// Payload to a listener belongs to a connection that is about to be made.
#[inline(always)]
unsafe fn listener(skb: *mut __sk_buff, socket: *mut bpf_sock, way: Way) {
    // SAFETY: the caller's.
    unsafe {
        if way == Way::In
            && (*socket).state == TCP_LISTEN
            && let Some(packet) = Packet::parse(skb, IPPROTO_TCP)
            && packet.length != 0
        {
            early::put_aside(skb, &packet);
        }
    }
}

#[inline(always)]
unsafe fn dispatch(
    context: &SkBuffContext,
    socket: *mut bpf_sock,
    state: *mut SocketState,
    way: Way,
) {
    let skb = context.skb.skb;
    // SAFETY: the caller's.
    unsafe {
        let protocol = (*socket).protocol;
        if protocol == IPPROTO_UDP {
            if (*state).phase != phase::OPEN {
                owner::identify(state, socket, context.as_ptr(), socket_role::UNKNOWN);
                (*state).phase = phase::OPEN;
            }
            if let Some(packet) = Packet::parse(skb, IPPROTO_UDP) {
                datagram::count_bytes(state, way, packet.length);
                datagram::inspect(skb, state, &packet, way);
            }
            return;
        }
        if protocol != IPPROTO_TCP {
            return;
        }
        if (*state).phase == phase::LISTENING {
            listener(skb, socket, way);
        } else if ((*state).phase == phase::OPEN || (*state).phase == phase::CONNECTING)
            && let Some(packet) = Packet::parse(skb, IPPROTO_TCP)
            && packet.length != 0
        {
            stream::inspect(skb, socket, state, &packet, way);
        }
    }
}
