//! What follows when both sides agreed on TLS, or one of them hides in a gap.

use super::form::offset;
use super::form::{Fit, begins};
use crate::conversation::Conversation;

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

/// Whether the server's answer hides in a gap, and the client went on with TLS: it would not have, had the
/// server refused.
pub(super) fn is_hidden(conversation: &Conversation<'_>, client_at: usize) -> bool {
    conversation.server.is_cut() && begins_tls(conversation.client.at(offset(client_at)))
}
