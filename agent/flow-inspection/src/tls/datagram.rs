//! DTLS: TLS whose messages come in datagrams, in pieces, twice or not at all.

use std::collections::BTreeMap;

use super::client_hello::Carrier;
use super::record::{End, Flight};
use super::{Handshake, handshake};
use crate::capture::Stream;
use crate::conversation::Conversation;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const HELLO_VERIFY_REQUEST: u8 = 3;

/// Looks for a handshake that begins with the client's first datagram.
pub(crate) fn inspect(conversation: &Conversation<'_>) -> Option<Handshake> {
    if !has_form(conversation.client.head()) {
        return None;
    }
    let mut handshake = handshake(
        &read(conversation.client),
        &read(conversation.server),
        Carrier::Datagram,
        conversation,
    );
    if handshake.protocol == Protocol::Tls {
        handshake.protocol = Protocol::Dtls;
    }
    Some(handshake)
}

/// Whether a datagram begins with the record of a hello.
fn has_form(datagram: &[u8]) -> bool {
    let mut cursor = Cursor::new(datagram);
    Record::read(&mut cursor).is_some_and(|record| {
        record.kind == HANDSHAKE
            && record.epoch == 0
            && record.content.first() == Some(&CLIENT_HELLO)
    })
}

struct Record<'a> {
    kind: u8,
    /// 0 before encryption.
    epoch: u16,
    content: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let kind = cursor.u8()?;
        let version = cursor.u16()?;
        if !matches!(version, 0xfeff | 0xfefd) {
            return None;
        }
        let epoch = cursor.u16()?;
        // The number of the record in its epoch.
        cursor.skip(6)?;
        let length = usize::from(cursor.u16()?);
        let available = length.min(cursor.rest().len());
        Some(Self {
            kind,
            epoch,
            content: cursor.take(available)?,
        })
    }
}

/// A message, as far as its pieces came one after the other.
struct Pieces<'a> {
    kind: u8,
    length: [u8; 3],
    pieces: BTreeMap<u32, &'a [u8]>,
}

/// What one side sent in the clear, as TLS would have sent it.
fn read(stream: Stream<'_>) -> Flight {
    let mut messages = Received::default();
    let mut is_changed = false;
    let mut end = End::Open;
    for datagram in stream.datagrams() {
        let mut cursor = Cursor::new(datagram.bytes);
        while let Some(record) = Record::read(&mut cursor) {
            match (record.kind, record.content) {
                (CHANGE_CIPHER_SPEC, _) => is_changed = true,
                _ if record.epoch > 0 => is_changed = true,
                (ALERT, [2, _] | [_, 0]) => end = End::Alert,
                (HANDSHAKE, content) => messages.take(content),
                _ => {}
            }
        }
    }
    Flight::new(messages.join(), is_changed, end)
}

/// The messages that came, by their numbers.
#[derive(Default)]
struct Received<'a> {
    messages: BTreeMap<u16, Pieces<'a>>,
    /// The number of the first message that counts.
    first: u16,
}

impl<'a> Received<'a> {
    fn take(&mut self, content: &'a [u8]) {
        let mut cursor = Cursor::new(content);
        while let Some(piece) = Piece::read(&mut cursor) {
            // The server only asks for the same hello again.
            if piece.kind == HELLO_VERIFY_REQUEST {
                self.first = piece.number.saturating_add(1);
                continue;
            }
            let message = self.messages.entry(piece.number);
            let message = message.or_insert_with(|| Pieces {
                kind: piece.kind,
                length: piece.length,
                pieces: BTreeMap::new(),
            });
            message.pieces.entry(piece.offset).or_insert(piece.bytes);
        }
    }

    /// The messages one after the other, up to the first that misses something.
    fn join(self) -> Vec<u8> {
        let mut joined = Vec::new();
        for ((number, message), expected) in self.messages.into_iter().zip(self.first..) {
            if number != expected || !message.join(&mut joined) {
                break;
            }
        }
        joined
    }
}

impl Pieces<'_> {
    /// Appends it as TLS frames it; whether it is whole.
    fn join(self, joined: &mut Vec<u8>) -> bool {
        joined.push(self.kind);
        joined.extend_from_slice(&self.length);
        let [high, middle, low] = self.length;
        let length = u32::from_be_bytes([0, high, middle, low]);
        let mut known = 0_u32;
        for (offset, piece) in self.pieces {
            if offset != known {
                break;
            }
            joined.extend_from_slice(piece);
            known = known.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
        }
        known == length
    }
}

/// A piece of a message.
struct Piece<'a> {
    kind: u8,
    /// Length of the message.
    length: [u8; 3],
    /// Number of the message.
    number: u16,
    /// Where the piece belongs in the message.
    offset: u32,
    bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let kind = cursor.u8()?;
        let length = cursor.array()?;
        let number = cursor.u16()?;
        let offset = cursor.u24()?;
        let piece_bytes = usize::try_from(cursor.u24()?).ok()?;
        let available = piece_bytes.min(cursor.rest().len());
        Some(Self {
            kind,
            length,
            number,
            offset,
            bytes: cursor.take(available)?,
        })
    }
}
