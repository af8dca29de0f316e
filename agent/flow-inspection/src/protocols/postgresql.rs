//! PostgreSQL: requests for encryption, startup, and the password that is asked for in clear text.

use super::form::consumed;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::cursor::Cursor;
use crate::protocol::Protocol;
use crate::reason::Reason;

const CODE_CANCEL: u32 = 80_877_102;
const CODE_TLS: u32 = 80_877_103;
const CODE_GSS: u32 = 80_877_104;
/// Major version 3, any minor one.
const PROTOCOL_MAJOR: u32 = 3;
/// Bytes of a startup message, as the server bounds them.
const STARTUP_BYTES_MAX: u32 = 10_000;
const AUTHENTICATION_OK: u32 = 0;
const AUTHENTICATION_CLEARTEXT: u32 = 3;
/// Requests for encryption before the startup message.
const REQUESTS_MAX: usize = 3;

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (sent, received) = (conversation.client.head(), conversation.server.head());
    let (mut client, mut server) = (Cursor::new(sent), Cursor::new(received));
    let mut reason = Reason::Recognised;
    for round in 0..REQUESTS_MAX {
        let is_first = round == 0;
        let readable = Readable::new(Protocol::PostgreSql, Confidence::High).because(reason);
        let mut request = client;
        let (Some(length), Some(code)) = (request.u32(), request.u32()) else {
            return if is_first {
                possible(sent)
            } else {
                readable.unsettled().into()
            };
        };
        match (length, code) {
            (8, CODE_TLS | CODE_GSS) => {}
            (16, CODE_CANCEL) => return readable.into(),
            (9..=STARTUP_BYTES_MAX, _) if code >> 16 == PROTOCOL_MAJOR => {
                return startup(sent, client, server, reason);
            }
            _ if is_first => return Recognition::NotMine,
            _ => return readable.into(),
        }
        client = request;
        let Some(answer) = server.u8() else {
            return readable
                .because(Reason::UpgradeRequested)
                .unsettled()
                .into();
        };
        match (answer, code) {
            (b'S', CODE_TLS) => {
                return Upgrade::agreed(
                    Protocol::PostgreSql,
                    consumed(sent, client.rest()),
                    Some(consumed(received, server.rest())),
                )
                .into();
            }
            (b'G', CODE_GSS) => {
                return Recognition::Tunnel(Protocol::PostgreSql, Confidence::High);
            }
            (b'N', _) => reason = Reason::UpgradeRefused,
            // `E`: an error of a server that knows no encryption, or of something else.
            _ => return readable.because(Reason::UpgradeRefused).into(),
        }
    }
    Readable::new(Protocol::PostgreSql, Confidence::High)
        .because(reason)
        .into()
}

/// Fewer than eight bytes: a length that is possible, and what there is of the code.
fn possible(sent: &[u8]) -> Recognition {
    let is_length = match sent {
        [] | [0] | [0, 0] => true,
        [0, 0, high, ..] => *high <= 0x27,
        _ => false,
    };
    let is_code = match sent.get(4..).unwrap_or_default() {
        [] | [0] | [0, 3] | [0, 3, _] => true,
        [first, rest @ ..] => *first == 4 && rest.first().is_none_or(|byte| *byte == 0xD2),
    };
    if is_length && is_code {
        Recognition::NeedMore
    } else {
        Recognition::NotMine
    }
}

/// The startup message and the login.
fn startup(
    sent: &[u8],
    mut client: Cursor<'_>,
    mut server: Cursor<'_>,
    reason: Reason,
) -> Recognition {
    let is_upgradable = sent.len() != client.rest().len();
    let length = client.u32().unwrap_or_default();
    let message = client.rest();
    // The length counts itself.
    let is_whole = usize::try_from(length.saturating_sub(4))
        .ok()
        .and_then(|length| client.skip(length))
        .is_some();
    let parameters = message.get(4..).unwrap_or_default();
    let is_parameter = parameters
        .iter()
        .take_while(|byte| **byte != 0)
        .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'));
    if !is_parameter || parameters.first() == Some(&0) {
        return Recognition::NotMine;
    }
    if !parameters.contains(&0) && !is_upgradable {
        return Recognition::NeedMore;
    }
    let answer = read_answer(&mut server);
    let confidence = match answer {
        _ if is_upgradable => Confidence::High,
        Answer::Missing | Answer::Foreign => Confidence::Medium,
        _ => Confidence::High,
    };
    let readable = Readable::new(Protocol::PostgreSql, confidence).because(reason);
    match answer {
        Answer::Missing => readable.unsettled().into(),
        Answer::CleartextDemanded if is_whole => {
            let mut password = client;
            // `p`, the length that counts itself, the password and a zero.
            let is_shown = match (password.u8(), password.u32()) {
                (Some(b'p'), Some(length)) => length > 5,
                (None, _) | (Some(b'p'), None) => return readable.unsettled().into(),
                _ => false,
            };
            readable
                .exposing(is_shown.then_some(CredentialKind::PostgreSqlPassword))
                .into()
        }
        Answer::CleartextDemanded => readable.unsettled().into(),
        Answer::Other | Answer::Foreign => readable.into(),
    }
}

enum Answer {
    Missing,
    CleartextDemanded,
    Other,
    Foreign,
}

fn read_answer(server: &mut Cursor<'_>) -> Answer {
    let Some(kind) = server.u8() else {
        return Answer::Missing;
    };
    match kind {
        // An error, or a negotiation of the protocol's version.
        b'E' => Answer::Other,
        b'v' => match server
            .u32()
            .and_then(|length| server.skip(usize::try_from(length).ok()?.checked_sub(4)?))
        {
            Some(()) => read_authentication(server),
            None => Answer::Missing,
        },
        b'R' => read_authentication_body(server),
        _ => Answer::Foreign,
    }
}

fn read_authentication(server: &mut Cursor<'_>) -> Answer {
    match server.u8() {
        None => Answer::Missing,
        Some(b'R') => read_authentication_body(server),
        Some(_) => Answer::Other,
    }
}

fn read_authentication_body(server: &mut Cursor<'_>) -> Answer {
    match (server.u32(), server.u32()) {
        (Some(8), Some(AUTHENTICATION_CLEARTEXT)) => Answer::CleartextDemanded,
        (Some(8), Some(AUTHENTICATION_OK)) | (Some(_), Some(_)) => Answer::Other,
        _ => Answer::Missing,
    }
}
