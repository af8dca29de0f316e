//! Payload of TCP: which of it is reported.
//!
//! What a connection is shows in what each end says first, and for protocols that change to TLS later, in what it
//! says first after the other has spoken. So a window of each direction is reported, which moves whenever the
//! direction changes. Offsets come from sequence numbers: what is sent again is not reported again, and what
//! overtakes is reported where it belongs.

use crate::maps::SATISFIED;
use crate::packet::{Packet, Way, load};
use crate::record::{self, Excerpt};
use crate::state::{Direction, SocketState, phase};
use aya_ebpf::bindings::{__sk_buff, bpf_sock};
use aya_ebpf::helpers::generated::bpf_tcp_sock;
use saker_event_schema::PAYLOAD_BYTES_MAX;

/// Bytes that are reported from where a direction begins to speak.
const WINDOW: u32 = 256;
/// The same where it speaks text: requests of HTTP have their credentials behind the first lines.
const TEXT_WINDOW: u32 = 2048;
/// The same where it begins as a handshake of TLS.
const TLS_WINDOW: u32 = PAYLOAD_BYTES_MAX as u32;
/// Changes of direction after which a connection is let go.
const TURNS_MAX: u32 = 24;
/// Records of a direction after which a connection is let go. Above what single bytes need to fill a window.
const RECORDS_MAX: u32 = 6144;
/// Records after which a direction reports nothing more that overtook something: the other end may send such a
/// packet again and again, and what comes in its order must not suffer from it.
const OVERTAKING_RECORDS_MAX: u32 = RECORDS_MAX / 2;
/// Bytes of a direction after which a connection is let go. What comes in from farther ahead is passed over.
const STREAM_BYTES_MAX: u32 = 1 << 20;
/// Differences of sequence numbers from here on are negative.
const NEGATIVE: u32 = 1 << 31;

const HANDSHAKE: u8 = 0x16;

/// Looks at a packet of a connection.
///
/// # Safety
///
/// `skb` is the context, `socket` its whole socket, `state` that socket's.
#[inline(always)]
pub(crate) unsafe fn inspect(
    skb: *mut __sk_buff,
    socket: *mut bpf_sock,
    state: *mut SocketState,
    packet: &Packet,
    way: Way,
) {
    // SAFETY: the caller's.
    unsafe {
        let direction = match way {
            Way::Out => &raw mut (*state).sent,
            Way::In => &raw mut (*state).received,
        };
        if (*state).phase == phase::CONNECTING {
            // TCP Fast Open: the packet that opens the connection has payload already.
            if way == Way::In || !packet.is_syn {
                return;
            }
            (*direction).base = packet.sequence.wrapping_add(1);
            (*direction).base_seen = 1;
        }
        let sequence = packet.sequence.wrapping_add(u32::from(packet.is_syn));
        let offset = sequence.wrapping_sub((*direction).base);
        let end = offset.wrapping_add(packet.length);
        let next = known(socket, direction, way);
        if offset >= NEGATIVE || end <= next {
            return;
        }
        let has_overtaken = offset > next;
        if way == Way::In && has_overtaken {
            // TCP has not looked at what comes in yet, and may throw it away: a number ahead is nobody's progress.
            let is_far = offset.wrapping_sub(next) > STREAM_BYTES_MAX;
            if is_far || (*direction).records >= OVERTAKING_RECORDS_MAX {
                return;
            }
        }
        let progress = if way == Way::In { next } else { end };
        if progress > STREAM_BYTES_MAX || !take_turn(state, direction, next, way) {
            (*state).phase = phase::DONE;
            return;
        }
        (*direction).next = if has_overtaken { next } else { end };
        let Some(captured) = wanted(skb, direction, packet, offset, next) else {
            return;
        };
        if is_satisfied(state) {
            (*state).phase = phase::DONE;
            return;
        }
        (*direction).records = (*direction).records.wrapping_add(1);
        if (*direction).records > RECORDS_MAX {
            (*state).phase = phase::DONE;
            return;
        }
        let excerpt = Excerpt {
            offset: u64::from(offset),
            sent: packet.length,
            captured,
        };
        let tuple = &raw const (*state).tuple;
        record::payload(skb, state, tuple, packet, way, &excerpt);
    }
}

/// Whether user space wants no more of this connection. What it said of an earlier one of the socket is void.
#[inline(always)]
unsafe fn is_satisfied(state: *const SocketState) -> bool {
    // SAFETY: the caller's; the lookup gives a valid place.
    unsafe {
        let cookie = (*state).cookie;
        let Some(seen) = SATISFIED.get_ptr(cookie) else {
            return false;
        };
        let is_of_this_one = *seen >= (*state).begun_boot_ns;
        let _ = SATISFIED.remove(cookie);
        is_of_this_one
    }
}

/// Offset up to which all is known to have gone by. What came in while no program looked (before they were
/// attached, or in a way that leaves them out) is known to the connection itself.
#[inline(always)]
unsafe fn known(socket: *mut bpf_sock, direction: *const Direction, way: Way) -> u32 {
    // SAFETY: the caller's.
    unsafe {
        let next = (*direction).next;
        if way == Way::Out {
            return next;
        }
        let connection = bpf_tcp_sock(socket);
        if connection.is_null() {
            return next;
        }
        let received = (*connection).rcv_nxt.wrapping_sub((*direction).base);
        if received < NEGATIVE && received > next {
            received
        } else {
            next
        }
    }
}

/// Notes who speaks; moves the window where that changes. `false` when it changed too often.
#[inline(always)]
unsafe fn take_turn(
    state: *mut SocketState,
    direction: *mut Direction,
    next: u32,
    way: Way,
) -> bool {
    let turn = if way == Way::Out { 1 } else { 2 };
    // SAFETY: the caller's.
    unsafe {
        if (*state).turn != turn {
            (*state).turn = turn;
            (*state).turns = (*state).turns.wrapping_add(1);
            (*direction).window_start = next;
            (*direction).window_end = next.wrapping_add(WINDOW);
        }
        (*state).turns <= TURNS_MAX
    }
}

/// How much of a packet lies in the window.
#[inline(always)]
unsafe fn wanted(
    skb: *mut __sk_buff,
    direction: *mut Direction,
    packet: &Packet,
    offset: u32,
    next: u32,
) -> Option<u32> {
    // SAFETY: the caller's.
    unsafe {
        let start = (*direction).window_start;
        let mut end = (*direction).window_end;
        if offset > next {
            // It overtook the one that says how large the window is.
            end = start.wrapping_add(TLS_WINDOW);
        } else if offset <= start {
            let mut first = 0u8;
            let place = packet.payload.wrapping_add(start.wrapping_sub(offset));
            load(skb, place, &raw mut first, 1)?;
            end = start.wrapping_add(window(first));
            (*direction).window_end = end;
        }
        if offset >= end {
            return None;
        }
        let wanted = end.wrapping_sub(offset).min(packet.length);
        Some(wanted.min(PAYLOAD_BYTES_MAX as u32))
    }
}

/// How large the window is, by its first byte.
#[inline(always)]
fn window(first: u8) -> u32 {
    match first {
        HANDSHAKE => TLS_WINDOW,
        // The first byte of version 2 of the PROXY protocol; text.
        b'\r' | b'A'..=b'Z' | b'a'..=b'z' | b'*' | b'+' | b'-' | b'{' => TEXT_WINDOW,
        _ => WINDOW,
    }
}
