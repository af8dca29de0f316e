//! LDAP: simple binds, and `StartTLS` (RFC 4511, 4.14).

use super::form::consumed;
use super::upgrade;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::credentials;
use crate::cursor::Cursor;
use crate::protocol::Protocol;
use crate::reason::Reason;

/// Messages of a direction that are read.
const MESSAGES_MAX: usize = 16;
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0A;
const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const NAME: u8 = 0x80;
const SIMPLE: u8 = 0x80;
const SASL: u8 = 0xA3;

/// A value of BER: its tag and what was seen of it.
struct Value<'a> {
    tag: u8,
    bytes: &'a [u8],
    is_whole: bool,
}

/// Reads tag and length; `None` where they are cut, or longer than LDAP needs.
fn read_value<'a>(cursor: &mut Cursor<'a>) -> Option<Value<'a>> {
    let mut ahead = *cursor;
    let tag = ahead.u8()?;
    let length = match ahead.u8()? {
        short @ 0..=0x7F => usize::from(short),
        0x81 => usize::from(ahead.u8()?),
        0x82 => usize::from(ahead.u16()?),
        0x83 => {
            let [high, middle, low] = ahead.array()?;
            usize::try_from(u32::from_be_bytes([0, high, middle, low])).ok()?
        }
        0x84 => usize::try_from(ahead.u32()?).ok()?,
        _ => return None,
    };
    let present = length.min(ahead.rest().len());
    let bytes = ahead.take(present)?;
    *cursor = ahead;
    Some(Value {
        tag,
        bytes,
        is_whole: present == length,
    })
}

/// A message: its number, operation and end.
struct Message<'a> {
    id: &'a [u8],
    operation: Value<'a>,
    end: usize,
}

enum Next<'a> {
    Other,
    Partial,
    Begun(Message<'a>),
}

fn next_message<'a>(whole: &'a [u8], cursor: &mut Cursor<'a>) -> Next<'a> {
    let begin = cursor.rest();
    if begin.first().is_some_and(|tag| *tag != SEQUENCE) {
        return Next::Other;
    }
    if begin
        .get(1)
        .is_some_and(|length| matches!(length, 0x80 | 0x85..))
    {
        return Next::Other;
    }
    let Some(message) = read_value(cursor) else {
        return Next::Partial;
    };
    let mut inner = Cursor::new(message.bytes);
    let is_cut = !message.is_whole;
    let unfinished = if is_cut { Next::Partial } else { Next::Other };
    if inner.rest().first().is_some_and(|tag| *tag != INTEGER) {
        return Next::Other;
    }
    let Some(id) = read_value(&mut inner) else {
        return unfinished;
    };
    if !(1..=4).contains(&id.bytes.len()) && id.is_whole {
        return Next::Other;
    }
    let Some(operation) = read_value(&mut inner) else {
        return unfinished;
    };
    Next::Begun(Message {
        id: id.bytes,
        operation,
        end: consumed(whole, cursor.rest()),
    })
}

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    let confidence = confidence(server);
    let mut cursor = Cursor::new(client);
    let mut readable = match next_message(client, &mut cursor) {
        Next::Other => return Recognition::NotMine,
        Next::Partial => return Recognition::NeedMore,
        Next::Begun(message) => match is_request(&message.operation) {
            None => return Recognition::NeedMore,
            Some(false) => return Recognition::NotMine,
            Some(true) => Readable::new(Protocol::Ldap, confidence.unwrap_or(Confidence::Medium)),
        },
    };
    let mut cursor = Cursor::new(client);
    for _ in 0..MESSAGES_MAX {
        let message = match next_message(client, &mut cursor) {
            Next::Begun(message) => message,
            Next::Partial => return readable.unsettled().into(),
            Next::Other => return readable.settled_if(confidence.is_some()).into(),
        };
        match message.operation.tag {
            BIND_REQUEST => match read_bind(&message.operation) {
                Some(Some(kind)) => {
                    let readable = readable.exposing(Some(kind));
                    return readable.settled_if(confidence.is_some()).into();
                }
                Some(None) => {}
                None => return readable.unsettled().into(),
            },
            EXTENDED_REQUEST => match start_tls(&message.operation) {
                Some(true) => match answer(server, message.id) {
                    Some((true, end)) => {
                        return Upgrade::agreed(Protocol::Ldap, message.end, Some(end)).into();
                    }
                    Some((false, _)) => readable = readable.because(Reason::UpgradeRefused),
                    None => {
                        return match upgrade::hidden(conversation, message.end) {
                            Some(server_at) => {
                                Upgrade::agreed(Protocol::Ldap, message.end, Some(server_at)).into()
                            }
                            None => readable
                                .because(Reason::UpgradeRequested)
                                .unsettled()
                                .into(),
                        };
                    }
                },
                Some(false) => {}
                None => return readable.unsettled().into(),
            },
            _ => {}
        }
    }
    readable.settled_if(confidence.is_some()).into()
}

/// High if the server answers in kind; `None` as long as that is not known.
fn confidence(server: &[u8]) -> Option<Confidence> {
    match next_message(server, &mut Cursor::new(server)) {
        Next::Partial => None,
        Next::Begun(message)
            if matches!(
                message.operation.tag,
                BIND_RESPONSE | SEARCH_ENTRY | SEARCH_DONE | SEARCH_REFERENCE | EXTENDED_RESPONSE
            ) =>
        {
            Some(Confidence::High)
        }
        _ => Some(Confidence::Medium),
    }
}

/// Whether a client may begin with this; `None` where too little was seen.
fn is_request(operation: &Value<'_>) -> Option<bool> {
    let mut cursor = Cursor::new(operation.bytes);
    match operation.tag {
        BIND_REQUEST => {
            // Version 1 to 3, then the name.
            let [tag, length, version, name] = cursor.array()?;
            Some((tag, length) == (INTEGER, 1) && (1..=3).contains(&version) && name == OCTETS)
        }
        EXTENDED_REQUEST => {
            let [tag, _, first, second] = cursor.array()?;
            Some(tag == NAME && first.is_ascii_digit() && second == b'.')
        }
        SEARCH_REQUEST => {
            // The base, then the scope.
            if cursor.rest().first().is_some_and(|tag| *tag != OCTETS) {
                return Some(false);
            }
            let base = read_value(&mut cursor)?;
            if !base.is_whole {
                return None;
            }
            let [tag, length, scope] = cursor.array()?;
            Some((tag, length) == (ENUMERATED, 1) && scope <= 3)
        }
        UNBIND_REQUEST => Some(false),
        _ => Some(false),
    }
}

/// The credential of a bind; `None` where it was not seen whole.
fn read_bind(operation: &Value<'_>) -> Option<Option<CredentialKind>> {
    let mut cursor = Cursor::new(operation.bytes);
    cursor.skip(3)?;
    let name = read_value(&mut cursor)?;
    if !name.is_whole {
        return None;
    }
    let authentication = read_value(&mut cursor)?;
    let shown = match authentication.tag {
        // An empty password is anonymous.
        SIMPLE => !authentication.bytes.is_empty() || !authentication.is_whole,
        SASL => {
            let mut sasl = Cursor::new(authentication.bytes);
            let mechanism = read_value(&mut sasl)?;
            mechanism.bytes == b"PLAIN"
                && read_value(&mut sasl)
                    .is_some_and(|value| credentials::is_sasl_plain(value.bytes))
        }
        _ => false,
    };
    if !shown && !authentication.is_whole {
        return None;
    }
    Some(shown.then_some(CredentialKind::LdapPassword))
}

/// Whether an extended request asks for TLS; `None` where its name was not seen whole.
fn start_tls(operation: &Value<'_>) -> Option<bool> {
    let name = read_value(&mut Cursor::new(operation.bytes))?;
    name.is_whole.then_some(name.bytes == START_TLS)
}

/// Whether the server agreed to the request with this number, and where its answer ends.
fn answer(server: &[u8], id: &[u8]) -> Option<(bool, usize)> {
    let mut cursor = Cursor::new(server);
    for _ in 0..MESSAGES_MAX {
        let Next::Begun(message) = next_message(server, &mut cursor) else {
            return None;
        };
        if message.id != id || message.operation.tag != EXTENDED_RESPONSE {
            continue;
        }
        if !message.operation.is_whole {
            return None;
        }
        let result = read_value(&mut Cursor::new(message.operation.bytes))?;
        return Some((result.tag == ENUMERATED && result.bytes == [0], message.end));
    }
    None
}
