//! Cassandra's native protocol (CQL), versions 3 to 5.

use super::form::find;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::credentials;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// Frames that are read.
const FRAMES_MAX: usize = 8;
/// Bytes of a first frame.
const FIRST_BYTES_MAX: u32 = 1024;
const RESPONSE: u8 = 0x80;
const ERROR: u8 = 0;
const STARTUP: u8 = 1;
const AUTHENTICATE: u8 = 3;
const OPTIONS: u8 = 5;
const SUPPORTED: u8 = 6;
const AUTH_RESPONSE: u8 = 15;
/// Bytes around frames of version 5 after the startup: a header with its checksum.
const SEGMENT_HEADER_BYTES: usize = 6;
const SEGMENT_TRAILER_BYTES: usize = 4;

struct Frame<'a> {
    version: u8,
    operation: u8,
    length: u32,
    body: &'a [u8],
    is_whole: bool,
}

fn read_frame<'a>(cursor: &mut Cursor<'a>) -> Option<Frame<'a>> {
    let mut ahead = *cursor;
    let [version, _flags, _, _, operation] = ahead.array()?;
    let length = ahead.u32()?;
    let wanted = usize::try_from(length).ok()?;
    let present = wanted.min(ahead.rest().len());
    let body = ahead.take(present)?;
    *cursor = ahead;
    Some(Frame {
        version,
        operation,
        length,
        body,
        is_whole: present == wanted,
    })
}

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    if !is_possible(client) {
        return Recognition::NotMine;
    }
    let mut cursor = Cursor::new(client);
    let Some(first) = read_frame(&mut cursor) else {
        return Recognition::NeedMore;
    };
    let is_startup = find(first.body, b"\x00\x0bCQL_VERSION").is_some();
    match first.operation {
        OPTIONS if first.length == 0 => {}
        STARTUP if first.length <= FIRST_BYTES_MAX && is_startup => {}
        STARTUP if first.length <= FIRST_BYTES_MAX && !first.is_whole => {
            return Recognition::NeedMore;
        }
        _ => return Recognition::NotMine,
    }
    let answer = read_frame(&mut Cursor::new(server));
    let is_answered = answer.as_ref().map(|answer| {
        answer.version & RESPONSE != 0
            && matches!(answer.operation, ERROR | 2 | AUTHENTICATE | SUPPORTED)
    });
    let confidence = match (is_answered, is_startup) {
        (Some(true), _) => Confidence::High,
        (Some(false), false) => return Recognition::NotMine,
        (_, true) => Confidence::Medium,
        (None, false) if conversation.server_port == 9042 => Confidence::Low,
        (None, false) => return Recognition::NeedMore,
    };
    let (credential, is_over) = read_login(client);
    Readable::new(Protocol::Cassandra, confidence)
        .exposing(credential)
        .settled_if(is_over && is_answered.is_some())
        .into()
}

/// Whether the first bytes may be a client's first frame.
fn is_possible(client: &[u8]) -> bool {
    let is = |index: usize, fits: fn(u8) -> bool| client.get(index).is_none_or(|byte| fits(*byte));
    is(0, |version| (3..=5).contains(&version))
        // Compression, tracing, payload, warning, beta.
        && is(1, |flags| flags <= 0x1F)
        && is(4, |operation| matches!(operation, STARTUP | OPTIONS))
        && is(5, |high| high == 0)
        && is(6, |high| high == 0)
}

/// A password that was shown, and whether the login is over.
fn read_login(client: &[u8]) -> (Option<CredentialKind>, bool) {
    let mut cursor = Cursor::new(client);
    let mut is_in_segments = false;
    for _ in 0..FRAMES_MAX {
        if is_in_segments && cursor.skip(SEGMENT_HEADER_BYTES).is_none() {
            return (None, false);
        }
        let Some(frame) = read_frame(&mut cursor) else {
            return (None, false);
        };
        match frame.operation {
            OPTIONS => {}
            STARTUP => is_in_segments |= frame.version == 5,
            AUTH_RESPONSE if !frame.is_whole => return (None, false),
            AUTH_RESPONSE => {
                // A length, then the message.
                let message = frame.body.get(4..).unwrap_or_default();
                let is_shown = credentials::is_sasl_plain(message);
                return (is_shown.then_some(CredentialKind::CassandraPassword), true);
            }
            _ => return (None, true),
        }
        if is_in_segments && frame.operation != STARTUP {
            let _ = cursor.skip(SEGMENT_TRAILER_BYTES);
        }
        if !frame.is_whole {
            return (None, false);
        }
    }
    (None, true)
}
