//! Records of connections, built in the ring.

use crate::early::EarlyPacket;
use crate::maps::NETWORK;
use crate::packet::{Packet, Way, load};
use crate::state::SocketState;
use aya_ebpf::bindings::__sk_buff;
use aya_ebpf::helpers::generated::{
    bpf_get_smp_processor_id, bpf_ktime_get_boot_ns, bpf_probe_read_kernel, bpf_ringbuf_reserve,
    bpf_ringbuf_submit,
};
use core::ffi::c_void;
use core::mem::offset_of;
use saker_ebpf_programs::counters::{count, next_sequence};
use saker_ebpf_programs::wakeup;
use saker_event_schema::{EventHeader, EventId, PAYLOAD_BYTES_MAX, SocketTuple, event, wire};

const HEADER_BYTES: usize = size_of::<EventHeader>();
const TUPLE_BYTES: usize = size_of::<SocketTuple>();

/// Tells the numbers of these records from those of the other object's on the same processor.
const SEQUENCE_BIT: u32 = 1 << 31;

const OPENED_BYTES: usize = HEADER_BYTES + size_of::<wire::FlowOpened>() + TUPLE_BYTES;
const CLOSED_BYTES: usize = HEADER_BYTES + size_of::<wire::FlowClosed>() + TUPLE_BYTES;
const LISTENING_BYTES: usize = HEADER_BYTES + size_of::<wire::FlowListening>() + TUPLE_BYTES;
const PAYLOAD_START: usize =
    HEADER_BYTES + size_of::<wire::FlowPayload>() + TUPLE_BYTES + TUPLE_BYTES;

/// Sizes of the room for payload: the ring gives out room of constant size only.
const SMALL: usize = 256;
const MIDDLE: usize = 2048;
const LARGE: usize = PAYLOAD_BYTES_MAX;

const _: () = assert!(HEADER_BYTES.is_multiple_of(8) && TUPLE_BYTES.is_multiple_of(8));

/// What of a packet is reported.
pub(crate) struct Excerpt {
    /// Offset in the stream of the packet's first byte of payload.
    pub(crate) offset: u64,
    /// How long its payload is.
    pub(crate) sent: u32,
    /// How many bytes of it are reported; not 0.
    pub(crate) captured: u32,
}

/// A slot's reference to data.
#[inline(always)]
const fn reference(start: usize, length: usize) -> u64 {
    start as u64 | ((length as u64) << 32)
}

/// The slot of an argument in a record.
macro_rules! slot {
    ($place:expr, $row:ident, $argument:ident) => {
        $place
            .add(HEADER_BYTES + offset_of!(wire::$row, $argument))
            .cast::<u64>()
    };
}

/// Room in the ring; counts the event, and its loss where there is none.
#[inline(always)]
fn reserve<const BYTES: usize>(event: EventId) -> Option<*mut u8> {
    let event = u32::from(event.get());
    // SAFETY: places inside the slots that the lookups found; the ring is a map.
    unsafe {
        count(event, |slot| &raw mut (*slot).emitted);
        let ring = (&raw const NETWORK).cast_mut().cast::<c_void>();
        let place = bpf_ringbuf_reserve(ring, BYTES as u64, 0);
        if place.is_null() {
            count(event, |slot| &raw mut (*slot).ring_full);
            return None;
        }
        Some(place.cast())
    }
}

/// Counts a row that could not even be begun, because the kernel has no memory for what is remembered of the
/// socket: a process may use up what its sockets are allowed.
#[inline(always)]
pub(crate) fn lost(event: EventId) {
    let event = u32::from(event.get());
    // SAFETY: places inside the slots that the lookups found.
    unsafe {
        count(event, |slot| &raw mut (*slot).emitted);
        count(event, |slot| &raw mut (*slot).no_slot);
    }
}

/// Writes the head: what is known of the owner, and when and where this happened.
#[inline(always)]
unsafe fn write_header(place: *mut u8, state: *const SocketState, event: EventId, length: u32) {
    // SAFETY: the record has room for the header.
    unsafe {
        let header = place.cast::<EventHeader>();
        copy_words::<{ HEADER_BYTES / 8 }>((&raw const (*state).owner).cast(), place.cast());
        (*header).time_boot_ns = bpf_ktime_get_boot_ns();
        (*header).length = length;
        (*header).event = event;
        (*header).cpu = bpf_get_smp_processor_id();
        (*header).sequence = next_sequence() | SEQUENCE_BIT;
    }
}

/// Copies words one by one: a copy of the whole would be a call that copies bytes.
#[inline(always)]
unsafe fn copy_words<const WORDS: usize>(from: *const u64, to: *mut u64) {
    for word in 0..WORDS {
        // SAFETY: the caller's.
        unsafe { core::ptr::write_volatile(to.add(word), core::ptr::read_volatile(from.add(word))) }
    }
}

#[inline(always)]
unsafe fn write_tuple(place: *mut u8, start: usize, tuple: *const SocketTuple) {
    // SAFETY: the caller's.
    unsafe { copy_words::<{ TUPLE_BYTES / 8 }>(tuple.cast(), place.add(start).cast()) };
}

#[inline(always)]
unsafe fn submit(place: *mut u8) {
    // SAFETY: the record was reserved and is not used afterwards.
    unsafe {
        let ring = (&raw const NETWORK).cast_mut().cast::<c_void>();
        bpf_ringbuf_submit(place.cast(), u64::from(wakeup::flags(ring)));
    }
}

/// A connection was established, or the first datagram of a peer went by.
///
/// # Safety
///
/// `state` and `tuple` are valid.
#[inline(always)]
pub(crate) unsafe fn opened(state: *const SocketState, tuple: *const SocketTuple, interface: u32) {
    const TUPLE: usize = HEADER_BYTES + size_of::<wire::FlowOpened>();
    let Some(place) = reserve::<OPENED_BYTES>(event::FLOW_OPENED) else {
        return;
    };
    // SAFETY: all lies inside the room.
    unsafe {
        write_header(place, state, event::FLOW_OPENED, OPENED_BYTES as u32);
        slot!(place, FlowOpened, cookie).write((*state).cookie);
        slot!(place, FlowOpened, socket).write(reference(TUPLE, TUPLE_BYTES));
        slot!(place, FlowOpened, interface).write(u64::from(interface));
        write_tuple(place, TUPLE, tuple);
        submit(place);
    }
}

/// A socket listens.
///
/// # Safety
///
/// `state` is valid.
#[inline(always)]
pub(crate) unsafe fn listening(state: *const SocketState) {
    const TUPLE: usize = HEADER_BYTES + size_of::<wire::FlowListening>();
    let Some(place) = reserve::<LISTENING_BYTES>(event::FLOW_LISTENING) else {
        return;
    };
    // SAFETY: all lies inside the room.
    unsafe {
        write_header(place, state, event::FLOW_LISTENING, LISTENING_BYTES as u32);
        slot!(place, FlowListening, cookie).write((*state).cookie);
        slot!(place, FlowListening, socket).write(reference(TUPLE, TUPLE_BYTES));
        write_tuple(place, TUPLE, &raw const (*state).tuple);
        submit(place);
    }
}

/// A connection ended, or never came to be.
///
/// # Safety
///
/// `state` is valid.
#[inline(always)]
pub(crate) unsafe fn closed(
    state: *const SocketState,
    sent: u64,
    received: u64,
    was_established: bool,
) {
    const TUPLE: usize = HEADER_BYTES + size_of::<wire::FlowClosed>();
    let Some(place) = reserve::<CLOSED_BYTES>(event::FLOW_CLOSED) else {
        return;
    };
    // SAFETY: all lies inside the room.
    unsafe {
        write_header(place, state, event::FLOW_CLOSED, CLOSED_BYTES as u32);
        slot!(place, FlowClosed, cookie).write((*state).cookie);
        slot!(place, FlowClosed, socket).write(reference(TUPLE, TUPLE_BYTES));
        slot!(place, FlowClosed, opened).write((*state).opened_boot_ns);
        slot!(place, FlowClosed, sent_bytes).write(sent);
        slot!(place, FlowClosed, received_bytes).write(received);
        slot!(place, FlowClosed, was_established).write(u64::from(was_established));
        write_tuple(place, TUPLE, &raw const (*state).tuple);
        submit(place);
    }
}

/// A packet carried bytes.
///
/// # Safety
///
/// `skb` is the context, `state` and `tuple` are valid.
#[inline(always)]
pub(crate) unsafe fn payload(
    skb: *mut __sk_buff,
    state: *const SocketState,
    tuple: *const SocketTuple,
    packet: &Packet,
    way: Way,
    excerpt: &Excerpt,
) {
    // SAFETY: the caller's.
    unsafe {
        if excerpt.captured <= SMALL as u32 {
            sized::<SMALL, { PAYLOAD_START + SMALL }>(skb, state, tuple, packet, way, excerpt);
        } else if excerpt.captured <= MIDDLE as u32 {
            sized::<MIDDLE, { PAYLOAD_START + MIDDLE }>(skb, state, tuple, packet, way, excerpt);
        } else {
            sized::<LARGE, { PAYLOAD_START + LARGE }>(skb, state, tuple, packet, way, excerpt);
        }
    }
}

#[inline(always)]
unsafe fn sized<const ROOM: usize, const BYTES: usize>(
    skb: *mut __sk_buff,
    state: *const SocketState,
    tuple: *const SocketTuple,
    packet: &Packet,
    way: Way,
    excerpt: &Excerpt,
) {
    let Some(place) = reserve::<BYTES>(event::FLOW_PAYLOAD) else {
        return;
    };
    let length = in_range::<ROOM>(excerpt.captured);
    // SAFETY: all lies inside the room.
    unsafe {
        // The heads were read from this packet, so its payload can be.
        let _ = load(skb, packet.payload, place.add(PAYLOAD_START), length);
        write_payload(place, state, tuple, way, (*skb).ifindex, excerpt, length);
        write_packet(place, packet, way, tuple);
        submit(place);
    }
}

/// The number in a form whose range the verifier sees: from 1 to `ROOM`, a power of two.
#[inline(always)]
fn in_range<const ROOM: usize>(captured: u32) -> u32 {
    // SAFETY: a valid local; volatile, or the compiler would leave out what it knows and the verifier does not.
    let captured = unsafe { core::ptr::read_volatile(&raw const captured) };
    (captured.wrapping_sub(1) & (ROOM as u32 - 1)) + 1
}

/// Payload that came before the connection existed; see [`crate::early`].
///
/// # Safety
///
/// `early`, `state` and `tuple` are valid.
#[inline(always)]
pub(crate) unsafe fn early_payload(
    early: *const EarlyPacket,
    state: *const SocketState,
    tuple: *const SocketTuple,
) {
    let Some(place) = reserve::<{ PAYLOAD_START + LARGE }>(event::FLOW_PAYLOAD) else {
        return;
    };
    // SAFETY: all lies inside the room; the payload of `early` is as large.
    unsafe {
        let excerpt = Excerpt {
            offset: 0,
            sent: (*early).sent,
            captured: (*early).captured,
        };
        let length = in_range::<LARGE>(excerpt.captured);
        bpf_probe_read_kernel(
            place.add(PAYLOAD_START).cast(),
            length,
            (&raw const (*early).payload).cast(),
        );
        let interface = (*early).interface;
        write_payload(place, state, tuple, Way::In, interface, &excerpt, length);
        write_tuple(
            place,
            HEADER_BYTES + size_of::<wire::FlowPayload>() + TUPLE_BYTES,
            tuple,
        );
        submit(place);
    }
}

#[inline(always)]
unsafe fn write_payload(
    place: *mut u8,
    state: *const SocketState,
    tuple: *const SocketTuple,
    way: Way,
    interface: u32,
    excerpt: &Excerpt,
    captured: u32,
) {
    const SOCKET: usize = HEADER_BYTES + size_of::<wire::FlowPayload>();
    const PACKET: usize = SOCKET + TUPLE_BYTES;
    let length = (PAYLOAD_START as u32).wrapping_add(captured);
    // SAFETY: the caller's.
    unsafe {
        write_header(place, state, event::FLOW_PAYLOAD, length);
        slot!(place, FlowPayload, cookie).write((*state).cookie);
        slot!(place, FlowPayload, socket).write(reference(SOCKET, TUPLE_BYTES));
        slot!(place, FlowPayload, packet).write(reference(PACKET, TUPLE_BYTES));
        slot!(place, FlowPayload, interface).write(u64::from(interface));
        slot!(place, FlowPayload, is_ingress).write(u64::from(way == Way::In));
        slot!(place, FlowPayload, offset).write(excerpt.offset);
        slot!(place, FlowPayload, sent).write(u64::from(excerpt.sent));
        slot!(place, FlowPayload, payload)
            .write(reference(PAYLOAD_START, 0) | (u64::from(captured) << 32));
        write_tuple(place, SOCKET, tuple);
    }
}

/// The addresses as the packet has them, in the form of a socket's.
#[inline(always)]
unsafe fn write_packet(place: *mut u8, packet: &Packet, way: Way, tuple: *const SocketTuple) {
    const PACKET: usize = HEADER_BYTES + size_of::<wire::FlowPayload>() + TUPLE_BYTES;
    let (local, local_port) = packet.local(way);
    let (remote, remote_port) = packet.remote(way);
    // SAFETY: the caller's.
    unsafe {
        let words = place.add(PACKET).cast::<u64>();
        let kind = tuple.cast::<u64>().read() & !0xffff;
        words.write(kind | u64::from(packet.family));
        words.add(1).write(
            u64::from(local_port & 0xffff)
                | (u64::from(remote_port & 0xffff) << 16)
                | (u64::from((*tuple).network_namespace) << 32),
        );
        words.add(2).write(local[0]);
        words.add(3).write(local[1]);
        words.add(4).write(remote[0]);
        words.add(5).write(remote[1]);
    }
}
