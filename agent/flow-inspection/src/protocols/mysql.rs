//! MySQL and MariaDB: the server's greeting, the client's request for TLS, and passwords in clear text.

use super::form::consumed;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// Version of the protocol in the greeting.
const PROTOCOL_VERSION: u8 = 10;
/// Bytes of a greeting; those of servers have about 100.
const GREETING_BYTES_MAX: usize = 511;
const VERSION_BYTES_MAX: usize = 128;
/// Bytes of a client's request for TLS, without the packet's header.
const TLS_REQUEST_BYTES: usize = 32;
const HAS_DATABASE: u32 = 1 << 3;
const HAS_PROTOCOL_41: u32 = 1 << 9;
const HAS_TLS: u32 = 1 << 11;
const HAS_SECURE_CONNECTION: u32 = 1 << 15;
const HAS_PLUGIN: u32 = 1 << 19;
const HAS_LONG_RESPONSE: u32 = 1 << 21;
/// Methods that send the password as it is; `dialog` is MariaDB's for PAM.
const CLEAR_METHODS: [&[u8]; 2] = [b"mysql_clear_password", b"dialog"];

/// A packet: its number in the exchange and what was seen of it.
struct Packet<'a> {
    number: u8,
    length: usize,
    payload: &'a [u8],
}

impl Packet<'_> {
    const fn is_whole(&self) -> bool {
        self.payload.len() == self.length
    }
}

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let received = conversation.server.head();
    let mut server = Cursor::new(received);
    let Some(greeting) = read_packet(&mut server) else {
        return match received {
            [] | [_] | [_, 0..=1] | [_, 0..=1, 0] => Recognition::NeedMore,
            _ => Recognition::NotMine,
        };
    };
    let offers_tls = match read_greeting(&greeting) {
        Greeting::Other => return Recognition::NotMine,
        Greeting::Partial => return Recognition::NeedMore,
        Greeting::Begun { offers_tls } => offers_tls,
    };
    let sent = conversation.client.head();
    let mut client = Cursor::new(sent);
    let readable = Readable::new(Protocol::MySql, Confidence::High);
    let Some(answer) = read_packet(&mut client) else {
        return readable.unsettled().into();
    };
    if answer.number != 1 {
        return readable.into();
    }
    let Some(capabilities) = Cursor::new(answer.payload).u32_little() else {
        return readable.unsettled().into();
    };
    if answer.length == TLS_REQUEST_BYTES
        && capabilities & HAS_TLS != 0
        && offers_tls != Some(false)
    {
        if !answer.is_whole() {
            return readable.unsettled().into();
        }
        return Upgrade::agreed(
            Protocol::MySql,
            consumed(sent, client.rest()),
            offers_tls.map(|_| greeting.length.saturating_add(4)),
        )
        .into();
    }
    if !answer.is_whole() {
        return readable.unsettled().into();
    }
    if shows_password(answer.payload, capabilities) == Some(true) {
        return readable
            .exposing(Some(CredentialKind::MySqlPassword))
            .into();
    }
    switched(readable, client, server)
}

/// What comes after the client's login: the server may ask for another method.
fn switched(readable: Readable, mut client: Cursor<'_>, mut server: Cursor<'_>) -> Recognition {
    let Some(packet) = read_packet(&mut server) else {
        return readable.unsettled().into();
    };
    match packet.payload.split_first() {
        None => readable.unsettled().into(),
        Some((0xFE, rest)) => {
            if !packet.is_whole() {
                return readable.unsettled().into();
            }
            let method = Cursor::new(rest).zero_terminated().unwrap_or(rest);
            if !CLEAR_METHODS.contains(&method) {
                return readable.into();
            }
            match read_packet(&mut client) {
                None => readable.unsettled().into(),
                Some(answer) => readable
                    .exposing((answer.length > 1).then_some(CredentialKind::MySqlPassword))
                    .into(),
            }
        }
        Some(_) => readable.into(),
    }
}

fn read_packet<'a>(cursor: &mut Cursor<'a>) -> Option<Packet<'a>> {
    let [low, middle, high, number] = cursor.array()?;
    let length = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).ok()?;
    let present = length.min(cursor.rest().len());
    Some(Packet {
        number,
        length,
        payload: cursor.take(present)?,
    })
}

enum Greeting {
    Other,
    Partial,
    Begun {
        /// `None` where the flags were not seen.
        offers_tls: Option<bool>,
    },
}

fn read_greeting(packet: &Packet<'_>) -> Greeting {
    if packet.number != 0 || packet.length < 32 || packet.length > GREETING_BYTES_MAX {
        return Greeting::Other;
    }
    let mut cursor = Cursor::new(packet.payload);
    match cursor.u8() {
        None => return Greeting::Partial,
        Some(PROTOCOL_VERSION) => {}
        Some(_) => return Greeting::Other,
    }
    let version = cursor
        .rest()
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or_default();
    let begins_with_digit = version.first().is_none_or(u8::is_ascii_digit);
    let is_text = version
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if !begins_with_digit || !is_text || version.len() > VERSION_BYTES_MAX {
        return Greeting::Other;
    }
    if cursor.zero_terminated().is_none() {
        return Greeting::Partial;
    }
    if version.is_empty() {
        return Greeting::Other;
    }
    // Number of the connection, eight bytes of the challenge, a zero.
    let (Some(()), Some(filler)) = (cursor.skip(12), cursor.u8()) else {
        return Greeting::Partial;
    };
    if filler != 0 {
        return Greeting::Other;
    }
    let offers_tls = cursor
        .array::<2>()
        .map(|low| u32::from(u16::from_le_bytes(low)) & HAS_TLS != 0);
    Greeting::Begun { offers_tls }
}

/// Whether a whole login shows a password; `None` where it has another form.
fn shows_password(payload: &[u8], capabilities: u32) -> Option<bool> {
    if capabilities & HAS_PROTOCOL_41 == 0 || capabilities & HAS_PLUGIN == 0 {
        return None;
    }
    let mut cursor = Cursor::new(payload);
    // Capabilities, the largest packet, character set and filler.
    cursor.skip(32)?;
    let _user = cursor.zero_terminated()?;
    let response = if capabilities & (HAS_LONG_RESPONSE | HAS_SECURE_CONNECTION) != 0 {
        let length = match cursor.u8()? {
            0xFC if capabilities & HAS_LONG_RESPONSE != 0 => {
                usize::from(u16::from_le_bytes(cursor.array()?))
            }
            length => usize::from(length),
        };
        cursor.take(length)?
    } else {
        cursor.zero_terminated()?
    };
    if capabilities & HAS_DATABASE != 0 {
        cursor.zero_terminated()?;
    }
    let method = cursor.zero_terminated()?;
    // The password ends with a zero.
    Some(CLEAR_METHODS.contains(&method) && response.len() > 1)
}
