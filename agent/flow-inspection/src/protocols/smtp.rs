//! SMTP, submission and LMTP, with `STARTTLS` (RFC 3207) and `AUTH` (RFC 4954).

use super::dialogue::{self, Greeted};
use super::mail::Login;
use super::upgrade;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use std::ops::ControlFlow;

const READY: u16 = 220;
const CONTINUE: u16 = 334;
/// Commands with which nothing but a mail client begins.
const OPENINGS: [&[u8]; 6] = [b"EHLO", b"HELO", b"LHLO", b"STARTTLS", b"MAIL", b"XCLIENT"];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let protocol = Greeted {
        protocol: Protocol::Smtp,
        name: b"SMTP",
        openings: &OPENINGS,
        walk,
    };
    protocol.recognise(conversation)
}

fn walk(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    let replies = dialogue::replies(server);
    let mut readable = Readable::new(Protocol::Smtp, Confidence::High);
    let mut login = Login::None;
    for (index, line) in dialogue::lines(client).enumerate() {
        // The first reply is the greeting.
        let reply = replies.get(index.saturating_add(1));
        if let Login::Awaiting(_) = login {
            login = login.after(line.text);
        } else {
            let mut words = line.words();
            let command = words.next().unwrap_or_default().to_ascii_uppercase();
            match command.as_slice() {
                b"STARTTLS" => {
                    let answer = reply.map(|reply| reply.answers(&[READY]));
                    match upgrade::requested(conversation, readable, line.end, answer) {
                        ControlFlow::Break(found) => return found,
                        ControlFlow::Continue(refused) => readable = refused,
                    }
                }
                b"AUTH" => {
                    login = Login::begun(words.next().unwrap_or_default(), words.next());
                    if let Login::Awaiting(_) = login {
                        match reply {
                            Some(reply) if reply.code == CONTINUE => {}
                            Some(_) => login = Login::None,
                            None if conversation.server.is_cut() => {}
                            None => return readable.unsettled().into(),
                        }
                    }
                }
                b"MAIL" | b"DATA" | b"BDAT" | b"QUIT" => return readable.into(),
                _ => {}
            }
        }
        if login == Login::Shown {
            return readable.exposing(Some(CredentialKind::SmtpPassword)).into();
        }
    }
    readable.unsettled().into()
}
