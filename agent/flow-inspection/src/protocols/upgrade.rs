//! What follows when both sides agreed on TLS, or one of them hides in a gap.

use super::form::offset;
use super::form::{Fit, begins};
use crate::conversation::Conversation;
use crate::tls;

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
