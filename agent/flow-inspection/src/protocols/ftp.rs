//! FTP: its control connection, with `AUTH TLS` (RFC 4217).

use super::dialogue::{self, Greeted};
use super::upgrade;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use std::ops::ControlFlow;

const AGREED: [u16; 2] = [234, 334];
/// Commands with which clients begin.
const OPENINGS: [&[u8]; 8] = [
    b"USER", b"AUTH", b"FEAT", b"SYST", b"OPTS", b"HOST", b"CLNT", b"PBSZ",
];
/// Names of users whose password is none.
const ANONYMOUS: [&[u8]; 2] = [b"anonymous", b"ftp"];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let protocol = Greeted {
        protocol: Protocol::Ftp,
        name: b"FTP",
        openings: &OPENINGS,
        walk,
    };
    protocol.recognise(conversation)
}

fn walk(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
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
            b"AUTH" => {
                let answer = reply.map(|reply| reply.answers(&AGREED));
                match upgrade::requested(conversation, readable, line.end, answer) {
                    ControlFlow::Break(found) => return found,
                    ControlFlow::Continue(refused) => readable = refused,
                }
            }
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
