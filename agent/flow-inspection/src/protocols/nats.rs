//! NATS: the server's `INFO`, the client's `CONNECT`, and TLS between them.

use super::form::{Fit, begins, begins_ignoring_case, consumed, find};
use super::upgrade;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// Keys of a `CONNECT` that are read.
const KEYS_MAX: usize = 64;

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    if client_fits(client) == Fit::No && !upgrade::may_begin_tls(client) {
        return Recognition::NotMine;
    }
    let info = match (begins(server, b"INFO {"), server.is_empty()) {
        (Fit::No, _) => return Recognition::NotMine,
        (Fit::Partly, false) => return Recognition::NeedMore,
        (Fit::Partly, true) => return before_info(client),
        (Fit::Whole, _) => server,
    };
    if find(info, b"\"server_id\"").is_none() {
        return if info.contains(&b'\n') {
            Recognition::NotMine
        } else {
            Recognition::NeedMore
        };
    }
    let readable = Readable::new(Protocol::Nats, Confidence::High);
    let mut cursor = Cursor::new(info);
    let line = cursor.line();
    if upgrade::may_begin_tls(client) {
        let text = line.unwrap_or(info);
        if has_flag(text, b"tls_required") || has_flag(text, b"tls_available") {
            let server_at = line.map(|_| consumed(server, cursor.rest()));
            return Upgrade::agreed(Protocol::Nats, 0, server_at).into();
        }
        if let Some(server_at) = upgrade::hidden(conversation, 0) {
            return Upgrade::agreed(Protocol::Nats, 0, Some(server_at)).into();
        }
    }
    if client.is_empty() {
        return readable.unsettled().into();
    }
    match client_fits(client) {
        Fit::Whole => {}
        Fit::Partly => return readable.unsettled().into(),
        // One byte may be the begin of TLS, to which the server would have agreed at the end of its line.
        Fit::No if line.is_none() && upgrade::may_begin_tls(client) => {
            return Recognition::NeedMore;
        }
        Fit::No => return Recognition::NotMine,
    }
    let (credential, is_over) = read_connect(client);
    readable.exposing(credential).settled_if(is_over).into()
}

/// What clients send first; names of operations may have any case.
fn client_fits(client: &[u8]) -> Fit {
    begins_ignoring_case(client, b"CONNECT {")
}

/// The client's word alone, where the server's was not seen yet.
fn before_info(client: &[u8]) -> Recognition {
    if client.is_empty() || client_fits(client) == Fit::Partly || upgrade::may_begin_tls(client) {
        return Recognition::NeedMore;
    }
    let has_key = [b"\"verbose\"".as_slice(), b"\"pedantic\"", b"\"lang\""]
        .iter()
        .any(|key| find(client, key).is_some());
    if has_key {
        let (credential, _) = read_connect(client);
        Readable::new(Protocol::Nats, Confidence::Medium)
            .exposing(credential)
            .unsettled()
            .into()
    } else {
        Recognition::NeedMore
    }
}

/// Whether a key of the server's description is true.
fn has_flag(info: &[u8], key: &[u8]) -> bool {
    let value = find(info, key)
        .and_then(|start| info.get(start.saturating_add(key.len())..))
        .and_then(|rest| rest.strip_prefix(b"\""))
        .unwrap_or_default();
    let mut value = value.trim_ascii_start();
    value = value
        .strip_prefix(b":")
        .unwrap_or_default()
        .trim_ascii_start();
    value.starts_with(b"true")
}

/// A credential in the client's `CONNECT`, and whether that was seen to its end.
fn read_connect(client: &[u8]) -> (Option<CredentialKind>, bool) {
    let mut cursor = Cursor::new(client);
    let line = cursor.line();
    let text = line.unwrap_or(client);
    let object = text.get(b"CONNECT ".len()..).unwrap_or_default();
    let mut strings = Strings { bytes: object };
    let mut credential = None;
    for _ in 0..KEYS_MAX {
        let Some((key, rest)) = strings.next_string() else {
            break;
        };
        let rest = rest.trim_ascii_start();
        let Some(value) = rest.strip_prefix(b":") else {
            continue;
        };
        let Some(value) = value.trim_ascii_start().strip_prefix(b"\"") else {
            continue;
        };
        let kind = match key {
            b"pass" => CredentialKind::NatsPassword,
            b"auth_token" => CredentialKind::NatsToken,
            _ => continue,
        };
        if value.first().is_some_and(|byte| *byte != b'"') {
            credential = Some(kind);
        }
    }
    (credential, line.is_some() || credential.is_some())
}

/// The strings of a JSON text, one after the other: keys are told from values by the colon behind them.
struct Strings<'a> {
    bytes: &'a [u8],
}

impl<'a> Strings<'a> {
    /// A string without its quotes, and what follows it.
    fn next_string(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let start = self
            .bytes
            .iter()
            .position(|byte| *byte == b'"')?
            .checked_add(1)?;
        let text = self.bytes.get(start..)?;
        let mut is_escaped = false;
        let end = text.iter().position(|byte| {
            let ends = *byte == b'"' && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            ends
        })?;
        let (string, rest) = text.split_at_checked(end)?;
        self.bytes = rest.get(1..)?;
        Some((string, self.bytes))
    }
}
