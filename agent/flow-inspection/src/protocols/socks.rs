//! SOCKS 4, 4a and 5 (RFC 1928, 1929): what is behind the proxy's agreement is looked at in its turn.

use super::form::{consumed, offset};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Wrapping};
use crate::credential_kind::CredentialKind;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

const METHOD_NONE: u8 = 0;
const METHOD_PASSWORD: u8 = 2;
/// Bytes of a user's name or a host's name in version 4.
const NAME_BYTES_MAX: usize = 255;

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    match conversation.client.head() {
        [] => Recognition::NeedMore,
        [4, ..] => version_4(conversation),
        [5, ..] => version_5(conversation),
        _ => Recognition::NotMine,
    }
}

fn readable(confidence: Confidence) -> Readable {
    Readable::new(Protocol::Socks, confidence)
}

fn inside(client_at: usize, server_at: usize, credential: Option<CredentialKind>) -> Recognition {
    Recognition::Wrapping(Wrapping {
        protocol: Protocol::Socks,
        client_at: offset(client_at),
        server_at: offset(server_at),
        credential,
    })
}

fn version_4(conversation: &Conversation<'_>) -> Recognition {
    let (sent, received) = (conversation.client.head(), conversation.server.head());
    let mut client = Cursor::new(sent);
    // Connect or bind.
    if sent.get(1).is_some_and(|command| !matches!(command, 1 | 2)) {
        return Recognition::NotMine;
    }
    let Some([_, _, _, _, first, second, third, fourth]) = client.array::<8>() else {
        return Recognition::NeedMore;
    };
    // 0.0.0.x: a host's name follows that of the user (4a).
    let is_named = (first, second, third) == (0, 0, 0) && fourth != 0;
    for _ in 0..=usize::from(is_named) {
        let text = client.rest().iter().take_while(|byte| **byte != 0);
        if text.clone().any(u8::is_ascii_control) || text.count() > NAME_BYTES_MAX {
            return Recognition::NotMine;
        }
        if client.zero_terminated().is_none() {
            return Recognition::NeedMore;
        }
    }
    match received {
        [0, 0x5A, _, _, _, _, _, _, ..] => inside(consumed(sent, client.rest()), 8, None),
        [0, 0x5B..=0x5D, _, _, _, _, _, _, ..] => readable(Confidence::High).into(),
        [] | [0] | [0, 0x5A..=0x5D, ..] if received.len() < 8 => Recognition::NeedMore,
        _ => Recognition::NotMine,
    }
}

fn version_5(conversation: &Conversation<'_>) -> Recognition {
    let (sent, received) = (conversation.client.head(), conversation.server.head());
    let (mut client, mut server) = (Cursor::new(sent), Cursor::new(received));
    if sent.get(1).is_some_and(|count| !(1..=32).contains(count)) {
        return Recognition::NotMine;
    }
    let Some(methods) = client
        .array::<2>()
        .and_then(|[_, count]| client.take(usize::from(count)))
    else {
        return Recognition::NeedMore;
    };
    let method = match server.array::<2>() {
        None if received.first().is_none_or(|version| *version == 5) => {
            return Recognition::NeedMore;
        }
        Some([5, 0xFF]) => return readable(Confidence::High).into(),
        Some([5, method]) if methods.contains(&method) => method,
        _ => return Recognition::NotMine,
    };
    let mut credential = None;
    match method {
        METHOD_NONE => {}
        METHOD_PASSWORD => {
            let Some(is_shown) = read_password(&mut client) else {
                return readable(Confidence::High).unsettled().into();
            };
            credential = is_shown.then_some(CredentialKind::SocksPassword);
            match server.array::<2>() {
                None => {
                    return readable(Confidence::High)
                        .exposing(credential)
                        .unsettled()
                        .into();
                }
                Some([_, 0]) => {}
                Some(_) => return readable(Confidence::High).exposing(credential).into(),
            }
        }
        // Other methods may wrap all that follows.
        _ => return readable(Confidence::High).into(),
    }
    let waiting = readable(Confidence::High).exposing(credential).unsettled();
    // A request and a reply have the same form.
    let (Some([5, 1, 0]), Some(())) = (client.array::<3>(), skip_address(&mut client)) else {
        return waiting.into();
    };
    match (server.array::<3>(), skip_address(&mut server)) {
        (Some([5, 0, 0]), Some(())) => inside(
            consumed(sent, client.rest()),
            consumed(received, server.rest()),
            credential,
        ),
        (Some([5, 1..=0xFF, _]), _) => readable(Confidence::High).exposing(credential).into(),
        _ => waiting.into(),
    }
}

/// Name and password (RFC 1929); whether there is a password.
fn read_password(client: &mut Cursor<'_>) -> Option<bool> {
    let [_version, name_bytes] = client.array::<2>()?;
    client.skip(usize::from(name_bytes))?;
    let password_bytes = client.u8()?;
    client.skip(usize::from(password_bytes))?;
    Some(password_bytes > 0)
}

/// An address and a port.
fn skip_address(cursor: &mut Cursor<'_>) -> Option<()> {
    let length = match cursor.u8()? {
        1 => 4,
        3 => usize::from(cursor.u8()?),
        4 => 16,
        _ => return None,
    };
    cursor.skip(length)?;
    cursor.skip(2)
}
