//! What a recogniser of a protocol sees, and what it answers.

use crate::capture::Stream;
use crate::classification::Confidence;
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use crate::reason::Reason;

/// The captured bytes of both directions of a stream, beneath all wrappings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conversation<'a> {
    /// What the client sent.
    pub(crate) client: Stream<'a>,
    /// What the server sent.
    pub(crate) server: Stream<'a>,
    /// Port of the server. It may only add to the confidence.
    pub(crate) server_port: u16,
    /// What the verdict is for.
    pub(crate) wanted: Wanted,
}

/// What a verdict is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Only a settled one counts; one that is not need not tell facts.
    Settled,
    /// It is asked for as it is.
    Any,
}

/// Whether later bytes can change an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Nothing that comes is of interest.
    Yes,
    /// A credential or an upgrade may follow.
    No,
}

/// A readable protocol was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readable {
    /// Which.
    pub(crate) protocol: Protocol,
    /// How sure.
    pub(crate) confidence: Confidence,
    /// [`Reason::Recognised`], unless something about an upgrade is known.
    pub(crate) reason: Reason,
    /// A credential that was seen.
    pub(crate) credential: Option<CredentialKind>,
    /// Whether that is all.
    pub(crate) settled: Settled,
}

/// The protocol announced that TLS follows; it is looked for there, and only if it is there the connection
/// counts as upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    /// Which protocol.
    pub(crate) protocol: Protocol,
    /// How sure.
    pub(crate) confidence: Confidence,
    /// Offset in the client's stream where its hello must begin.
    pub(crate) client_at: u64,
    /// Offset in the server's stream where its answer must begin; `None` where a gap hides it.
    pub(crate) server_at: Option<u64>,
    /// A credential that was seen before.
    pub(crate) credential: Option<CredentialKind>,
}

/// A complete header of a proxy, which another protocol follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wrapping {
    /// The proxy's protocol.
    pub(crate) protocol: Protocol,
    /// Offset in the client's stream of what is inside.
    pub(crate) client_at: u64,
    /// Offset in the server's stream of what is inside.
    pub(crate) server_at: u64,
    /// A credential for the proxy.
    pub(crate) credential: Option<CredentialKind>,
}

/// What a recogniser makes of a conversation.
///
/// Answers must be *monotone*: whatever follows, `NotMine` stays `NotMine`, and a settled answer stays what it
/// is. `NeedMore` and unsettled answers may become anything. Bytes are never looked at across a gap as if they
/// followed. So the result does not depend on how the bytes were cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recognition {
    /// It is something else.
    NotMine,
    /// It may be this.
    NeedMore,
    /// It is this, and can be read by everybody.
    Readable(Readable),
    /// It is this, encrypted by a protocol other than TLS.
    Tunnel(Protocol, Confidence),
    /// TLS should follow.
    Upgrade(Upgrade),
    /// Something else is inside.
    Wrapping(Wrapping),
}

/// A recogniser: one for each protocol.
pub(crate) type Recognise = fn(&Conversation<'_>) -> Recognition;
