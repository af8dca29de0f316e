//! memcached, its text protocol and its binary one. A text command is an English word, so it is memcached only
//! with the server's answer.
//!
//! The login of the text protocol is an ordinary `set` and cannot be told from one.

use super::dialogue::{self, Opening};
use super::form::{Fit, begins};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::credentials;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

const REQUEST: u8 = 0x80;
const RESPONSE: u8 = 0x81;
/// The last operation of the binary protocol.
const OPERATION_MAX: u8 = 0x48;
const SASL_AUTHENTICATE: u8 = 0x21;
/// Binary requests that are read.
const REQUESTS_MAX: usize = 8;
/// Operations with which a client looks for a way to log in: versions, mechanisms.
const SETUP: [u8; 4] = [0x0A, 0x0B, 0x20, 0x10];
/// Bytes of a line, with a key of 250.
const LINE_BYTES_MAX: usize = 2048;

/// Commands of the text protocol and how many words must follow.
const COMMANDS: &[(&[u8], usize)] = &[
    (b"add", 4),
    (b"append", 4),
    (b"cas", 5),
    (b"decr", 2),
    (b"delete", 1),
    (b"flush_all", 0),
    (b"gat", 2),
    (b"gats", 2),
    (b"get", 1),
    (b"gets", 1),
    (b"incr", 2),
    (b"ma", 1),
    (b"md", 1),
    (b"me", 1),
    (b"mg", 1),
    (b"mn", 0),
    (b"ms", 2),
    (b"prepend", 4),
    (b"replace", 4),
    (b"set", 4),
    (b"stats", 0),
    (b"touch", 2),
    (b"verbosity", 1),
    (b"version", 0),
];
const ANSWERS: &[&[u8]] = &[
    b"CLIENT_ERROR ",
    b"DELETED\r\n",
    b"EN\r\n",
    b"END\r\n",
    b"ERROR\r\n",
    b"EXISTS\r\n",
    b"HD",
    b"MN\r\n",
    b"NF",
    b"NOT_FOUND\r\n",
    b"NOT_STORED\r\n",
    b"OK\r\n",
    b"RESET\r\n",
    b"SERVER_ERROR ",
    b"STAT ",
    b"STORED\r\n",
    b"TOUCHED\r\n",
    b"VA ",
    b"VALUE ",
    b"VERSION ",
];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    match client.first() {
        None => Recognition::NeedMore,
        Some(&REQUEST) => binary(client, server),
        Some(_) => text(client, server, conversation.server_port == 11_211),
    }
}

fn text(client: &[u8], server: &[u8], is_port: bool) -> Recognition {
    let Some(line) = dialogue::lines(client).next() else {
        let words: Vec<&[u8]> = COMMANDS.iter().map(|(word, _)| *word).collect();
        let is_lower = !client.first().is_some_and(u8::is_ascii_uppercase);
        return match dialogue::opening(client, &words) {
            Opening::Other => Recognition::NotMine,
            _ if is_lower && client.len() <= LINE_BYTES_MAX => Recognition::NeedMore,
            _ => Recognition::NotMine,
        };
    };
    if !is_command(line.text) {
        return Recognition::NotMine;
    }
    let readable = |confidence| Readable::new(Protocol::Memcached, confidence);
    if server.is_empty() {
        return if is_port {
            readable(Confidence::Low).unsettled().into()
        } else {
            Recognition::NeedMore
        };
    }
    // A counter is answered with a number.
    let is_number = matches!(line.text.get(..4), Some(b"incr" | b"decr"))
        && server
            .iter()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'\r' | b'\n'));
    let fits = ANSWERS.iter().map(|answer| begins(server, answer));
    if is_number || fits.clone().any(|fit| fit == Fit::Whole) {
        readable(Confidence::High).into()
    } else if fits.clone().any(|fit| fit == Fit::Partly) {
        Recognition::NeedMore
    } else {
        Recognition::NotMine
    }
}

fn is_command(line: &[u8]) -> bool {
    let mut words = line
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let command = words.next().unwrap_or_default();
    let arguments: Vec<&[u8]> = words.collect();
    let is_known = COMMANDS
        .iter()
        .any(|(name, count)| *name == command && arguments.len() >= *count);
    let is_storage = matches!(
        command,
        b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas"
    );
    let are_numbers = arguments.iter().skip(1).take(3).all(|word| {
        word.iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'-')
    });
    is_known && (!is_storage || are_numbers) && dialogue::is_text(line)
}

/// A binary request or answer: header and what was seen of the rest.
struct Packet<'a> {
    operation: u8,
    key_bytes: usize,
    extra_bytes: usize,
    body: &'a [u8],
    is_whole: bool,
}

fn read_packet<'a>(cursor: &mut Cursor<'a>, magic: u8) -> Option<Result<Packet<'a>, ()>> {
    let mut ahead = *cursor;
    let [found, operation, key_high, key_low, extra_bytes, data_type] = ahead.array()?;
    ahead.skip(2)?;
    let length = usize::try_from(ahead.u32()?).ok()?;
    ahead.skip(12)?;
    let key_bytes = usize::from(u16::from_be_bytes([key_high, key_low]));
    let extra_bytes = usize::from(extra_bytes);
    let is_form = found == magic
        && operation <= OPERATION_MAX
        && data_type == 0
        && key_bytes <= 250
        && key_bytes.saturating_add(extra_bytes) <= length;
    if !is_form {
        return Some(Err(()));
    }
    let present = length.min(ahead.rest().len());
    let body = ahead.take(present)?;
    *cursor = ahead;
    Some(Ok(Packet {
        operation,
        key_bytes,
        extra_bytes,
        body,
        is_whole: present == length,
    }))
}

fn binary(client: &[u8], server: &[u8]) -> Recognition {
    let mut cursor = Cursor::new(client);
    let first = match read_packet(&mut cursor, REQUEST) {
        None => return Recognition::NeedMore,
        Some(Err(())) => return Recognition::NotMine,
        Some(Ok(packet)) => packet,
    };
    if server.first().is_some_and(|magic| *magic != RESPONSE) {
        return Recognition::NotMine;
    }
    let answer = match read_packet(&mut Cursor::new(server), RESPONSE) {
        None => return Recognition::NeedMore,
        Some(Err(())) => return Recognition::NotMine,
        Some(Ok(packet)) => packet,
    };
    if answer.operation != first.operation {
        return Recognition::NotMine;
    }
    let (credential, is_over) = read_login(client);
    Readable::new(Protocol::Memcached, Confidence::High)
        .exposing(credential)
        .settled_if(is_over)
        .into()
}

/// A password that was shown, and whether the login is over.
fn read_login(client: &[u8]) -> (Option<CredentialKind>, bool) {
    let mut cursor = Cursor::new(client);
    for _ in 0..REQUESTS_MAX {
        let packet = match read_packet(&mut cursor, REQUEST) {
            None => return (None, false),
            Some(Err(())) => return (None, true),
            Some(Ok(packet)) => packet,
        };
        if !packet.is_whole {
            return (None, false);
        }
        if packet.operation == SASL_AUTHENTICATE {
            let value = packet.body.get(packet.extra_bytes..).unwrap_or_default();
            let is_shown = value
                .split_at_checked(packet.key_bytes)
                .is_some_and(|(key, value)| key == b"PLAIN" && credentials::is_sasl_plain(value));
            return (is_shown.then_some(CredentialKind::MemcachedPassword), true);
        }
        if !SETUP.contains(&packet.operation) {
            return (None, true);
        }
    }
    (None, true)
}
