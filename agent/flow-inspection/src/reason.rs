//! Why a connection has its class.

/// Why a connection has its class (`flow.reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing was sent yet.
    NoPayload,
    /// The bytes fit no protocol that is known.
    Unrecognised,
    /// The bytes may be of a protocol that is known, but too few were seen.
    Incomplete,
    /// Older than the agent: its begin was not seen.
    Preexisting,
    /// The bytes have the form of a protocol.
    Recognised,
    /// An upgrade to TLS was asked for, and the answer was not seen.
    UpgradeRequested,
    /// The server refused to upgrade to TLS.
    UpgradeRefused,
    /// Both sides agreed on TLS, and it was not seen to follow yet.
    UpgradeAccepted,
    /// Both sides agreed on TLS, and something else followed.
    UpgradeNotFollowed,
    /// Both sides agreed on TLS, and it followed.
    UpgradeFollowed,
    /// A client's hello, without an answer yet.
    TlsHello,
    /// Hellos of both sides.
    TlsHandshake,
    /// A side gave up the handshake.
    TlsFailed,
    /// The server answered with something other than TLS.
    TlsRefused,
    /// It begins like TLS and then breaks its rules.
    TlsMalformed,
    /// The client showed a certificate.
    ClientCertificate,
    /// ALPN as only the proxies of a mesh offer it.
    MeshAlpn,
    /// A server name as only the proxies of a mesh ask for.
    MeshServerName,
    /// HTTP/2 in TLS to the port of an HBONE tunnel.
    MeshHbone,
}

impl Reason {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::NoPayload,
        Self::Unrecognised,
        Self::Incomplete,
        Self::Preexisting,
        Self::Recognised,
        Self::UpgradeRequested,
        Self::UpgradeRefused,
        Self::UpgradeAccepted,
        Self::UpgradeNotFollowed,
        Self::UpgradeFollowed,
        Self::TlsHello,
        Self::TlsHandshake,
        Self::TlsFailed,
        Self::TlsRefused,
        Self::TlsMalformed,
        Self::ClientCertificate,
        Self::MeshAlpn,
        Self::MeshServerName,
        Self::MeshHbone,
    ];

    /// The word for it, as rules compare it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPayload => "no_payload",
            Self::Unrecognised => "unrecognised",
            Self::Incomplete => "incomplete",
            Self::Preexisting => "preexisting",
            Self::Recognised => "recognised",
            Self::UpgradeRequested => "upgrade_requested",
            Self::UpgradeRefused => "upgrade_refused",
            Self::UpgradeAccepted => "upgrade_accepted",
            Self::UpgradeNotFollowed => "upgrade_not_followed",
            Self::UpgradeFollowed => "upgrade_followed",
            Self::TlsHello => "tls_hello",
            Self::TlsHandshake => "tls_handshake",
            Self::TlsFailed => "tls_failed",
            Self::TlsRefused => "tls_refused",
            Self::TlsMalformed => "tls_malformed",
            Self::ClientCertificate => "client_certificate",
            Self::MeshAlpn => "mesh_alpn",
            Self::MeshServerName => "mesh_server_name",
            Self::MeshHbone => "mesh_hbone",
        }
    }
}
