//! The captured bytes of a connection, as inputs of the target `flow` write them.
//!
//! A byte for what carries it (bit 0: datagrams) and the server's port come first. Then segments follow: a
//! byte of flags (bit 0: from the server; bit 1: sent, but not captured), a length in two bytes and, unless
//! they were not captured, so many bytes. Numbers are big-endian; the last segment may be cut short.

use saker_flow_inspection::{Direction, Segment, Transport};

const DATAGRAMS: u8 = 1;
const FROM_SERVER: u8 = 1;
const NOT_CAPTURED: u8 = 2;

/// The begin of a connection.
#[derive(Debug)]
pub struct Conversation<'a> {
    /// What carries it.
    pub transport: Transport,
    /// Port of the server.
    pub server_port: u16,
    /// What was sent, in the order in which it was seen.
    pub segments: Vec<Segment<'a>>,
}

impl<'a> Conversation<'a> {
    /// Reads an input; `None` if it is too short for one.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let ([flags, high, low], mut rest) = bytes.split_first_chunk()?;
        let mut conversation = Self {
            transport: match flags & DATAGRAMS {
                0 => Transport::Tcp,
                _ => Transport::Udp,
            },
            server_port: u16::from_be_bytes([*high, *low]),
            segments: Vec::new(),
        };
        let mut sent = [0_u64; 2];
        while let Some(([flags, high, low], after)) = rest.split_first_chunk() {
            let length = u16::from_be_bytes([*high, *low]);
            let (direction, sent) = match flags & FROM_SERVER {
                0 => (Direction::FromClient, &mut sent[0]),
                _ => (Direction::FromServer, &mut sent[1]),
            };
            if flags & NOT_CAPTURED == 0 {
                let (payload, after) = after.split_at(usize::from(length).min(after.len()));
                conversation.segments.push(Segment {
                    direction,
                    offset: *sent,
                    bytes: payload,
                    sent_bytes: payload.len() as u32,
                });
                *sent += payload.len() as u64;
                rest = after;
            } else {
                // The segment before says that more was sent than it holds.
                let before = conversation.segments.last_mut();
                if let Some(before) = before.filter(|before| before.direction == direction) {
                    before.sent_bytes = before.sent_bytes.saturating_add(u32::from(length));
                }
                *sent += u64::from(length);
                rest = after;
            }
        }
        Some(conversation)
    }
}
