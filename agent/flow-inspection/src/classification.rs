//! What the bytes of a connection say about it.

use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use crate::reason::Reason;
use crate::tls_facts::TlsFacts;

/// What protects a connection (`flow.security`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecurityClass {
    /// Mutual TLS between proxies of a mesh.
    MeshMtls,
    /// TLS in which both sides showed a certificate.
    Mtls,
    /// TLS in which the client was not seen to show one.
    Tls,
    /// Plaintext at first, then TLS in the same connection.
    Upgraded,
    /// Encrypted by something else: SSH, WireGuard, …
    Tunnel,
    /// Readable by everybody on the way.
    Plaintext,
    /// Not recognised; it may be encrypted or not.
    Opaque,
    /// Older than the agent: its begin was not seen.
    Preexisting,
}

impl SecurityClass {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::MeshMtls,
        Self::Mtls,
        Self::Tls,
        Self::Upgraded,
        Self::Tunnel,
        Self::Plaintext,
        Self::Opaque,
        Self::Preexisting,
    ];

    /// The value of `flow.security`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MeshMtls => "mesh_mtls",
            Self::Mtls => "mtls",
            Self::Tls => "tls",
            Self::Upgraded => "upgraded",
            Self::Tunnel => "tunnel",
            Self::Plaintext => "plaintext",
            Self::Opaque => "opaque",
            Self::Preexisting => "preexisting",
        }
    }
}

/// How sure a verdict is (`flow.confidence`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// One side's bytes look like it, or the port says so.
    Low,
    /// One side's bytes have the protocol's form.
    Medium,
    /// Both sides' bytes, or a form that nothing else has.
    High,
}

impl Confidence {
    /// Every degree.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The value of `flow.confidence`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The verdict about a connection so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// What protects it.
    pub class: SecurityClass,
    /// How sure that is.
    pub confidence: Confidence,
    /// Why.
    pub reason: Reason,
    /// What it speaks.
    pub protocol: Protocol,
    /// What its TLS handshake shows.
    pub tls: Option<Box<TlsFacts>>,
    /// A credential that is exposed.
    pub credential_exposed: Option<CredentialKind>,
}
