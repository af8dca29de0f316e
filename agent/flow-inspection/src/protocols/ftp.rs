//! FTP: its control connection, with `AUTH TLS` (RFC 4217).

use super::dialogue::{self, Opening};
use super::upgrade;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use crate::reason::Reason;

const AGREED: [u16; 2] = [234, 334];
/// Commands with which clients begin.
const OPENINGS: [&[u8]; 8] = [
    b"USER", b"AUTH", b"FEAT", b"SYST", b"OPTS", b"HOST", b"CLNT", b"PBSZ",
];
/// Names of users whose password is none.
const ANONYMOUS: [&[u8]; 2] = [b"anonymous", b"ftp"];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    if !dialogue::may_greet(server) {
        return Recognition::NotMine;
    }
    // The greeting's whole first line.
    if !server.contains(&b'\n') {
        return Recognition::NeedMore;
    }
    let is_named = dialogue::greeting_says(server, b"FTP");
    let readable = |confidence| Readable::new(Protocol::Ftp, confidence);
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
    let mut readable = Readable::new(Protocol::Ftp, Confidence::High);
    let mut is_anonymous = false;
    for (index, line) in dialogue::lines(client).enumerate() {
        // The first reply is the greeting.
        let reply = replies.get(index.saturating_add(1));
        let mut words = line.words();
        let command = words.next().unwrap_or_default().to_ascii_uppercase();
        let argument = words.next().unwrap_or_default();
        match command.as_slice() {
            b"AUTH" => match reply {
                Some(reply) if AGREED.contains(&reply.code) => {
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
            b"USER" => {
                is_anonymous = ANONYMOUS
                    .iter()
                    .any(|name| argument.eq_ignore_ascii_case(name));
            }
            b"PASS" => {
                let is_shown = !is_anonymous && !argument.is_empty();
                return readable
                    .exposing(is_shown.then_some(CredentialKind::FtpPassword))
                    .into();
            }
            b"QUIT" => return readable.into(),
            _ => {}
        }
    }
    readable.unsettled().into()
}

fn upgraded(client_at: usize, server_at: usize) -> Recognition {
    Upgrade::agreed(Protocol::Ftp, client_at, Some(server_at)).into()
}
