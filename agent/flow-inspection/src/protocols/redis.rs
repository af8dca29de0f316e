//! Redis and what speaks its protocol (RESP 2 and 3): commands as arrays, and the few that are sent inline.

use super::form::{Fit, begins};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// Commands that are read.
const COMMANDS_MAX: usize = 16;
/// Digits of a number.
const DIGITS_MAX: usize = 7;
/// Bytes of a command's name, and arguments of a command.
const NAME_BYTES_MAX: usize = 32;
const ARGUMENTS_MAX: usize = 16;
/// Commands that clients send before they log in, and after.
const SETUP: [&[u8]; 6] = [b"AUTH", b"CLIENT", b"COMMAND", b"HELLO", b"PING", b"SELECT"];
/// First bytes of replies.
const REPLIES: &[u8] = b"+-:$*_,#!=(%~>|";
/// Replies to commands that are sent inline.
const INLINE_REPLIES: [&[u8]; 5] = [
    b"+OK\r\n",
    b"+PONG\r\n",
    b"-ERR ",
    b"-NOAUTH ",
    b"-WRONGPASS ",
];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    if !client.is_empty() && !client.starts_with(b"*") {
        return inline(client, server);
    }
    let mut cursor = Cursor::new(client);
    let mut credential = None;
    let mut is_busy = false;
    let mut is_known = false;
    for _ in 0..COMMANDS_MAX {
        match read_command(&mut cursor) {
            Command::Whole {
                shows_password,
                is_setup,
            } => {
                is_known = true;
                if shows_password {
                    credential = Some(CredentialKind::RedisPassword);
                }
                is_busy |= !is_setup;
            }
            Command::Partial { is_named } if !is_known && !is_named => {
                return Recognition::NeedMore;
            }
            Command::Partial { .. } => break,
            Command::Other if !is_known => return Recognition::NotMine,
            Command::Other => {
                is_busy = true;
                break;
            }
        }
    }
    let readable = |confidence| Readable::new(Protocol::Redis, confidence).exposing(credential);
    match server.first() {
        None => readable(Confidence::Medium).unsettled().into(),
        Some(byte) if !REPLIES.contains(byte) => readable(Confidence::Medium).unsettled().into(),
        Some(byte) => {
            // After an error, such as one that demands a login, a login may follow.
            let is_settled = credential.is_some() || (is_busy && *byte != b'-');
            readable(Confidence::High).settled_if(is_settled).into()
        }
    }
}

enum Command {
    Other,
    Partial {
        is_named: bool,
    },
    Whole {
        shows_password: bool,
        is_setup: bool,
    },
}

fn read_command(cursor: &mut Cursor<'_>) -> Command {
    let mut is_named = false;
    let mut name: &[u8] = b"";
    let mut password_after = None;
    let mut shows_password = false;
    let count = match read_number(cursor, b'*') {
        Number::Whole(count @ 1..) => count,
        Number::Partial => return Command::Partial { is_named },
        _ => return Command::Other,
    };
    for index in 0..count {
        let length = match read_number(cursor, b'$') {
            Number::Whole(length) => length,
            Number::Partial => return Command::Partial { is_named },
            Number::Other => return Command::Other,
        };
        let is_name = index == 0;
        if is_name && !(1..=NAME_BYTES_MAX).contains(&length) {
            return Command::Other;
        }
        let Some(argument) = cursor.take(length) else {
            return if is_name && !is_word(cursor.rest()) {
                Command::Other
            } else {
                Command::Partial { is_named }
            };
        };
        if is_name && !is_word(argument) {
            return Command::Other;
        }
        match begins(cursor.rest(), b"\r\n") {
            Fit::No => return Command::Other,
            Fit::Partly => return Command::Partial { is_named },
            Fit::Whole => cursor.skip(2),
        };
        if is_name {
            name = argument;
            is_named = true;
            if name.eq_ignore_ascii_case(b"AUTH") {
                // One argument: the password. Two: the user's name and the password.
                password_after = Some(count.saturating_sub(1));
            }
        } else {
            shows_password |= password_after == Some(index) && length > 0;
            let is_option = argument.eq_ignore_ascii_case(b"AUTH");
            if name.eq_ignore_ascii_case(b"HELLO") && is_option && password_after.is_none() {
                password_after = Some(index.saturating_add(2));
            }
        }
        if index >= ARGUMENTS_MAX {
            return Command::Other;
        }
    }
    Command::Whole {
        shows_password,
        is_setup: SETUP.iter().any(|setup| name.eq_ignore_ascii_case(setup)),
    }
}

fn is_word(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'|'))
}

enum Number {
    Other,
    Partial,
    Whole(usize),
}

/// A number after its sign, to the end of the line.
fn read_number(cursor: &mut Cursor<'_>, sign: u8) -> Number {
    let mut ahead = *cursor;
    match ahead.u8() {
        None => return Number::Partial,
        Some(byte) if byte != sign => return Number::Other,
        Some(_) => {}
    }
    let rest = ahead.rest();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = rest.get(..digits).unwrap_or_default();
    let fits = begins(rest.get(digits..).unwrap_or_default(), b"\r\n");
    if digits > DIGITS_MAX || fits == Fit::No || (digits == 0 && !rest.is_empty()) {
        return Number::Other;
    }
    if fits == Fit::Partly {
        return Number::Partial;
    }
    let number = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    match (number, ahead.skip(digits.saturating_add(2))) {
        (Some(number), Some(())) => {
            *cursor = ahead;
            Number::Whole(number)
        }
        _ => Number::Other,
    }
}

/// `AUTH` and `PING` as a person or a script types them: only the server's reply makes them Redis.
fn inline(client: &[u8], server: &[u8]) -> Recognition {
    let mut cursor = Cursor::new(client);
    let line = cursor.line();
    let text = line.unwrap_or(client);
    let mut words = text.split(|byte| *byte == b' ');
    let name = words.next().unwrap_or_default();
    let is_auth = name.eq_ignore_ascii_case(b"AUTH");
    let fits_name = |command: &[u8]| super::form::begins_ignoring_case(command, name) == Fit::Whole;
    let is_possible = match line {
        Some(_) => is_auth || name.eq_ignore_ascii_case(b"PING"),
        None => fits_name(b"AUTH") || fits_name(b"PING\r"),
    };
    let is_login_of_mail = line.is_some() && words.clone().any(super::mail::is_mechanism);
    if !is_possible || is_login_of_mail {
        return Recognition::NotMine;
    }
    let fits = INLINE_REPLIES.map(|reply| begins(server, reply));
    if fits.iter().all(|fit| *fit == Fit::No) {
        return Recognition::NotMine;
    }
    if line.is_none() || !fits.contains(&Fit::Whole) {
        return Recognition::NeedMore;
    }
    let password = is_auth && words.any(|word| !word.is_empty());
    Readable::new(Protocol::Redis, Confidence::Medium)
        .exposing(password.then_some(CredentialKind::RedisPassword))
        .settled_if(password)
        .into()
}
