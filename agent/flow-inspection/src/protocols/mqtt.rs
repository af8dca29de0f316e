//! MQTT 3.1, 3.1.1 and 5: the client's `CONNECT` and its password flag.

use super::form::{Fit, begins};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

const CONNECT: u8 = 0x10;
/// Name and level of the protocol.
const NAMES: [&[u8]; 3] = [b"\0\x04MQTT\x04", b"\0\x04MQTT\x05", b"\0\x06MQIsdp\x03"];
/// Bytes of the length that follows the type of a packet.
const LENGTH_BYTES_MAX: usize = 4;
const FLAG_PASSWORD: u8 = 0x40;
const FLAG_USER: u8 = 0x80;
/// Version 5 has a password without a user's name.
const LEVEL_5: u8 = 5;

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let client = conversation.client.head();
    let mut cursor = Cursor::new(client);
    match cursor.u8() {
        None => return Recognition::NeedMore,
        Some(CONNECT) => {}
        Some(_) => return Recognition::NotMine,
    }
    // The length: seven bits a byte, the last byte below 128.
    let length = cursor.rest();
    let length_bytes = length.iter().take_while(|byte| **byte & 0x80 != 0).count();
    if length_bytes >= LENGTH_BYTES_MAX {
        return Recognition::NotMine;
    }
    if cursor.skip(length_bytes).is_none() || cursor.u8().is_none() {
        return Recognition::NeedMore;
    }
    let rest = cursor.rest();
    let Some(name) = NAMES.iter().find(|name| begins(rest, name) == Fit::Whole) else {
        return if NAMES.iter().any(|name| begins(rest, name) == Fit::Partly) {
            Recognition::NeedMore
        } else {
            Recognition::NotMine
        };
    };
    let readable = Readable::new(Protocol::Mqtt, Confidence::High);
    let Some(flags) = rest.get(name.len()).copied() else {
        return readable.unsettled().into();
    };
    let has_user = flags & FLAG_USER != 0 || name.last() == Some(&LEVEL_5);
    let is_shown = flags & FLAG_PASSWORD != 0 && has_user;
    readable
        .exposing(is_shown.then_some(CredentialKind::MqttPassword))
        .into()
}
