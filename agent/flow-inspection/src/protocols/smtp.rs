//! SMTP, submission and LMTP, with `STARTTLS` (RFC 3207) and `AUTH` (RFC 4954).

use super::dialogue::{self, Opening};
use super::mail::Login;
use super::upgrade;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use crate::reason::Reason;

const READY: u16 = 220;
const CONTINUE: u16 = 334;
/// Commands with which nothing but a mail client begins.
const OPENINGS: [&[u8]; 6] = [b"EHLO", b"HELO", b"LHLO", b"STARTTLS", b"MAIL", b"XCLIENT"];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    if !dialogue::may_greet(server) {
        return Recognition::NotMine;
    }
    // The greeting's whole first line.
    if !server.contains(&b'\n') {
        return Recognition::NeedMore;
    }
    let is_named = dialogue::greeting_says(server, b"SMTP");
    let readable = |confidence| Readable::new(Protocol::Smtp, confidence);
    if client.is_empty() {
        return if is_named {
            readable(Confidence::Medium).unsettled().into()
        } else {
            Recognition::NeedMore
        };
    }
    match dialogue::opening(client, &OPENINGS) {
        Opening::Known => walk(conversation, client, server),
        Opening::Possible => Recognition::NeedMore,
        Opening::Other if is_named => readable(Confidence::Medium).into(),
        Opening::Other => Recognition::NotMine,
    }
}

fn walk(conversation: &Conversation<'_>, client: &[u8], server: &[u8]) -> Recognition {
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
                b"STARTTLS" => match reply {
                    Some(reply) if reply.code == READY => {
                        return upgraded(line.end, reply.end);
                    }
                    Some(_) => readable = readable.because(Reason::UpgradeRefused),
                    None => {
                        return match upgrade::hidden(conversation, line.end) {
                            Some(server_at) => upgraded(line.end, server_at),
                            None => readable
                                .because(Reason::UpgradeRequested)
                                .unsettled()
                                .into(),
                        };
                    }
                },
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

fn upgraded(client_at: usize, server_at: usize) -> Recognition {
    Upgrade::agreed(Protocol::Smtp, client_at, Some(server_at)).into()
}
