//! AMQP 0-9-1 and 1.0: the header by which both sides begin, TLS by a header of its own, and SASL.

use super::form::{Fit, begins};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::cursor::Cursor;
use crate::protocol::Protocol;
use crate::reason::Reason;

/// Versions 0-9-1, 0-9, 0-8 and 1.0.
const PLAIN: [&[u8]; 4] = [
    b"AMQP\x00\x00\x09\x01",
    b"AMQP\x01\x01\x00\x09",
    b"AMQP\x01\x01\x08\x00",
    b"AMQP\x00\x01\x00\x00",
];
const TLS: &[u8] = b"AMQP\x02\x01\x00\x00";
const SASL: &[u8] = b"AMQP\x03\x01\x00\x00";
const HEADER_BYTES: usize = 8;
/// Mechanisms that show the password.
const CLEAR_MECHANISMS: [&[u8]; 2] = [b"PLAIN", b"AMQPLAIN"];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    let forms = || PLAIN.into_iter().chain([TLS, SASL]);
    if !forms().any(|form| begins(client, form) == Fit::Whole) {
        return if forms().any(|form| begins(client, form) == Fit::Partly) {
            Recognition::NeedMore
        } else {
            Recognition::NotMine
        };
    }
    let readable = Readable::new(Protocol::Amqp, Confidence::High);
    let rest = client.get(8..).unwrap_or_default();
    if client.starts_with(TLS) {
        return match begins(server, TLS) {
            Fit::Whole => Upgrade::agreed(Protocol::Amqp, HEADER_BYTES, Some(HEADER_BYTES)).into(),
            Fit::Partly => readable
                .because(Reason::UpgradeRequested)
                .unsettled()
                .into(),
            Fit::No => readable.because(Reason::UpgradeRefused).into(),
        };
    }
    // The client's first frame has the login, or there is none.
    let login = if client.starts_with(SASL) {
        read_initial(rest)
    } else if client.starts_with(b"AMQP\x00\x01") {
        Some(false)
    } else {
        read_start_ok(rest)
    };
    match login {
        None => readable.unsettled().into(),
        Some(is_shown) => readable
            .exposing(is_shown.then_some(CredentialKind::AmqpPassword))
            .into(),
    }
}

/// `Connection.StartOk` of 0-9-1: properties, mechanism, response. `None` where it was not seen whole.
fn read_start_ok(bytes: &[u8]) -> Option<bool> {
    let mut frame = Cursor::new(bytes);
    let kind = frame.u8()?;
    let (_channel, _size) = (frame.u16()?, frame.u32()?);
    let method = (frame.u16()?, frame.u16()?);
    if kind != 1 || method != (10, 11) {
        return Some(false);
    }
    let properties = frame.u32()?;
    frame.skip(usize::try_from(properties).ok()?)?;
    let length = frame.u8()?;
    let mechanism = frame.take(usize::from(length))?;
    let response = frame.u32()?;
    Some(CLEAR_MECHANISMS.contains(&mechanism) && response > 2)
}

/// `sasl-init` of 1.0: a list of mechanism, response and host name. `None` where it was not seen whole.
fn read_initial(bytes: &[u8]) -> Option<bool> {
    let mut frame = Cursor::new(bytes);
    let (_size, data_offset, kind, _) = (frame.u32()?, frame.u8()?, frame.u8()?, frame.u16()?);
    // The header may be longer than its eight bytes, in words of four.
    let extended = usize::from(data_offset).checked_mul(4)?.checked_sub(8);
    let Some(extended) = extended.filter(|_| kind == 1) else {
        return Some(false);
    };
    frame.skip(extended)?;
    if frame.array::<3>()? != [0x00, 0x53, 0x41] {
        return Some(false);
    }
    match frame.u8()? {
        // A list with sizes of one byte, or of four: size and count.
        0xC0 => frame.skip(2)?,
        0xD0 => frame.skip(8)?,
        _ => return Some(false),
    }
    let mechanism = read_short(&mut frame, 0xA3)?;
    if mechanism.is_none_or(|mechanism| mechanism != b"PLAIN") {
        return Some(false);
    }
    let response = read_short(&mut frame, 0xA0)?;
    Some(response.is_some_and(crate::credentials::is_sasl_plain))
}

/// A value of this type, with a length of one byte; `Some(None)` where it has another type.
fn read_short<'a>(frame: &mut Cursor<'a>, kind: u8) -> Option<Option<&'a [u8]>> {
    if frame.u8()? != kind {
        return Some(None);
    }
    let length = frame.u8()?;
    Some(Some(frame.take(usize::from(length))?))
}
