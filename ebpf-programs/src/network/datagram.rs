//! Datagrams of UDP: which are reported.
//!
//! Of each peer of a socket the first ones, each way; of DNS all, because each is a message of its own. Later one a
//! minute, by its first byte alone: a sign that it goes on. Who was silent for so long that user space has ended the
//! flow begins anew.
//!
//! An unconnected socket says with each datagram where it goes, and packets may be redirected after that. Answers
//! come from where the socket said, so that is the peer: it is noted when the task sends and taken up when the
//! packet leaves in the same task. A connected socket may do the same, to another peer than its own.

use crate::maps::PEERS;
use crate::packet::{Packet, Way};
use crate::record::{self, Excerpt};
use crate::state::{Peer, PeerState, SocketState, phase};
use aya_ebpf::bindings::{__sk_buff, bpf_sock};
use aya_ebpf::helpers::generated::{bpf_get_current_task, bpf_ktime_get_boot_ns};
use saker_ebpf_programs::counters::add;
use saker_event_schema::{
    DATAGRAM_IDLE_S, DNS_IDLE_S, PAYLOAD_BYTES_MAX, SocketTuple, event, socket_role,
};

/// Datagrams of a peer that are reported, each way.
const DATAGRAMS_MAX: u32 = 6;
/// Bytes of them that are reported: a whole packet of Ethernet.
const DATAGRAM_BYTES: u32 = 2048;
const DNS_PORT: u32 = 53;

/// How often it is reported that a peer is still heard of.
const SIGN_OF_LIFE_S: u32 = 60;

/// Seconds since boot.
#[inline(always)]
fn now_s() -> u32 {
    // SAFETY: the helper has no conditions.
    (unsafe { bpf_ktime_get_boot_ns() } / 1_000_000_000) as u32
}

/// Whether the socket has another peer than is remembered: it was connected meanwhile, or no longer is, which no
/// hook tells.
///
/// # Safety
///
/// `socket` is a whole socket, `state` its state.
#[inline(always)]
pub(crate) unsafe fn is_turned(socket: *mut bpf_sock, state: *const SocketState) -> bool {
    // SAFETY: the caller's.
    unsafe { u16::from_be((*socket).dst_port) != (*state).tuple.remote_port }
}

/// Whether it is to be reported that a socket that was let go is still used.
///
/// # Safety
///
/// `state` is valid.
#[inline(always)]
pub(crate) unsafe fn is_due(state: *const SocketState) -> bool {
    // SAFETY: the caller's.
    unsafe { now_s().saturating_sub((*state).let_go_s) >= SIGN_OF_LIFE_S }
}

/// Counts the payload of a datagram.
///
/// # Safety
///
/// `state` is valid.
#[inline(always)]
pub(crate) unsafe fn count_bytes(state: *mut SocketState, way: Way, length: u32) {
    // SAFETY: the caller's.
    unsafe {
        let counter = match way {
            Way::Out => &raw mut (*state).sent_bytes,
            Way::In => &raw mut (*state).received_bytes,
        };
        add(counter, u64::from(length));
    }
}

/// Looks at a datagram.
///
/// # Safety
///
/// `skb` is the context, `state` its socket's.
#[inline(always)]
pub(crate) unsafe fn inspect(
    skb: *mut __sk_buff,
    state: *mut SocketState,
    packet: &Packet,
    way: Way,
) {
    // SAFETY: the caller's.
    unsafe {
        let is_connected = (*state).tuple.remote_port != 0;
        let mut tuple = core::mem::MaybeUninit::<SocketTuple>::uninit();
        let tuple = tuple.as_mut_ptr();
        write_ends(tuple, state, packet, way, is_connected);
        let (local_port, remote_port) = ((*tuple).local_port, (*tuple).remote_port);
        let is_dns = u32::from(local_port) == DNS_PORT
            || u32::from(remote_port) == DNS_PORT
            || packet.remote(way).1 == DNS_PORT;
        let remote = (&raw const (*tuple).remote_address).cast::<u64>();
        let key = Peer {
            cookie: (*state).cookie,
            address: [remote.read(), remote.add(1).read()],
            port: u32::from(remote_port),
            reserved: 0,
        };
        let now_s = now_s();
        let Some(peer) = peer(&key, way, now_s) else {
            record::lost(event::FLOW_OPENED);
            return;
        };
        (*tuple).role = (*peer).role as u8;
        let silent_s = now_s.saturating_sub((*peer).reported_s);
        if silent_s >= if is_dns { DNS_IDLE_S } else { DATAGRAM_IDLE_S } {
            (*peer).sent = 0;
            (*peer).received = 0;
            (*peer).sent_bytes = 0;
            (*peer).received_bytes = 0;
        }
        if (*peer).sent == 0 && (*peer).received == 0 {
            (*state).peers = (*state).peers.saturating_add(1);
            (*peer).reported_s = now_s;
            record::opened(state, tuple, (*skb).ifindex);
        }
        let (number, mut offset) = note(peer, way, packet.length);
        let limit = if is_dns {
            PAYLOAD_BYTES_MAX as u32
        } else if number < DATAGRAMS_MAX {
            DATAGRAM_BYTES
        } else if silent_s >= SIGN_OF_LIFE_S {
            if is_connected && (*state).peers == 1 {
                // What goes by while the socket is let go is counted there alone.
                offset = counted(state, way).wrapping_sub(u64::from(packet.length));
            }
            1
        } else {
            if is_connected && (*peer).sent >= DATAGRAMS_MAX && (*peer).received >= DATAGRAMS_MAX {
                (*state).let_go_s = (*peer).reported_s;
                (*state).phase = phase::DONE;
            }
            return;
        };
        if packet.length == 0 {
            return;
        }
        (*peer).reported_s = now_s;
        let excerpt = Excerpt {
            offset,
            sent: packet.length,
            captured: packet.length.min(limit),
        };
        record::payload(skb, state, tuple, packet, way, &excerpt);
    }
}

/// Bytes of payload that a socket has sent or received.
#[inline(always)]
unsafe fn counted(state: *const SocketState, way: Way) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        match way {
            Way::Out => (*state).sent_bytes,
            Way::In => (*state).received_bytes,
        }
    }
}

/// Finds what went between a socket and a peer, or begins with it.
#[inline(always)]
unsafe fn peer(key: &Peer, way: Way, now_s: u32) -> Option<*mut PeerState> {
    if let Some(peer) = PEERS.get_ptr_mut(key) {
        return Some(peer);
    }
    let role = match way {
        Way::Out => socket_role::CLIENT,
        Way::In => socket_role::ACCEPTED,
    };
    let begun = PeerState {
        sent: 0,
        received: 0,
        sent_bytes: 0,
        received_bytes: 0,
        role: u32::from(role),
        reported_s: now_s,
    };
    PEERS.insert(key, &begun, 0).ok()?;
    PEERS.get_ptr_mut(key)
}

/// Counts a datagram; returns how many, and how many bytes, went the same way before.
#[inline(always)]
unsafe fn note(peer: *mut PeerState, way: Way, length: u32) -> (u32, u64) {
    // SAFETY: the caller's.
    unsafe {
        let (number, bytes) = match way {
            Way::Out => (&raw mut (*peer).sent, &raw mut (*peer).sent_bytes),
            Way::In => (&raw mut (*peer).received, &raw mut (*peer).received_bytes),
        };
        let before = (number.read(), bytes.read());
        number.write(before.0.saturating_add(1));
        bytes.write(before.1.wrapping_add(u64::from(length)));
        before
    }
}

/// Both ends as the socket has them, and where it leaves them open, as the packet does.
#[inline(always)]
unsafe fn write_ends(
    tuple: *mut SocketTuple,
    state: *mut SocketState,
    packet: &Packet,
    way: Way,
    is_connected: bool,
) {
    let (mut local, local_port) = packet.local(way);
    let (mut remote, mut remote_port) = packet.remote(way);
    // SAFETY: the caller's.
    unsafe {
        let known = &raw const (*state).tuple;
        let known_local = (&raw const (*known).local_address).cast::<u64>();
        if known_local.read() != 0 || known_local.add(1).read() != 0 {
            local = [known_local.read(), known_local.add(1).read()];
        }
        if way == Way::Out
            && (*state).sender_task != 0
            && (*state).sender_task == bpf_get_current_task()
        {
            remote = (*state).sender_address;
            remote_port = (*state).sender_port;
            (*state).sender_task = 0;
        } else if is_connected {
            let known_remote = (&raw const (*known).remote_address).cast::<u64>();
            remote = [known_remote.read(), known_remote.add(1).read()];
            remote_port = u32::from((*known).remote_port);
        }
        let words = tuple.cast::<u64>();
        let kind = known.cast::<u64>().read() & 0x0000_ffff_ffff_0000;
        words.write(kind | u64::from(packet.family));
        words.add(1).write(
            u64::from(local_port & 0xffff)
                | (u64::from(remote_port & 0xffff) << 16)
                | (u64::from((*known).network_namespace) << 32),
        );
        words.add(2).write(local[0]);
        words.add(3).write(local[1]);
        words.add(4).write(remote[0]);
        words.add(5).write(remote[1]);
    }
}
