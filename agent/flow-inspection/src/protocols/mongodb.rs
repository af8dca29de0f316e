//! MongoDB: the header of messages, and the login by SASL PLAIN.

use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::credentials;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// Messages that are read.
const MESSAGES_MAX: usize = 8;
/// Elements of a document, and documents within documents.
const ELEMENTS_MAX: usize = 64;
const DEPTH_MAX: u8 = 2;
/// Bytes of a message (48 MB, as servers bound them).
const MESSAGE_BYTES_MAX: u32 = 48_000_000;
const OPERATION_REPLY: u32 = 1;
const OPERATION_QUERY: u32 = 2004;
const OPERATION_COMPRESSED: u32 = 2012;
const OPERATION_MESSAGE: u32 = 2013;
const HEADER_BYTES: u32 = 16;
/// Commands of the begin of a connection.
const SETUP: [&[u8]; 6] = [
    b"hello",
    b"isMaster",
    b"ismaster",
    b"ping",
    b"saslContinue",
    b"saslStart",
];

/// A message: its operation and what was seen of it.
struct Message<'a> {
    length: u32,
    request: u32,
    response_to: u32,
    operation: u32,
    body: &'a [u8],
    is_whole: bool,
}

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let client = conversation.client.head();
    let mut cursor = Cursor::new(client);
    let Some(first) = read_message(&mut cursor) else {
        return if is_possible(client) {
            Recognition::NeedMore
        } else {
            Recognition::NotMine
        };
    };
    match is_request(&first) {
        Some(true) => {}
        Some(false) => return Recognition::NotMine,
        None => return Recognition::NeedMore,
    }
    let answered = read_message(&mut Cursor::new(conversation.server.head())).map(|answer| {
        answer.response_to == first.request
            && matches!(
                answer.operation,
                OPERATION_REPLY | OPERATION_MESSAGE | OPERATION_COMPRESSED
            )
    });
    let confidence = match answered {
        Some(true) => Confidence::High,
        _ => Confidence::Medium,
    };
    let (credential, is_over) = read_login(client);
    Readable::new(Protocol::MongoDb, confidence)
        .exposing(credential)
        .settled_if(is_over && answered.is_some())
        .into()
}

/// Fewer bytes than a header.
fn is_possible(client: &[u8]) -> bool {
    let is_zero = |range: std::ops::Range<usize>| {
        client
            .iter()
            .enumerate()
            .all(|(index, byte)| !range.contains(&index) || *byte == 0)
    };
    let is_operation = [OPERATION_QUERY, OPERATION_MESSAGE]
        .iter()
        .any(|operation| {
            client
                .get(12..)
                .unwrap_or_default()
                .iter()
                .zip(operation.to_le_bytes())
                .all(|(byte, expected)| *byte == expected)
        });
    // The length is below 48 MB, and nothing is answered.
    client.get(3).is_none_or(|high| *high <= 2) && is_zero(8..12) && is_operation
}

fn read_message<'a>(cursor: &mut Cursor<'a>) -> Option<Message<'a>> {
    let mut ahead = *cursor;
    let length = ahead.u32_little()?;
    let (request, response_to, operation) = (
        ahead.u32_little()?,
        ahead.u32_little()?,
        ahead.u32_little()?,
    );
    let body_bytes = usize::try_from(length.saturating_sub(HEADER_BYTES)).ok()?;
    let present = body_bytes.min(ahead.rest().len());
    let body = ahead.take(present)?;
    *cursor = ahead;
    Some(Message {
        length,
        request,
        response_to,
        operation,
        body,
        is_whole: present == body_bytes,
    })
}

/// Whether this is a client's first message; `None` where too little of it was seen.
fn is_request(message: &Message<'_>) -> Option<bool> {
    let is_operation = matches!(message.operation, OPERATION_QUERY | OPERATION_MESSAGE);
    let is_length = (26..=MESSAGE_BYTES_MAX).contains(&message.length);
    if !is_operation || !is_length || message.response_to != 0 {
        return Some(false);
    }
    let mut body = Cursor::new(message.body);
    let flags = body.u32_little()?;
    match message.operation {
        OPERATION_MESSAGE => {
            // Known flags; a document of the first kind.
            let is_kind = body.u8()? == 0;
            let length = body.u32_little()?;
            Some(flags & !0x1_0003 == 0 && is_kind && length >= 5 && length < message.length)
        }
        OPERATION_QUERY => {
            let is_collection = body
                .rest()
                .iter()
                .take_while(|byte| **byte != 0)
                .all(u8::is_ascii_graphic);
            if !is_collection {
                return Some(false);
            }
            let collection = body.zero_terminated()?;
            Some(flags & !0xFE == 0 && collection.contains(&b'.'))
        }
        _ => Some(false),
    }
}

/// A password that was shown, and whether the login is over.
fn read_login(client: &[u8]) -> (Option<CredentialKind>, bool) {
    let mut cursor = Cursor::new(client);
    for _ in 0..MESSAGES_MAX {
        let Some(message) = read_message(&mut cursor) else {
            return (None, false);
        };
        let Some(document) = document_of(&message) else {
            return (None, message.is_whole);
        };
        let login = read_document(document, DEPTH_MAX);
        if login.is_named && !login.is_setup {
            return (None, true);
        }
        if login.shows_password {
            return (Some(CredentialKind::MongoDbPassword), true);
        }
        if !message.is_whole {
            return (None, false);
        }
    }
    (None, true)
}

fn document_of<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    let mut body = Cursor::new(message.body);
    body.skip(4)?;
    match message.operation {
        OPERATION_MESSAGE => body.skip(1)?,
        OPERATION_QUERY => {
            body.zero_terminated()?;
            body.skip(8)?;
        }
        _ => return None,
    }
    Some(body.rest())
}

#[derive(Default)]
struct Login {
    is_named: bool,
    is_setup: bool,
    is_plain: bool,
    has_payload: bool,
    shows_password: bool,
}

/// Reads a document (BSON), which may be cut.
fn read_document(document: &[u8], depth: u8) -> Login {
    let mut login = Login::default();
    let mut cursor = Cursor::new(document);
    if cursor.skip(4).is_none() {
        return login;
    }
    for _ in 0..ELEMENTS_MAX {
        if read_element(&mut cursor, &mut login, depth).is_none() {
            break;
        }
    }
    login.shows_password |= login.is_plain && login.has_payload;
    login
}

fn read_element(cursor: &mut Cursor<'_>, login: &mut Login, depth: u8) -> Option<()> {
    let kind = cursor.u8()?;
    if kind == 0 {
        return None;
    }
    let name = cursor.zero_terminated()?;
    if !login.is_named {
        login.is_named = true;
        login.is_setup = SETUP.contains(&name);
    }
    match kind {
        // Text.
        2 => {
            let length = usize::try_from(cursor.u32_little()?).ok()?;
            let text = cursor.take(length)?;
            login.is_plain |= name == b"mechanism" && text == b"PLAIN\0";
        }
        // A document, an array.
        3 | 4 => {
            let inner = cursor.rest();
            let length = usize::try_from(cursor.u32_little()?).ok()?;
            if let Some(depth) = depth.checked_sub(1)
                && name == b"speculativeAuthenticate"
            {
                login.shows_password |= read_document(inner, depth).shows_password;
            }
            cursor.skip(length.checked_sub(4)?)?;
        }
        // Bytes.
        5 => {
            let length = usize::try_from(cursor.u32_little()?).ok()?;
            cursor.skip(1)?;
            let bytes = cursor.take(length)?;
            login.has_payload |= name == b"payload" && credentials::is_sasl_plain(bytes);
        }
        1 | 9 | 17 | 18 => cursor.skip(8)?,
        7 => cursor.skip(12)?,
        8 => cursor.skip(1)?,
        10 => {}
        16 => cursor.skip(4)?,
        _ => return None,
    }
    Some(())
}
