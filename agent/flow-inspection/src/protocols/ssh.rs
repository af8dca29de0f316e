//! SSH (RFC 4253, 4.2): either side begins with its version.

use super::form::{Fit, begins};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Recognition};
use crate::protocol::Protocol;

/// Versions that are in use; 1.99 speaks both.
const BEGINS: [&[u8]; 2] = [b"SSH-2.0-", b"SSH-1.99-"];

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let (client, server) = (conversation.client.head(), conversation.server.head());
    let fits = |bytes| BEGINS.map(|form| begins(bytes, form));
    let (client, server) = (fits(client), fits(server));
    // Nothing else begins so: one side is enough, also where the other one's begin was not seen.
    if client.contains(&Fit::Whole) || server.contains(&Fit::Whole) {
        Recognition::Tunnel(Protocol::Ssh, Confidence::High)
    } else if client.contains(&Fit::Partly) || server.contains(&Fit::Partly) {
        Recognition::NeedMore
    } else {
        Recognition::NotMine
    }
}
