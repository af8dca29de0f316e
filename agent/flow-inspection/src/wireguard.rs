//! WireGuard: its handshake has messages of fixed lengths, each of which begins with its type and three zeros.

use crate::capture::{Datagram, Stream};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Settled};
use crate::protocol::Protocol;
use crate::verdict::{Verdict, tunnel_verdict};

const INITIATION: [u8; 4] = [1, 0, 0, 0];
const INITIATION_BYTES: u64 = 148;
const RESPONSE: [u8; 4] = [2, 0, 0, 0];
const RESPONSE_BYTES: u64 = 92;

/// Looks for an initiation in the first datagram, and for the response that names its sender.
pub(crate) fn inspect(conversation: &Conversation<'_>) -> Option<Verdict> {
    let first = conversation.client.datagrams().next()?;
    let initiator = message(first, INITIATION, INITIATION_BYTES)?.first_chunk::<4>()?;
    let is_answered = responses(conversation.server).any(|receiver| receiver == initiator);
    let confidence = if is_answered {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let mut verdict = tunnel_verdict(Protocol::WireGuard, confidence);
    if !is_answered {
        verdict.settled = Settled::No;
    }
    Some(verdict)
}

/// To whom each response goes.
fn responses(server: Stream<'_>) -> impl Iterator<Item = &[u8; 4]> {
    server.datagrams().filter_map(|datagram| {
        let rest = message(datagram, RESPONSE, RESPONSE_BYTES)?;
        // The number of its own sender comes first.
        rest.get(4..)?.first_chunk::<4>()
    })
}

/// What follows the type of a message of this form.
fn message(datagram: Datagram<'_>, kind: [u8; 4], sent_bytes: u64) -> Option<&[u8]> {
    (datagram.sent_bytes == sent_bytes)
        .then(|| datagram.bytes.strip_prefix(&kind))
        .flatten()
}
