//! What a protocol says about the bytes of a connection.

use crate::classification::{Confidence, CredentialKind, Protocol, Reason};

/// The bytes of one layer of a connection: whole from its begin, to where the next byte is not known.
#[derive(Clone, Copy)]
pub(crate) struct Exchange<'a> {
    /// What the client sent.
    pub(crate) client: &'a [u8],
    /// What the server sent.
    pub(crate) server: &'a [u8],
    /// The port that the client connected to; it only ever adds to the confidence.
    pub(crate) server_port: u16,
}

impl Exchange<'_> {
    /// Whether the server's port is one of these.
    pub(crate) fn is_port(&self, ports: &[u16]) -> bool {
        ports.contains(&self.server_port)
    }
}

/// Whether more bytes can change what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// A credential or an upgrade may follow.
    Open,
    /// Nothing that follows matters.
    Final,
}

/// What a protocol says about an exchange.
///
/// A protocol that said `NotMine`, or anything `Final`, says the same of every longer exchange; one that says
/// `Possible` may still say anything. So the verdict does not depend on how the bytes were cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recognition {
    /// The bytes have another form.
    NotMine,
    /// The bytes fit, but are too few.
    Possible,
    /// It is this protocol, readable by everybody.
    Plaintext {
        protocol: Protocol,
        confidence: Confidence,
        /// [`Reason::PlaintextProtocol`], or what became of an upgrade.
        reason: Reason,
        credential: Option<CredentialKind>,
        outlook: Outlook,
    },
    /// It encrypts by itself.
    Encrypted {
        protocol: Protocol,
        confidence: Confidence,
    },
    /// Both agreed on TLS: it begins at these offsets, if it really follows.
    Upgrade {
        protocol: Protocol,
        client_offset: usize,
        server_offset: usize,
        /// A credential that was shown before.
        credential: Option<CredentialKind>,
    },
    /// Another connection begins at these offsets.
    Wrapper {
        protocol: Protocol,
        client_offset: usize,
        server_offset: usize,
        /// A credential that was shown before.
        credential: Option<CredentialKind>,
    },
}

impl Recognition {
    /// A protocol that both sides' bytes show; nothing that follows matters.
    pub(crate) const fn plaintext(protocol: Protocol, confidence: Confidence) -> Self {
        Self::Plaintext {
            protocol,
            confidence,
            reason: Reason::PlaintextProtocol,
            credential: None,
            outlook: Outlook::Final,
        }
    }

    /// The same, with a credential that was shown.
    pub(crate) fn exposing(mut self, shown: Option<CredentialKind>) -> Self {
        if let Self::Plaintext { credential, .. }
        | Self::Upgrade { credential, .. }
        | Self::Wrapper { credential, .. } = &mut self
        {
            *credential = shown;
        }
        self
    }

    /// The same, while a credential or an upgrade may follow.
    pub(crate) fn open(mut self) -> Self {
        if let Self::Plaintext { outlook, .. } = &mut self {
            *outlook = Outlook::Open;
        }
        self
    }

    /// The same, for another reason.
    pub(crate) fn because(mut self, why: Reason) -> Self {
        if let Self::Plaintext { reason, .. } = &mut self {
            *reason = why;
        }
        self
    }
}
