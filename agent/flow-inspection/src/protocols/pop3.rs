//! POP3, with `STLS` (RFC 2595).

use super::dialogue::{self, Line, Opening};
use super::form::{Fit, begins};
use super::mail::Login;
use super::upgrade::{self, Answer};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use std::ops::ControlFlow;

const OPENINGS: [&[u8]; 7] = [
    b"CAPA", b"USER", b"APOP", b"AUTH", b"STLS", b"QUIT", b"UTF8",
];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    match begins(server, b"+OK") {
        Fit::No => return Recognition::NotMine,
        Fit::Partly => return Recognition::NeedMore,
        Fit::Whole => {}
    }
    let after = server.get(3);
    if after.is_some_and(|byte| !matches!(byte, b' ' | b'\r' | b'\n'))
        || !dialogue::is_text(dialogue::first_line(server))
    {
        return Recognition::NotMine;
    }
    // The greeting's whole line.
    if !server.contains(&b'\n') {
        return Recognition::NeedMore;
    }
    let is_named = dialogue::greeting_says(server, b"POP3");
    if client.is_empty() {
        return if is_named {
            Readable::new(Protocol::Pop3, Confidence::Medium)
                .unsettled()
                .into()
        } else {
            Recognition::NeedMore
        };
    }
    match dialogue::opening(client, &OPENINGS) {
        // `AUTH` with a password is Redis, typed by hand.
        Opening::Known if !is_other_auth(client) => walk(conversation, client, server),
        Opening::Known | Opening::Other => Recognition::NotMine,
        Opening::Possible => Recognition::NeedMore,
    }
}

fn is_other_auth(client: &[u8]) -> bool {
    dialogue::lines(client).next().is_some_and(|line| {
        let mut words = line.words();
        let command = words.next().unwrap_or_default();
        command.eq_ignore_ascii_case(b"AUTH")
            && words
                .next()
                .is_some_and(|word| !super::mail::is_mechanism(word))
    })
}

/// The next reply; some have many lines, which a dot ends.
fn next_reply<'a>(lines: &mut impl Iterator<Item = Line<'a>>, has_lines: bool) -> Option<Answer> {
    let first = lines.next()?;
    let is_agreed = first.text.starts_with(b"+");
    let end = if has_lines && is_agreed {
        lines.find(|line| line.text == b".")?.end
    } else {
        first.end
    };
    Some(Answer { is_agreed, end })
}

fn walk(conversation: &Conversation<'_>, client: &[u8], server: &[u8]) -> Recognition {
    let mut lines = dialogue::lines(server);
    // The greeting.
    let mut is_answered = next_reply(&mut lines, false).is_some();
    let mut readable = Readable::new(Protocol::Pop3, Confidence::High);
    let mut login = Login::None;
    for line in dialogue::lines(client) {
        let mut words = line.words();
        let command = words.next().unwrap_or_default().to_ascii_uppercase();
        let argument = words.next();
        let has_lines = command == b"CAPA" || (command == b"AUTH" && argument.is_none());
        let reply = is_answered
            .then(|| next_reply(&mut lines, has_lines))
            .flatten();
        is_answered = reply.is_some();
        if let Login::Awaiting(_) = login {
            login = login.after(line.text);
        } else {
            match command.as_slice() {
                b"STLS" => match upgrade::requested(conversation, readable, line.end, reply) {
                    ControlFlow::Break(found) => return found,
                    ControlFlow::Continue(refused) => readable = refused,
                },
                b"PASS" if argument.is_some() => login = Login::Shown,
                b"AUTH" => {
                    login = Login::begun(argument.unwrap_or_default(), words.next());
                    if let Login::Awaiting(_) = login {
                        match reply {
                            Some(reply) if reply.is_agreed => {}
                            Some(_) => login = Login::None,
                            None if conversation.server.is_cut() => {}
                            None => return readable.unsettled().into(),
                        }
                    }
                }
                b"QUIT" | b"STAT" | b"LIST" | b"RETR" => return readable.into(),
                _ => {}
            }
        }
        if login == Login::Shown {
            return readable.exposing(Some(CredentialKind::Pop3Password)).into();
        }
    }
    readable.unsettled().into()
}
