//! Kafka: the header of requests, and the login by SASL PLAIN.

use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::credentials;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

const PORTS: [u16; 2] = [9092, 9094];
/// Requests that are read.
const REQUESTS_MAX: usize = 8;
/// Bytes of a first request.
const FIRST_BYTES_MAX: u32 = 4096;
const KEY_METADATA: u16 = 3;
const KEY_SASL_HANDSHAKE: u16 = 17;
const KEY_VERSIONS: u16 = 18;
const KEY_SASL_AUTHENTICATE: u16 = 36;
/// Versions of the requests that come first.
const VERSION_MAX: u16 = 15;
const NO_CLIENT_ID: u16 = 0xFFFF;
const CLIENT_ID_BYTES_MAX: usize = 256;

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    let correlation = match read_first(client) {
        First::Other => return Recognition::NotMine,
        First::Partial => return Recognition::NeedMore,
        First::Begun { correlation } => correlation,
    };
    let mut answer = Cursor::new(server);
    let answered = match (answer.u32(), answer.u32()) {
        (Some(_), Some(number)) => Some(number == correlation),
        _ => None,
    };
    let is_port = PORTS.contains(&conversation.server_port);
    let confidence = match answered {
        Some(true) => Confidence::High,
        Some(false) => return Recognition::NotMine,
        None if is_port => Confidence::Medium,
        None => Confidence::Low,
    };
    let (credential, is_over) = read_login(client);
    Readable::new(Protocol::Kafka, confidence)
        .exposing(credential)
        .settled_if(is_over && answered.is_some())
        .into()
}

enum First {
    Other,
    Partial,
    Begun { correlation: u32 },
}

/// The first request: one that asks for versions or topics, or begins a login.
fn read_first(client: &[u8]) -> First {
    let mut cursor = Cursor::new(client);
    // Whether what there is of the length, key and version is possible.
    let fits = |index: usize, max: u8| client.get(index).is_none_or(|byte| *byte <= max);
    let is_key = client.get(5).is_none_or(|key| {
        matches!(
            u16::from(*key),
            KEY_METADATA | KEY_SASL_HANDSHAKE | KEY_VERSIONS
        )
    });
    if !(fits(0, 0) && fits(1, 0) && fits(2, 0x10) && fits(4, 0) && fits(6, 0) && is_key) {
        return First::Other;
    }
    let (Some(length), Some(_key), Some(version)) = (cursor.u32(), cursor.u16(), cursor.u16())
    else {
        return First::Partial;
    };
    if !(10..=FIRST_BYTES_MAX).contains(&length) || version > VERSION_MAX {
        return First::Other;
    }
    let (Some(correlation), Some(id_bytes)) = (cursor.u32(), cursor.u16()) else {
        return First::Partial;
    };
    if id_bytes == NO_CLIENT_ID {
        return First::Begun { correlation };
    }
    let id_bytes = usize::from(id_bytes);
    let fits_length = u32::try_from(id_bytes).is_ok_and(|bytes| bytes.saturating_add(10) <= length);
    let present = cursor.rest().get(..id_bytes).unwrap_or(cursor.rest());
    let is_text = present
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if id_bytes > CLIENT_ID_BYTES_MAX || !fits_length || !is_text {
        First::Other
    } else if present.len() < id_bytes {
        First::Partial
    } else {
        First::Begun { correlation }
    }
}

/// A password that was shown, and whether the login is over.
fn read_login(client: &[u8]) -> (Option<CredentialKind>, bool) {
    let mut cursor = Cursor::new(client);
    let mut is_plain = false;
    for _ in 0..REQUESTS_MAX {
        let Some(frame) = read_frame(&mut cursor) else {
            return (None, false);
        };
        let mut request = Cursor::new(frame);
        let key = request.u16().unwrap_or_default();
        if is_plain {
            // A request of its own, or, with the first version of the handshake, the bare message.
            let message = read_authentication(frame).unwrap_or(frame);
            let is_shown = credentials::is_sasl_plain(message);
            return (is_shown.then_some(CredentialKind::KafkaPassword), true);
        }
        match key {
            KEY_SASL_HANDSHAKE => is_plain = read_mechanism(frame) == Some(b"PLAIN"),
            KEY_VERSIONS => {}
            _ => return (None, true),
        }
    }
    (None, true)
}

fn read_frame<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let mut ahead = *cursor;
    let length = usize::try_from(ahead.u32()?).ok()?;
    let frame = ahead.take(length)?;
    *cursor = ahead;
    Some(frame)
}

/// What follows the header of a request.
fn skip_header<'a>(frame: &'a [u8]) -> Option<(u16, u16, Cursor<'a>)> {
    let mut cursor = Cursor::new(frame);
    let (key, version) = (cursor.u16()?, cursor.u16()?);
    cursor.skip(4)?;
    let id_bytes = cursor.u16()?;
    if id_bytes != NO_CLIENT_ID {
        cursor.skip(usize::from(id_bytes))?;
    }
    Some((key, version, cursor))
}

fn read_mechanism(frame: &[u8]) -> Option<&[u8]> {
    let (_, _, mut cursor) = skip_header(frame)?;
    let length = cursor.u16()?;
    cursor.take(usize::from(length))
}

fn read_authentication(frame: &[u8]) -> Option<&[u8]> {
    let (key, version, mut cursor) = skip_header(frame)?;
    if key != KEY_SASL_AUTHENTICATE {
        return None;
    }
    if version < 2 {
        let length = cursor.u32()?;
        return cursor.take(usize::try_from(length).ok()?);
    }
    // Flexible versions: tagged fields (none), then a length that is one too large, in seven bits a byte.
    cursor.skip(1)?;
    let low = cursor.u8()?;
    let mut length = usize::from(low & 0x7F);
    if low & 0x80 != 0 {
        length = length.checked_add(usize::from(cursor.u8()? & 0x7F).checked_mul(128)?)?;
    }
    cursor.take(length.checked_sub(1)?)
}
