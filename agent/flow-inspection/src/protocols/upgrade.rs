//! What follows when both sides agreed on TLS, or one of them hides in a gap.

use super::form::offset;
use super::form::{Fit, begins};
use crate::conversation::{Conversation, Readable, Recognition, Upgrade};
use crate::reason::Reason;
use crate::tls;
use std::ops::ControlFlow;

/// A record of a handshake.
const TLS_RECORD: &[u8] = &[0x16, 3];

/// Whether bytes begin as TLS.
pub(super) fn begins_tls(bytes: &[u8]) -> bool {
    begins(bytes, TLS_RECORD) == Fit::Whole
}

/// Whether bytes, of which there may be one, begin as TLS.
pub(super) fn may_begin_tls(bytes: &[u8]) -> bool {
    !bytes.is_empty() && begins(bytes, TLS_RECORD) != Fit::No
}

/// Where the server's hello begins, if its agreement hides in a gap and both sides went on with TLS. A client
/// alone shows nothing: some go on even when they were refused.
pub(super) fn hidden(conversation: &Conversation<'_>, client_at: usize) -> Option<usize> {
    let server = conversation.server;
    if !server.is_cut() || !begins_tls(conversation.client.at(offset(client_at))) {
        return None;
    }
    usize::try_from(tls::later_handshake(server)?).ok()
}

/// The server's answer to a client that asks for TLS.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    /// Whether it agrees.
    pub(super) is_agreed: bool,
    /// Where what follows it begins.
    pub(super) end: usize,
}

/// What comes of a client's request for TLS, which ends at `client_at`: the upgrade, if the server agrees or its
/// answer hides in a gap; else the conversation goes on as it was.
pub(super) fn requested(
    conversation: &Conversation<'_>,
    readable: Readable,
    client_at: usize,
    answer: Option<Answer>,
) -> ControlFlow<Recognition, Readable> {
    let server_at = match answer {
        Some(answer) if !answer.is_agreed => {
            return ControlFlow::Continue(readable.because(Reason::UpgradeRefused));
        }
        Some(answer) => Some(answer.end),
        None => hidden(conversation, client_at),
    };
    ControlFlow::Break(match server_at {
        Some(_) => Upgrade::agreed(readable.protocol, client_at, server_at).into(),
        None => readable
            .because(Reason::UpgradeRequested)
            .unsettled()
            .into(),
    })
}
