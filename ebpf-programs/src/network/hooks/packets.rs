//! Packets of sockets: after address translation on the way out, before the socket takes them on the way in.
//! Linux 4.10; on the way in mostly in no process.

use crate::PASS;
use crate::datagram;
use crate::early;
use crate::owner;
use crate::packet::{Packet, Way};
use crate::record;
use crate::state::{self, IPPROTO_TCP, IPPROTO_UDP, SocketState, phase};
use crate::stream;
use aya_ebpf::bindings::{__sk_buff, bpf_sock};
use aya_ebpf::helpers::generated::bpf_sk_fullsock;
use aya_ebpf::{EbpfContext, macros::cgroup_skb, programs::SkBuffContext};
use saker_event_schema::{event, socket_role};

/// `SOCK_RAW`.
const SOCK_RAW: u32 = 3;
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
        let protocol = (*socket).protocol;
        let Some(state) = state::get(socket.cast()).or_else(|| first_sight(socket, protocol))
        else {
            // Of TCP only what comes to a listener matters, as connections that begin now may: old connections are
            // no news.
            if protocol == IPPROTO_TCP {
                listener(skb, socket, way);
            }
            return;
        };
        match (protocol, (*state).phase) {
            (_, phase::IGNORED) => {}
            (IPPROTO_UDP, _) => inspect_datagram(context, socket, state, way),
            (IPPROTO_TCP, phase::LISTENING) => listener(skb, socket, way),
            (IPPROTO_TCP, phase::OPEN | phase::CONNECTING) => {
                if let Some(packet) = Packet::parse(skb, IPPROTO_TCP)
                    && packet.length != 0
                {
                    stream::inspect(skb, socket, state, &packet, way);
                }
            }
            _ => {}
        }
    }
}

/// A socket without a state is older than the agent, or one of the kernel's own. A datagram socket gets one; a raw
/// socket, to which datagrams of others are shown, is none.
#[inline(always)]
unsafe fn first_sight(socket: *mut bpf_sock, protocol: u32) -> Option<*mut SocketState> {
    // SAFETY: the caller's.
    unsafe {
        if protocol != IPPROTO_UDP || (*socket).type_ == SOCK_RAW {
            return None;
        }
        let Some(state) = state::get_or_create(socket.cast()) else {
            record::lost(event::FLOW_PAYLOAD);
            return None;
        };
        owner::mark_unknown(state);
        Some(state)
    }
}

/// Payload to a listener belongs to a connection that is about to be made.
#[inline(always)]
unsafe fn listener(skb: *mut __sk_buff, socket: *mut bpf_sock, way: Way) {
    // SAFETY: the caller's.
    unsafe {
        if way == Way::In && (*socket).state == TCP_LISTEN {
            early::forget();
            if let Some(packet) = Packet::parse(skb, IPPROTO_TCP)
                && packet.length != 0
            {
                early::put_aside(skb, &packet);
            }
        }
    }
}

#[inline(always)]
unsafe fn inspect_datagram(
    context: &SkBuffContext,
    socket: *mut bpf_sock,
    state: *mut SocketState,
    way: Way,
) {
    let skb = context.skb.skb;
    // SAFETY: the caller's.
    unsafe {
        let is_turned = datagram::is_turned(socket, state);
        if (*state).phase == phase::DONE {
            if !is_turned && !datagram::is_due(state) {
                let heads = if (*skb).protocol == IPV6 { 48 } else { 28 };
                datagram::count_bytes(state, way, (*skb).len.saturating_sub(heads));
                return;
            }
            (*state).phase = phase::OPEN;
        }
        if is_turned || (*state).phase != phase::OPEN {
            owner::identify(state, socket, context.as_ptr(), socket_role::UNKNOWN);
            (*state).phase = phase::OPEN;
        }
        if let Some(packet) = Packet::parse(skb, IPPROTO_UDP) {
            datagram::count_bytes(state, way, packet.length);
            datagram::inspect(skb, state, &packet, way);
        }
    }
}
