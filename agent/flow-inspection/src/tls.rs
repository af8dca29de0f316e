//! TLS: what the handshake shows to everybody on the way.

use crate::capture::Stream;
use crate::classification::{Confidence, SecurityClass};
use crate::conversation::{Conversation, Settled};
use crate::protocol::Protocol;
use crate::reason::Reason;
use crate::tls_facts::TlsFacts;

/// What a conversation is, as far as TLS is concerned.
#[derive(Debug)]
pub(crate) enum Inspection {
    /// It is not TLS.
    Other,
    /// It may be TLS.
    NeedMore,
    /// It is TLS.
    Handshake(Box<Handshake>),
}

/// A handshake and what it says about the connection.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) class: SecurityClass,
    pub(crate) confidence: Confidence,
    pub(crate) reason: Reason,
    pub(crate) protocol: Protocol,
    pub(crate) facts: TlsFacts,
    pub(crate) settled: Settled,
}

/// Looks for a handshake that begins where the streams begin.
pub(crate) fn inspect(conversation: &Conversation<'_>) -> Inspection {
    let head = conversation.client.head();
    let form = [0x16, 3];
    if head
        .iter()
        .zip(form)
        .any(|(byte, expected)| *byte != expected)
    {
        return Inspection::Other;
    }
    if head.len() < 2 {
        return Inspection::NeedMore;
    }
    Inspection::Handshake(Box::new(Handshake {
        class: SecurityClass::Tls,
        confidence: Confidence::Low,
        reason: Reason::TlsHello,
        protocol: Protocol::Tls,
        facts: TlsFacts::default(),
        settled: Settled::No,
    }))
}

/// The server's stream from the first run on that begins like TLS: where a gap hides where it must begin.
pub(crate) fn server_begin(server: Stream<'_>) -> Stream<'_> {
    server
        .later()
        .find(|(_, bytes)| bytes.starts_with(&[0x16, 3]))
        .map_or(server, |(offset, _)| server.after(offset))
}
