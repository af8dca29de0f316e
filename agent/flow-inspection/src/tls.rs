//! TLS: what the handshake shows to everybody on the way.

mod certificate;
mod cipher_suite;
mod client_hello;
pub(crate) mod datagram;
mod extensions;
mod facts;
mod handshake;
mod ja4;
mod mesh;
pub(crate) mod quic;
mod record;
mod server_hello;
mod ssl2;

use crate::capture::Stream;
use crate::classification::{Confidence, SecurityClass};
use crate::conversation::{Conversation, Settled, Wanted};
use crate::protocol::Protocol;
use crate::reason::Reason;
use crate::tls_facts::{ClientAuth, TlsFacts};

use client_hello::Carrier;
use handshake::{ClientFlight, ServerFlight};
use record::{End, Flight};

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

impl Handshake {
    /// It began as TLS, but nothing can be said about what follows.
    fn broken(reason: Reason, facts: TlsFacts) -> Self {
        Self {
            class: SecurityClass::Opaque,
            confidence: Confidence::Low,
            reason,
            protocol: Protocol::Unknown,
            facts,
            settled: Settled::Yes,
        }
    }
}

/// Whether bytes have the form of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Yes,
    /// They do so far.
    Perhaps,
    No,
}

/// Looks for a handshake that begins where the streams begin.
pub(crate) fn inspect(conversation: &Conversation<'_>) -> Inspection {
    let head = conversation.client.head();
    match hello_form(head) {
        Form::Yes => found(streams(conversation)),
        Form::Perhaps if head.is_empty() => server_alone(conversation),
        // So few bytes say nothing, and there will be no more of them.
        Form::Perhaps if conversation.client.is_cut() => Inspection::Other,
        Form::Perhaps => Inspection::NeedMore,
        Form::No => match answer_form(head) {
            Form::Yes => turned(conversation),
            Form::Perhaps if !conversation.client.is_cut() => Inspection::NeedMore,
            Form::Perhaps | Form::No => ssl2::inspect(conversation),
        },
    }
}

fn found(handshake: Handshake) -> Inspection {
    Inspection::Handshake(Box::new(handshake))
}

/// Whoever accepted a connection may be the client of TLS, as in an active FTP transfer. Nothing is settled as
/// long as the other side is silent.
fn server_alone(conversation: &Conversation<'_>) -> Inspection {
    if hello_form(conversation.server.head()) != Form::Yes {
        return Inspection::Other;
    }
    let mut handshake = streams(&swapped(conversation));
    handshake.settled = Settled::No;
    found(handshake)
}

/// The client's bytes are those of TLS's server.
fn turned(conversation: &Conversation<'_>) -> Inspection {
    match hello_form(conversation.server.head()) {
        Form::Yes => found(streams(&swapped(conversation))),
        Form::Perhaps => Inspection::NeedMore,
        Form::No => Inspection::Other,
    }
}

const fn swapped<'a>(conversation: &Conversation<'a>) -> Conversation<'a> {
    Conversation {
        client: conversation.server,
        server: conversation.client,
        ..*conversation
    }
}

/// Whether bytes begin a record as TLS's server sends them first: a handshake or an alert.
fn answer_form(bytes: &[u8]) -> Form {
    match bytes {
        [] | [0x15 | 0x16] => Form::Perhaps,
        [0x15 | 0x16, 3, ..] => Form::Yes,
        _ => Form::No,
    }
}

/// Whether bytes begin a record with a client's hello: its header, then type, length and version of the hello.
fn hello_form(bytes: &[u8]) -> Form {
    const FORM_BYTES: usize = 11;
    let fits = |index: usize, byte: u8| match index {
        0 => byte == 0x16,
        1 | 9 => byte == 3,
        2 | 10 => byte <= 4,
        3 => byte <= 0x48,
        5 => byte == 1,
        // No hello is longer than 64 KiB.
        6 => byte == 0,
        _ => true,
    };
    // A first record may end within the hello's header; what follows it is then another header.
    let record_bytes = match bytes {
        [_, _, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        _ => usize::MAX,
    };
    if record_bytes == 0 {
        return Form::No;
    }
    let looked_at = FORM_BYTES.min(record_bytes.saturating_add(5));
    if !bytes
        .iter()
        .take(looked_at)
        .enumerate()
        .all(|(index, byte)| fits(index, *byte))
    {
        Form::No
    } else if bytes.len() < looked_at {
        Form::Perhaps
    } else {
        Form::Yes
    }
}

/// The server's stream from the first record of a handshake on that follows a gap, which hides where it must
/// begin. Nothing, as long as there is none.
pub(crate) fn server_begin(server: Stream<'_>) -> Stream<'_> {
    server.after(later_handshake(server).unwrap_or(u64::MAX))
}

/// Where the first record of a handshake behind a gap begins: the end of an answer in clear text may stand
/// between them.
pub(crate) fn later_handshake(stream: Stream<'_>) -> Option<u64> {
    stream.later().find_map(|(offset, bytes)| {
        let position = bytes
            .windows(3)
            .position(|window| matches!(window, [0x16, 3, 0..=4]))?;
        offset.checked_add(u64::try_from(position).ok()?)
    })
}

fn streams(conversation: &Conversation<'_>) -> Handshake {
    handshake(
        &Flight::read(conversation.client),
        &Flight::read(conversation.server),
        Carrier::Stream,
        conversation,
    )
}

fn handshake(
    client_bytes: &Flight,
    server_bytes: &Flight,
    carrier: Carrier,
    conversation: &Conversation<'_>,
) -> Handshake {
    let server_port = conversation.server_port;
    let Some(client) = ClientFlight::read(client_bytes, carrier) else {
        return Handshake::broken(Reason::TlsMalformed, TlsFacts::default());
    };
    let mut handshake = match ServerFlight::read(server_bytes) {
        None => Handshake::broken(Reason::TlsRefused, facts::offered(&client.hello)),
        Some(server) => {
            let stage = stage(client_bytes, server_bytes, &server);
            if conversation.wanted == Wanted::Settled && !stage.is_settled() {
                return verdict(stage, TlsFacts::default(), server_port);
            }
            let facts = facts::negotiated(&client, &server, server_bytes, server_port);
            let mut verdict = verdict(stage, facts, server_port);
            let is_cut = server_bytes.end == End::Cut && !server_bytes.is_encrypted();
            if verdict.facts.client_auth == ClientAuth::Seen && is_cut {
                // Whether the server took the certificate lies behind what was captured.
                verdict.confidence = verdict.confidence.min(Confidence::Medium);
            }
            verdict
        }
    };
    // The verdict must not depend on which side's bytes are seen first.
    if !client.hello.is_whole && client_bytes.end == End::Open {
        handshake.settled = Settled::No;
    }
    handshake
}

/// How far a handshake came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The server has not answered, and will be heard (or not).
    Offered(Settled),
    /// The server has answered, and more of interest may come (or not).
    Answered(Settled),
    /// A side gave up.
    Failed,
}

impl Stage {
    fn is_settled(self) -> bool {
        !matches!(
            self,
            Self::Offered(Settled::No) | Self::Answered(Settled::No)
        )
    }
}

fn stage(client: &Flight, server: &Flight, read: &ServerFlight<'_>) -> Stage {
    let settled = |is_settled| {
        if is_settled {
            Settled::Yes
        } else {
            Settled::No
        }
    };
    match &read.hello {
        None if server.end == End::Alert => Stage::Failed,
        None => Stage::Offered(settled(server.end != End::Open)),
        Some(hello) if hello.is_retry => match server.end {
            End::Alert => Stage::Failed,
            end => Stage::Offered(settled(end != End::Open)),
        },
        // What follows the hello of TLS 1.3 is encrypted.
        Some(hello) if hello.hides_certificates() => Stage::Answered(Settled::Yes),
        Some(_) => {
            let has_given_up = client.end == End::Alert && (read.is_done || server.is_over());
            if has_given_up || server.end == End::Alert && client.is_over() {
                Stage::Failed
            } else {
                Stage::Answered(settled(client.is_over() && server.is_over()))
            }
        }
    }
}

fn verdict(stage: Stage, mut facts: TlsFacts, server_port: u16) -> Handshake {
    // What is still to come may contradict the sign of a mesh.
    if facts.client_auth == ClientAuth::Mesh && stage != Stage::Answered(Settled::Yes) {
        facts.client_auth = ClientAuth::Unknown;
    }
    let sign = mesh::sign(
        facts.server_name.as_deref(),
        &facts.alpn_offered,
        server_port,
    );
    let (class, reason, confidence) = match (facts.client_auth, sign) {
        (ClientAuth::Seen | ClientAuth::Mesh, Some((reason, confidence))) => {
            (SecurityClass::MeshMtls, reason, confidence)
        }
        (ClientAuth::Seen, None) => (
            SecurityClass::Mtls,
            Reason::ClientCertificate,
            Confidence::High,
        ),
        _ => (SecurityClass::Tls, Reason::TlsHandshake, Confidence::High),
    };
    let (class, reason, confidence, settled) = match stage {
        Stage::Offered(settled) => (class, Reason::TlsHello, Confidence::Medium, settled),
        Stage::Answered(settled) => (class, reason, confidence, settled),
        Stage::Failed => (
            SecurityClass::Tls,
            Reason::TlsFailed,
            Confidence::High,
            Settled::Yes,
        ),
    };
    Handshake {
        class,
        confidence,
        reason,
        protocol: facts::protocol(&facts),
        facts,
        settled,
    }
}
