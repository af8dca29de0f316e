//! The hello of SSL 2.0, which clients of SSL 3.0 and TLS 1.0 once used as well.

use super::record::{End, Flight};
use super::{Handshake, Inspection};
use crate::classification::{Confidence, SecurityClass};
use crate::conversation::{Conversation, Settled};
use crate::cursor::Cursor;
use crate::protocol::Protocol;
use crate::reason::Reason;
use crate::tls_facts::{TlsFacts, TlsVersion};

const CLIENT_HELLO: u8 = 1;

/// Bytes of the header and of the lengths after it.
const FIXED_BYTES: usize = 11;

/// Looks for such a hello where the client's stream begins.
pub(crate) fn inspect(conversation: &Conversation<'_>) -> Inspection {
    let head = conversation.client.head();
    if !has_form(head) {
        return Inspection::Other;
    }
    let Some(fixed) = Fixed::read(head) else {
        return if conversation.client.is_cut() {
            Inspection::Other
        } else {
            Inspection::NeedMore
        };
    };
    if !fixed.is_consistent() {
        return Inspection::Other;
    }
    let server = conversation.server.head();
    // The answer is a record of SSL 3.0 or TLS, or SSL 2.0's own hello, of type 4.
    let (reason, settled) = match server {
        [] => (Reason::TlsHello, Settled::No),
        [0x15, 3, ..] => match Flight::read(conversation.server).end {
            End::Open => (Reason::TlsHello, Settled::No),
            _ => (Reason::TlsFailed, Settled::Yes),
        },
        [0x16, 3, ..] | [_, _, 4, ..] => (Reason::TlsHandshake, Settled::Yes),
        _ if server.len() < 3 => (Reason::TlsHello, Settled::No),
        _ => (Reason::TlsRefused, Settled::Yes),
    };
    let is_refused = reason == Reason::TlsRefused;
    Inspection::Handshake(Box::new(Handshake {
        class: if is_refused {
            SecurityClass::Opaque
        } else {
            SecurityClass::Tls
        },
        confidence: if is_refused {
            Confidence::Low
        } else {
            Confidence::Medium
        },
        reason,
        protocol: if is_refused {
            Protocol::Unknown
        } else {
            Protocol::Tls
        },
        facts: TlsFacts {
            version: TlsVersion::from_wire(fixed.version),
            ..TlsFacts::default()
        },
        settled,
    }))
}

/// Whether the bytes that are there may begin such a hello.
fn has_form(head: &[u8]) -> bool {
    let fits = |index: usize, byte: u8| match index {
        0 => byte & 0x80 != 0,
        2 => byte == CLIENT_HELLO,
        3 => byte == 0 || byte == 3,
        4 => byte <= 3,
        _ => true,
    };
    !head.is_empty()
        && head
            .iter()
            .take(FIXED_BYTES)
            .enumerate()
            .all(|(index, byte)| fits(index, *byte))
}

struct Fixed {
    /// Bytes after the record's header.
    length: u16,
    version: u16,
    cipher_bytes: u16,
    session_bytes: u16,
    challenge_bytes: u16,
}

impl Fixed {
    fn read(head: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(head);
        let length = cursor.u16()? & 0x7fff;
        cursor.u8()?;
        Some(Self {
            length,
            version: cursor.u16()?,
            cipher_bytes: cursor.u16()?,
            session_bytes: cursor.u16()?,
            challenge_bytes: cursor.u16()?,
        })
    }

    /// Whether the lengths make up the whole, and each is one that is allowed.
    fn is_consistent(&self) -> bool {
        let parts = [
            9,
            self.cipher_bytes,
            self.session_bytes,
            self.challenge_bytes,
        ];
        let sum: u32 = parts.iter().map(|part| u32::from(*part)).sum();
        sum == u32::from(self.length)
            && TlsVersion::from_wire(self.version).is_some()
            && self.cipher_bytes > 0
            && self.cipher_bytes.is_multiple_of(3)
            && matches!(self.session_bytes, 0 | 16)
            && (16..=32).contains(&self.challenge_bytes)
    }
}
