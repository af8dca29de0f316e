//! From the captured bytes to a verdict: TLS first, then the other protocols, then what is inside them.

use crate::classification::{Classification, Confidence, SecurityClass};
use crate::conversation::{Conversation, Readable, Recognise, Recognition, Upgrade, Wrapping};
use crate::inspector::Transport;
use crate::protocol::Protocol;
use crate::protocols;
use crate::reason::Reason;
use crate::tls::{self, Handshake};
use crate::wireguard;

pub(crate) use crate::conversation::Settled;

/// How many wrappings are taken off. What is further inside is not looked at.
const WRAPPINGS_MAX: u8 = 3;

/// The bytes of a connection and what carried them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchanged<'a> {
    pub(crate) transport: Transport,
    pub(crate) conversation: Conversation<'a>,
}

/// Recognisers that answered `NotMine`: as answers are monotone, they need not be asked again.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuledOut(u64);

impl RuledOut {
    fn contains(&self, index: u32) -> bool {
        self.0.checked_shr(index).is_some_and(|bits| bits & 1 == 1)
    }

    fn insert(&mut self, index: u32) {
        self.0 |= 1_u64.checked_shl(index).unwrap_or(0);
    }
}

/// A classification, and whether later bytes can change it.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) classification: Classification,
    pub(crate) settled: Settled,
}

/// Judges by what is there. `ruled_out` belongs to this connection.
pub(crate) fn judge(exchanged: &Exchanged<'_>, ruled_out: &mut RuledOut) -> Verdict {
    let conversation = &exchanged.conversation;
    let mut verdict = match exchanged.transport {
        Transport::Tcp => judge_stream(conversation, ruled_out, 0),
        Transport::Udp => judge_datagrams(conversation, ruled_out),
    };
    // A client that is silent may yet begin with TLS.
    if conversation.client.head().is_empty() {
        verdict.settled = Settled::No;
    }
    verdict
}

fn judge_datagrams(conversation: &Conversation<'_>, ruled_out: &mut RuledOut) -> Verdict {
    if conversation.client.is_empty() && conversation.server.is_empty() {
        return opaque(Reason::NoPayload, Settled::No);
    }
    let handshake =
        tls::datagram::inspect(conversation).or_else(|| tls::quic::inspect(conversation));
    match handshake {
        Some(handshake) => tls_verdict(handshake),
        None => match wireguard::inspect(conversation) {
            Some(verdict) => verdict,
            None => recognised(conversation, protocols::DATAGRAM, ruled_out, 0),
        },
    }
}

fn judge_stream(conversation: &Conversation<'_>, ruled_out: &mut RuledOut, depth: u8) -> Verdict {
    if conversation.client.is_empty() && conversation.server.is_empty() {
        return opaque(Reason::NoPayload, Settled::No);
    }
    match tls::inspect(conversation) {
        tls::Inspection::Other => recognised(conversation, protocols::STREAM, ruled_out, depth),
        tls::Inspection::NeedMore => opaque(Reason::Incomplete, Settled::No),
        tls::Inspection::Handshake(handshake) => {
            let mut verdict = greeted(conversation).unwrap_or_else(|| tls_verdict(*handshake));
            // A greeting of the server may yet be seen.
            if conversation.server.head().is_empty() {
                verdict.settled = Settled::No;
            }
            verdict
        }
    }
}

/// TLS after a greeting of the server, without a word of the client before.
fn greeted(conversation: &Conversation<'_>) -> Option<Verdict> {
    if conversation.server.head().is_empty() {
        return None;
    }
    match protocols::greeting(conversation) {
        Recognition::Upgrade(upgrade) => Some(upgrade_verdict(conversation, upgrade)),
        Recognition::NeedMore
        | Recognition::Readable(Readable {
            settled: Settled::No,
            ..
        }) => Some(opaque(Reason::Incomplete, Settled::No)),
        _ => None,
    }
}

/// Asks the recognisers in turn.
fn recognised(
    conversation: &Conversation<'_>,
    recognisers: &[Recognise],
    ruled_out: &mut RuledOut,
    depth: u8,
) -> Verdict {
    let mut held_back = false;
    for (recognise, index) in recognisers.iter().zip(0..) {
        if ruled_out.contains(index) {
            continue;
        }
        let mut verdict = match recognise(conversation) {
            Recognition::NotMine => {
                ruled_out.insert(index);
                continue;
            }
            Recognition::NeedMore => {
                held_back = true;
                continue;
            }
            Recognition::Readable(readable) => readable_verdict(readable),
            Recognition::Tunnel(protocol, confidence) => tunnel_verdict(protocol, confidence),
            Recognition::Upgrade(upgrade) => upgrade_verdict(conversation, upgrade),
            Recognition::Wrapping(wrapping) => wrapping_verdict(conversation, wrapping, depth),
        };
        if held_back {
            verdict.settled = Settled::No;
        }
        return verdict;
    }
    if held_back {
        opaque(Reason::Incomplete, Settled::No)
    } else {
        opaque(Reason::Unrecognised, Settled::Yes)
    }
}

fn opaque(reason: Reason, settled: Settled) -> Verdict {
    Verdict {
        classification: Classification {
            class: SecurityClass::Opaque,
            confidence: Confidence::Low,
            reason,
            protocol: Protocol::Unknown,
            tls: None,
            credential_exposed: None,
        },
        settled,
    }
}

fn readable_verdict(readable: Readable) -> Verdict {
    Verdict {
        classification: Classification {
            class: SecurityClass::Plaintext,
            confidence: readable.confidence,
            reason: readable.reason,
            protocol: readable.protocol,
            tls: None,
            credential_exposed: readable.credential,
        },
        settled: readable.settled,
    }
}

pub(crate) fn tunnel_verdict(protocol: Protocol, confidence: Confidence) -> Verdict {
    Verdict {
        classification: Classification {
            class: SecurityClass::Tunnel,
            confidence,
            reason: Reason::Recognised,
            protocol,
            tls: None,
            credential_exposed: None,
        },
        settled: Settled::Yes,
    }
}

fn tls_verdict(handshake: Handshake) -> Verdict {
    Verdict {
        classification: Classification {
            class: handshake.class,
            confidence: handshake.confidence,
            reason: handshake.reason,
            protocol: handshake.protocol,
            tls: Some(Box::new(handshake.facts)),
            credential_exposed: None,
        },
        settled: handshake.settled,
    }
}

/// TLS after plaintext, if it is there.
fn upgrade_verdict(conversation: &Conversation<'_>, upgrade: Upgrade) -> Verdict {
    let plaintext = |reason, settled| {
        readable_verdict(Readable {
            protocol: upgrade.protocol,
            confidence: upgrade.confidence,
            reason,
            credential: upgrade.credential,
            settled,
        })
    };
    let client = conversation.client.after(upgrade.client_at);
    // Later bytes may have overtaken the first one.
    if client.head().is_empty() {
        return plaintext(Reason::UpgradeAccepted, Settled::No);
    }
    let server = match upgrade.server_at {
        Some(offset) => conversation.server.after(offset),
        None => tls::server_begin(conversation.server),
    };
    let inner = Conversation {
        client,
        server,
        ..*conversation
    };
    match tls::inspect(&inner) {
        tls::Inspection::Other => plaintext(Reason::UpgradeNotFollowed, Settled::Yes),
        tls::Inspection::NeedMore => plaintext(Reason::UpgradeAccepted, Settled::No),
        tls::Inspection::Handshake(handshake) => {
            let mut verdict = tls_verdict(*handshake);
            let classification = &mut verdict.classification;
            classification.protocol = upgrade.protocol;
            classification.credential_exposed = upgrade.credential;
            if handshake_followed(classification.class) {
                classification.class = SecurityClass::Upgraded;
                classification.reason = match classification.reason {
                    Reason::TlsFailed | Reason::TlsHello => classification.reason,
                    _ => Reason::UpgradeFollowed,
                };
            }
            verdict
        }
    }
}

const fn handshake_followed(class: SecurityClass) -> bool {
    matches!(
        class,
        SecurityClass::Tls | SecurityClass::Mtls | SecurityClass::MeshMtls
    )
}

/// What is inside a proxy's header.
fn wrapping_verdict(conversation: &Conversation<'_>, wrapping: Wrapping, depth: u8) -> Verdict {
    let inner = Conversation {
        client: conversation.client.after(wrapping.client_at),
        server: conversation.server.after(wrapping.server_at),
        ..*conversation
    };
    let mut verdict = if depth < WRAPPINGS_MAX {
        judge_stream(&inner, &mut RuledOut::default(), depth.saturating_add(1))
    } else {
        opaque(Reason::Unrecognised, Settled::Yes)
    };
    let classification = &mut verdict.classification;
    if classification.protocol == Protocol::Unknown {
        classification.protocol = wrapping.protocol;
    }
    classification.credential_exposed = classification.credential_exposed.or(wrapping.credential);
    verdict
}
