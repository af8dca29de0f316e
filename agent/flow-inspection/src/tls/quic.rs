//! QUIC: TLS 1.3 over datagrams. Its first packets are encrypted by a key that everybody can make.

mod initial;

use super::client_hello::{Carrier, ClientHello};
use super::record::Messages;
use super::{Handshake, facts};
use crate::capture::{Boundaries, CAPTURED_BYTES_MAX, Capture, Stream};
use crate::classification::{Confidence, SecurityClass};
use crate::conversation::{Conversation, Settled};
use crate::cursor::Cursor;
use crate::protocol::Protocol;
use crate::reason::Reason;
use crate::tls_facts::{TlsFacts, TlsVersion};

use initial::{Header, Keys};

/// A client's first datagram is at least so long (RFC 9000, 14.1).
const FIRST_DATAGRAM_BYTES_MIN: u64 = 1200;

const CLIENT_HELLO: u8 = 1;

/// Looks for a connection that begins with the client's first datagram.
pub(crate) fn inspect(conversation: &Conversation<'_>) -> Option<Handshake> {
    let first = conversation.client.datagrams().next()?;
    let header = Header::read(&mut Cursor::new(first.bytes))?;
    if first.sent_bytes < FIRST_DATAGRAM_BYTES_MIN || !header.is_initial() {
        return None;
    }
    let crypto = crypto(conversation.client, &header);
    let hello = Messages::new(crypto.stream().head())
        .next()
        .filter(|message| message.kind == CLIENT_HELLO)
        .and_then(|message| ClientHello::read(message.body, message.is_whole, Carrier::Quic));
    let facts = hello.as_ref().map(facts::offered).unwrap_or_default();
    let facts = TlsFacts {
        version: Some(TlsVersion::Tls13),
        ..facts
    };
    let is_answered = is_answered(conversation.server, &header);
    // What was not captured whole cannot be read, and need not be waited for.
    let is_read = hello.is_some_and(|hello| hello.is_whole)
        || first.sent_bytes > u64::try_from(first.bytes.len()).unwrap_or(u64::MAX);
    Some(Handshake {
        class: SecurityClass::Tls,
        confidence: if is_answered {
            Confidence::High
        } else {
            Confidence::Medium
        },
        reason: if is_answered {
            Reason::TlsHandshake
        } else {
            Reason::TlsHello
        },
        protocol: match facts::protocol(&facts) {
            Protocol::Tls => Protocol::Quic,
            inside => inside,
        },
        facts,
        settled: if is_answered && is_read {
            Settled::Yes
        } else {
            Settled::No
        },
    })
}

/// Whether a datagram of the server is an answer: a long header to the name that the client gave itself.
fn is_answered(server: Stream<'_>, client: &Header<'_>) -> bool {
    server
        .datagrams()
        .filter_map(|datagram| Header::read(&mut Cursor::new(datagram.bytes)))
        .any(|header| header.destination == client.source)
}

/// The bytes of the handshake that the client's first packets carry.
fn crypto(client: Stream<'_>, first: &Header<'_>) -> Capture {
    let mut crypto = Capture::new(Boundaries::Joined);
    let Some(keys) = Keys::of_client(first) else {
        return crypto;
    };
    for datagram in client.datagrams() {
        let mut rest = datagram.bytes;
        while let Some((packet, after)) = initial::split(rest) {
            if let Some(frames) = keys.open(packet) {
                take_frames(&mut crypto, &frames);
            }
            rest = after;
        }
    }
    crypto
}

/// Takes what CRYPTO frames hold.
fn take_frames(crypto: &mut Capture, frames: &[u8]) {
    const PADDING: u64 = 0;
    const PING: u64 = 1;
    const ACKNOWLEDGEMENT: u64 = 2;
    const ACKNOWLEDGEMENT_WITH_COUNTS: u64 = 3;
    const CRYPTO: u64 = 6;
    let mut cursor = Cursor::new(frames);
    while let Some(kind) = cursor.variable() {
        let taken = match kind {
            PADDING | PING => Some(()),
            ACKNOWLEDGEMENT => acknowledgement(&mut cursor, 0),
            ACKNOWLEDGEMENT_WITH_COUNTS => acknowledgement(&mut cursor, 3),
            CRYPTO => cursor
                .variable()
                .zip(cursor.variable())
                .and_then(|(offset, length)| {
                    let bytes = cursor.take(usize::try_from(length).ok()?)?;
                    if offset < u64::try_from(CAPTURED_BYTES_MAX).ok()? {
                        crypto.insert(offset, bytes, length);
                    }
                    Some(())
                }),
            _ => None,
        };
        if taken.is_none() {
            return;
        }
    }
}

/// Skips an acknowledgement, with so many numbers at its end.
fn acknowledgement(cursor: &mut Cursor<'_>, counts: usize) -> Option<()> {
    cursor.variable()?;
    cursor.variable()?;
    let ranges = usize::try_from(cursor.variable()?).ok()?;
    cursor.variable()?;
    for _ in 0..ranges.checked_mul(2)?.checked_add(counts)? {
        cursor.variable()?;
    }
    Some(())
}
