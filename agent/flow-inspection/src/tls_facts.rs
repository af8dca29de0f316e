//! What a TLS handshake shows to everybody on the way.

/// Version of the protocol (`flow.tls.version`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// SSL 2.0
    Ssl20,
    /// SSL 3.0
    Ssl30,
    /// TLS 1.0
    Tls10,
    /// TLS 1.1
    Tls11,
    /// TLS 1.2
    Tls12,
    /// TLS 1.3
    Tls13,
    /// DTLS 1.0, which is TLS 1.1 over datagrams.
    Dtls10,
    /// DTLS 1.2
    Dtls12,
    /// DTLS 1.3
    Dtls13,
}

impl TlsVersion {
    /// Every version.
    pub const ALL: &'static [Self] = &[
        Self::Ssl20,
        Self::Ssl30,
        Self::Tls10,
        Self::Tls11,
        Self::Tls12,
        Self::Tls13,
        Self::Dtls10,
        Self::Dtls12,
        Self::Dtls13,
    ];

    /// The version with this number in hellos.
    #[must_use]
    pub const fn from_wire(number: u16) -> Option<Self> {
        Some(match number {
            0x0002 => Self::Ssl20,
            0x0300 => Self::Ssl30,
            0x0301 => Self::Tls10,
            0x0302 => Self::Tls11,
            0x0303 => Self::Tls12,
            0x0304 => Self::Tls13,
            0xfeff => Self::Dtls10,
            0xfefd => Self::Dtls12,
            0xfefc => Self::Dtls13,
            _ => return None,
        })
    }

    /// The value of `flow.tls.version`. A version of DTLS has that of the TLS that it is made from.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl20 => "ssl2",
            Self::Ssl30 => "ssl3",
            Self::Tls10 => "1.0",
            Self::Tls11 | Self::Dtls10 => "1.1",
            Self::Tls12 | Self::Dtls12 => "1.2",
            Self::Tls13 | Self::Dtls13 => "1.3",
        }
    }

    /// A number that rises with the version: that by which handshakes of SSL 3.0 and TLS name it (RFC 8446,
    /// 4.2.1). A version of DTLS has that of the TLS that it is made from.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Ssl20 => 0x0200,
            Self::Ssl30 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 | Self::Dtls10 => 0x0302,
            Self::Tls12 | Self::Dtls12 => 0x0303,
            Self::Tls13 | Self::Dtls13 => 0x0304,
        }
    }
}

/// Whether the client showed a certificate (`flow.tls.client_auth`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientAuth {
    /// A client certificate was seen.
    Seen,
    /// A sign of a mesh that always demands one (ALPN, server name).
    Mesh,
    /// The handshake shows that there is none.
    None,
    /// It cannot be seen (TLS 1.3), or was not seen yet.
    #[default]
    Unknown,
}

impl ClientAuth {
    /// Every answer.
    pub const ALL: &'static [Self] = &[Self::Seen, Self::Mesh, Self::None, Self::Unknown];

    /// The value of `flow.tls.client_auth`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Mesh => "mesh",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Subject, as RFC 4514 writes it.
    pub subject: Box<str>,
    /// Issuer, as RFC 4514 writes it.
    pub issuer: Box<str>,
    /// Alternative names: DNS names, addresses, URIs (SPIFFE).
    pub alternative_names: Box<[Box<str>]>,
    /// Start of validity, seconds since the epoch.
    pub not_before_s: i64,
    /// End of validity, seconds since the epoch.
    pub not_after_s: i64,
}

/// What a handshake shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// The version in use; that which the client offers at most, until the server has answered.
    pub version: Option<TlsVersion>,
    /// Whether the server has answered, so that `version` is final.
    pub is_negotiated: bool,
    /// Server name that the client asks for.
    pub server_name: Option<Box<str>>,
    /// ALPN protocols that the client offers, the preferred one first.
    pub alpn_offered: Box<[Box<str>]>,
    /// ALPN protocol that the server chose, where it shows (TLS 1.2).
    pub alpn_chosen: Option<Box<str>>,
    /// Whether the client hello has an encrypted inner one (ECH).
    pub has_encrypted_client_hello: bool,
    /// JA4 fingerprint of the client.
    pub ja4: Option<Box<str>>,
    /// Cipher suite that the server chose, by its IANA name.
    pub cipher: Option<Box<str>>,
    /// Whether the server asked the client for a certificate.
    pub is_client_certificate_requested: Option<bool>,
    /// Whether the client showed a certificate.
    pub client_auth: ClientAuth,
    /// The server's certificate, where it shows (TLS 1.2 and older).
    pub server_certificate: Option<CertificateFacts>,
    /// The client's certificate, where it shows (TLS 1.2 and older).
    pub client_certificate: Option<CertificateFacts>,
}
