//! The heads of a packet.

use crate::state::IPPROTO_TCP;
use aya_ebpf::bindings::__sk_buff;
use aya_ebpf::helpers::generated::bpf_skb_load_bytes;
use saker_ebpf_programs::socket::{AF_INET, AF_INET6};

/// Extension headers of IPv6 that are looked through; a packet with more is passed over.
const EXTENSIONS_MAX: u32 = 8;

const TCP_SYN: u32 = 2;

/// Which way a packet goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is sent.
    Out,
    /// It was received.
    In,
}

/// The heads of a packet. Addresses in network byte order, ports in host byte order.
#[derive(Clone, Copy)]
pub(crate) struct Packet {
    /// Address family.
    pub(crate) family: u16,
    /// Where it comes from.
    pub(crate) source: [u64; 2],
    /// Where it goes.
    pub(crate) destination: [u64; 2],
    /// Port that it comes from.
    pub(crate) source_port: u32,
    /// Port that it goes to.
    pub(crate) destination_port: u32,
    /// TCP: number of its first byte.
    pub(crate) sequence: u32,
    /// TCP: whether it opens the connection.
    pub(crate) is_syn: bool,
    /// Where its payload begins.
    pub(crate) payload: u32,
    /// How long its payload is.
    pub(crate) length: u32,
}

impl Packet {
    /// Reads the heads; `None` where they are cut or strange.
    ///
    /// # Safety
    ///
    /// `skb` is the context of a program on packets.
    #[inline(always)]
    pub(crate) unsafe fn parse(skb: *mut __sk_buff, protocol: u32) -> Option<Self> {
        let mut packet = Self {
            family: AF_INET,
            source: [0; 2],
            destination: [0; 2],
            source_port: 0,
            destination_port: 0,
            sequence: 0,
            is_syn: false,
            payload: 0,
            length: 0,
        };
        // SAFETY: the caller's; each piece is loaded with the size of its place.
        unsafe {
            let transport = packet.internet(skb, protocol)?;
            let (mut ports, mut sequence, mut offsets) = (0u32, 0u32, 0u32);
            load(skb, transport, (&raw mut ports).cast(), 4)?;
            let ports = u32::from_be(ports);
            packet.source_port = ports >> 16;
            packet.destination_port = ports & 0xffff;
            if protocol == IPPROTO_TCP {
                load(
                    skb,
                    transport.wrapping_add(4),
                    (&raw mut sequence).cast(),
                    4,
                )?;
                load(
                    skb,
                    transport.wrapping_add(12),
                    (&raw mut offsets).cast(),
                    4,
                )?;
                let offsets = u32::from_be(offsets);
                packet.sequence = u32::from_be(sequence);
                packet.is_syn = (offsets >> 16) & TCP_SYN != 0;
                packet.payload = transport.wrapping_add((offsets >> 28).wrapping_mul(4));
            } else {
                packet.payload = transport.wrapping_add(8);
            }
            let whole = (*skb).len;
            if packet.payload > whole {
                return None;
            }
            packet.length = whole.wrapping_sub(packet.payload);
        }
        Some(packet)
    }

    /// Reads the head of the network layer; returns where the next one begins.
    #[inline(always)]
    unsafe fn internet(&mut self, skb: *mut __sk_buff, protocol: u32) -> Option<u32> {
        let mut head = [0u32; 10];
        // SAFETY: the array has room for both heads.
        unsafe {
            load(skb, 0, (&raw mut head).cast(), 20)?;
            let first = u32::from_be(head[0]);
            if first >> 28 == 4 {
                self.source[0] = u64::from(head[3]);
                self.destination[0] = u64::from(head[4]);
                if (u32::from_be(head[2]) >> 16) & 0xff != protocol {
                    return None;
                }
                return Some(((first >> 24) & 15).wrapping_mul(4));
            }
            if first >> 28 != 6 {
                return None;
            }
            load(skb, 20, (&raw mut head[5]).cast(), 20)?;
            self.family = AF_INET6;
            self.source = [pair(head[2], head[3]), pair(head[4], head[5])];
            self.destination = [pair(head[6], head[7]), pair(head[8], head[9])];
            skip_extensions(skb, (u32::from_be(head[1]) >> 8) & 0xff, protocol)
        }
    }

    /// Address and port of this end.
    #[inline(always)]
    pub(crate) fn local(&self, way: Way) -> ([u64; 2], u32) {
        match way {
            Way::Out => (self.source, self.source_port),
            Way::In => (self.destination, self.destination_port),
        }
    }

    /// Address and port of the other end.
    #[inline(always)]
    pub(crate) fn remote(&self, way: Way) -> ([u64; 2], u32) {
        match way {
            Way::Out => (self.destination, self.destination_port),
            Way::In => (self.source, self.source_port),
        }
    }
}

/// Two words as they lie one after the other.
#[inline(always)]
fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) | (u64::from(second) << 32)
}

/// Looks for the transport's head behind the extension headers of IPv6.
#[inline(always)]
unsafe fn skip_extensions(skb: *mut __sk_buff, first: u32, protocol: u32) -> Option<u32> {
    const HOP_BY_HOP: u32 = 0;
    const ROUTING: u32 = 43;
    const FRAGMENT: u32 = 44;
    const AUTHENTICATION: u32 = 51;
    const DESTINATION: u32 = 60;
    let (mut next, mut place) = (first, 40u32);
    for _ in 0..EXTENSIONS_MAX {
        if next == protocol {
            return Some(place);
        }
        let mut head = 0u32;
        // SAFETY: the caller's.
        unsafe { load(skb, place, (&raw mut head).cast(), 4)? };
        let units = (u32::from_be(head) >> 16) & 0xff;
        let length = match next {
            HOP_BY_HOP | ROUTING | DESTINATION => units.wrapping_add(1).wrapping_mul(8),
            FRAGMENT => 8,
            AUTHENTICATION => units.wrapping_add(2).wrapping_mul(4),
            _ => return None,
        };
        next = u32::from_be(head) >> 24;
        place = place.wrapping_add(length);
    }
    None
}

/// Copies bytes of a packet.
///
/// # Safety
///
/// `to` has room for `length` bytes, which the verifier must see not to be zero.
#[inline(always)]
pub(crate) unsafe fn load(skb: *mut __sk_buff, from: u32, to: *mut u8, length: u32) -> Option<()> {
    // SAFETY: the caller's.
    let result = unsafe { bpf_skb_load_bytes(skb.cast(), from, to.cast(), length) };
    (result == 0).then_some(())
}
