//! Payload that comes before its connection.
//!
//! The last packet of the handshake, or the first with TCP Fast Open, may carry payload. It is filtered with the
//! listener as its socket; then, in the same run of the network stack on the same processor, the connection is
//! made and is not asked again. So such payload is put aside for the connection that is made next here. Whatever
//! comes to a listener takes its place: anybody may send a packet that no connection comes of.

use crate::maps::EARLY;
use crate::packet::{Packet, Way, load};
use crate::record;
use crate::state::SocketState;
use aya_ebpf::bindings::__sk_buff;
use saker_event_schema::{PAYLOAD_BYTES_MAX, SocketTuple};

/// A packet that was put aside.
#[repr(C)]
pub(crate) struct EarlyPacket {
    /// Where it comes from, as its head says.
    remote: [u64; 2],
    /// Port that it comes from; the upper half is that of this end. 0 when nothing was put aside.
    ports: u32,
    /// Number of its first byte of payload.
    sequence: u32,
    /// How long its payload is.
    pub(crate) sent: u32,
    /// How much of it is here.
    pub(crate) captured: u32,
    /// Interface that it came through.
    pub(crate) interface: u32,
    reserved: u32,
    /// The payload.
    pub(crate) payload: [u8; PAYLOAD_BYTES_MAX],
}

/// Forgets what was put aside: the next connection is not made by that packet.
///
/// # Safety
///
/// Called by programs on packets only.
#[inline(always)]
pub(crate) unsafe fn forget() {
    if let Some(slot) = EARLY.get_ptr_mut(0) {
        // SAFETY: the processor's own memory.
        unsafe { (*slot).ports = 0 };
    }
}

/// Puts the payload of a packet to a listener aside; nothing else is by now, see [`forget`].
///
/// # Safety
///
/// `skb` is the context.
#[inline(always)]
pub(crate) unsafe fn put_aside(skb: *mut __sk_buff, packet: &Packet) {
    let Some(slot) = EARLY.get_ptr_mut(0) else {
        return;
    };
    // SAFETY: the processor's own memory, and packets to listeners are not nested; the payload has room.
    unsafe {
        let (remote, remote_port) = packet.remote(Way::In);
        let wanted = packet.length.min(PAYLOAD_BYTES_MAX as u32);
        let wanted = core::ptr::read_volatile(&raw const wanted);
        let wanted = (wanted.wrapping_sub(1) & (PAYLOAD_BYTES_MAX as u32 - 1)) + 1;
        let payload = (&raw mut (*slot).payload).cast::<u8>();
        if load(skb, packet.payload, payload, wanted).is_none() {
            return;
        }
        (*slot).remote = remote;
        (*slot).ports = (remote_port & 0xffff) | (packet.destination_port << 16);
        (*slot).sequence = packet.sequence.wrapping_add(u32::from(packet.is_syn));
        (*slot).sent = packet.length;
        (*slot).captured = wanted;
        (*slot).interface = (*skb).ifindex;
    }
}

/// Reports what was put aside for a connection that was just accepted.
///
/// # Safety
///
/// `state` is valid and knows its ends.
#[inline(always)]
pub(crate) unsafe fn take(state: *mut SocketState) {
    let Some(slot) = EARLY.get_ptr_mut(0) else {
        return;
    };
    // SAFETY: the processor's own memory.
    unsafe {
        let tuple = &raw const (*state).tuple;
        let ports = u32::from((*tuple).remote_port) | (u32::from((*tuple).local_port) << 16);
        let received = &raw mut (*state).received;
        // Nothing was received yet, so the connection begins with what it expects.
        let is_first = (*slot).sequence == (*received).base;
        if (*slot).ports != ports || !is_first || !is_from(slot, tuple) {
            return;
        }
        (*slot).ports = 0;
        (*received).next = (*slot).sent;
        (*received).window_end = PAYLOAD_BYTES_MAX as u32;
        (*received).records = 1;
        (*state).turn = 2;
        (*state).turns = 1;
        record::early_payload(slot, state, tuple);
    }
}

#[inline(always)]
unsafe fn is_from(slot: *const EarlyPacket, tuple: *const SocketTuple) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let remote = (&raw const (*tuple).remote_address).cast::<u64>();
        (*slot).remote[0] == remote.read() && (*slot).remote[1] == remote.add(1).read()
    }
}
