//! IMAP, with `STARTTLS` (RFC 9051, 6.2.1).

use super::dialogue::{self, Line, Opening};
use super::form::{Fit, begins};
use super::mail::Login;
use super::upgrade::{self, Answer};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use std::ops::ControlFlow;

const GREETINGS: [&[u8]; 3] = [b"* OK ", b"* PREAUTH ", b"* BYE "];
/// Commands that come first.
const OPENINGS: [&[u8]; 9] = [
    b"CAPABILITY",
    b"STARTTLS",
    b"LOGIN",
    b"AUTHENTICATE",
    b"ID",
    b"NOOP",
    b"LOGOUT",
    b"ENABLE",
    b"SELECT",
];
const TAG_BYTES_MAX: usize = 32;

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    let fits = GREETINGS.map(|greeting| begins(server, greeting));
    if !fits.contains(&Fit::Whole) {
        return if fits.contains(&Fit::Partly) {
            Recognition::NeedMore
        } else {
            Recognition::NotMine
        };
    }
    if client.is_empty() {
        // The greeting alone: nothing else begins so.
        let is_named = server.contains(&b'\n') && dialogue::greeting_says(server, b"IMAP");
        return if is_named {
            Readable::new(Protocol::Imap, Confidence::Medium)
                .unsettled()
                .into()
        } else {
            Recognition::NeedMore
        };
    }
    let tag_bytes = client.iter().position(|byte| *byte == b' ');
    let tag = client
        .get(..tag_bytes.unwrap_or(client.len()))
        .unwrap_or_default();
    let is_tag = tag.len() <= TAG_BYTES_MAX
        && tag
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'+' | b'(' | b'{'));
    if !is_tag {
        return Recognition::NotMine;
    }
    let Some(rest) = tag_bytes.and_then(|bytes| client.get(bytes.saturating_add(1)..)) else {
        return Recognition::NeedMore;
    };
    match dialogue::opening(rest, &OPENINGS) {
        Opening::Known => walk(conversation, client, server),
        Opening::Possible => Recognition::NeedMore,
        Opening::Other => Recognition::NotMine,
    }
}

fn walk(conversation: &Conversation<'_>, client: &[u8], server: &[u8]) -> Recognition {
    let mut readable = Readable::new(Protocol::Imap, Confidence::High);
    let mut login = Login::None;
    let mut tags: Vec<&[u8]> = Vec::new();
    for line in dialogue::lines(client) {
        if let Login::Awaiting(_) = login {
            login = login.after(line.text);
        } else {
            let mut words = line.words();
            let tag = words.next().unwrap_or_default();
            let command = words.next().unwrap_or_default().to_ascii_uppercase();
            // Some clients use one tag for all commands.
            let before = tags.iter().filter(|used| **used == tag).count();
            tags.push(tag);
            match command.as_slice() {
                b"STARTTLS" => {
                    let answer = answer(server, tag, before);
                    match upgrade::requested(conversation, readable, line.end, answer) {
                        ControlFlow::Break(found) => return found,
                        ControlFlow::Continue(refused) => readable = refused,
                    }
                }
                b"LOGIN" => login = login_command(&line),
                b"AUTHENTICATE" => {
                    login = Login::begun(words.next().unwrap_or_default(), words.next());
                    let is_asked = dialogue::lines(server).any(|line| line.text.starts_with(b"+"));
                    let is_hidden = conversation.server.is_cut();
                    if matches!(login, Login::Awaiting(_)) && !is_asked && !is_hidden {
                        return readable.unsettled().into();
                    }
                }
                b"LOGOUT" | b"SELECT" | b"LIST" | b"EXAMINE" => return readable.into(),
                _ => {}
            }
        }
        if login == Login::Shown {
            return readable.exposing(Some(CredentialKind::ImapPassword)).into();
        }
    }
    readable.unsettled().into()
}

/// `LOGIN name password`, either of which may be a literal, whose text begins the next line.
fn login_command(line: &Line<'_>) -> Login {
    let arguments = line.words().count().saturating_sub(2);
    let is_literal = line.text.ends_with(b"}");
    match (arguments, is_literal) {
        (0, _) => Login::None,
        (1, true) => Login::Awaiting(2),
        (1, false) => Login::None,
        (_, true) => Login::Awaiting(1),
        (_, false) => Login::Shown,
    }
}

/// The server's answer to the command with this tag, after so many others with the same one.
fn answer(server: &[u8], tag: &[u8], before: usize) -> Option<Answer> {
    let line = dialogue::lines(server)
        .filter(|line| line.words().next() == Some(tag))
        .nth(before)?;
    let word = line.words().nth(1).unwrap_or_default();
    Some(Answer {
        is_agreed: word.eq_ignore_ascii_case(b"OK"),
        end: line.end,
    })
}
