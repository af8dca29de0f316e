//! Comparing bytes that may be too few with a form.

use crate::classification::Confidence;
use crate::conversation::{Readable, Recognition, Settled, Upgrade};
use crate::credential_kind::CredentialKind;
use crate::protocol::Protocol;
use crate::reason::Reason;

/// How bytes fit a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// They differ.
    No,
    /// As far as they go, they are the same.
    Partly,
    /// The whole form is there.
    Whole,
}

/// Whether bytes begin with a form.
pub(super) fn begins(bytes: &[u8], form: &[u8]) -> Fit {
    fit(bytes, form, |byte, expected| byte == expected)
}

/// Whether bytes begin with a form, whatever the case of letters.
pub(super) fn begins_ignoring_case(bytes: &[u8], form: &[u8]) -> Fit {
    fit(bytes, form, |byte, expected| {
        byte.eq_ignore_ascii_case(expected)
    })
}

fn fit(bytes: &[u8], form: &[u8], same: impl Fn(&u8, &u8) -> bool) -> Fit {
    if !bytes
        .iter()
        .zip(form)
        .all(|(byte, expected)| same(byte, expected))
    {
        Fit::No
    } else if bytes.len() < form.len() {
        Fit::Partly
    } else {
        Fit::Whole
    }
}

/// Where `needle` begins.
pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len().max(1))
        .position(|window| window == needle)
}

/// Offsets in what is captured fit.
pub(super) fn offset(position: usize) -> u64 {
    u64::try_from(position).unwrap_or(u64::MAX)
}

/// What was read of `whole`, of which `rest` is left.
pub(super) fn consumed(whole: &[u8], rest: &[u8]) -> usize {
    whole.len().saturating_sub(rest.len())
}

impl Readable {
    /// A protocol about which nothing more is of interest.
    pub(super) const fn new(protocol: Protocol, confidence: Confidence) -> Self {
        Self {
            protocol,
            confidence,
            reason: Reason::Recognised,
            credential: None,
            settled: Settled::Yes,
        }
    }

    /// The same, with a credential that was seen.
    pub(super) const fn exposing(mut self, credential: Option<CredentialKind>) -> Self {
        self.credential = credential;
        self
    }

    /// The same, while a credential or an upgrade may follow.
    pub(super) const fn unsettled(mut self) -> Self {
        self.settled = Settled::No;
        self
    }

    /// The same, settled if `is_settled`.
    pub(super) const fn settled_if(self, is_settled: bool) -> Self {
        if is_settled { self } else { self.unsettled() }
    }

    /// The same, for another reason.
    pub(super) const fn because(mut self, reason: Reason) -> Self {
        self.reason = reason;
        self
    }
}

impl From<Readable> for Recognition {
    fn from(readable: Readable) -> Self {
        Self::Readable(readable)
    }
}

impl Upgrade {
    /// Both sides agreed on TLS, without a credential before it.
    pub(super) fn agreed(protocol: Protocol, client_at: usize, server_at: Option<usize>) -> Self {
        Self {
            protocol,
            confidence: Confidence::High,
            client_at: offset(client_at),
            server_at: server_at.map(offset),
            credential: None,
        }
    }
}

impl From<Upgrade> for Recognition {
    fn from(upgrade: Upgrade) -> Self {
        Self::Upgrade(upgrade)
    }
}
