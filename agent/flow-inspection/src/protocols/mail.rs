//! What SMTP, IMAP and POP3 have in common: SASL.

/// Mechanisms whose only message, or whose second one (`LOGIN`), shows a password or a token.
const CLEAR: [&[u8]; 4] = [b"PLAIN", b"LOGIN", b"XOAUTH2", b"OAUTHBEARER"];
/// Mechanisms that show none.
const HASHED: [&[u8]; 12] = [
    b"ANONYMOUS",
    b"CRAM-MD5",
    b"DIGEST-MD5",
    b"EXTERNAL",
    b"GSS-SPNEGO",
    b"GSSAPI",
    b"KERBEROS_V4",
    b"NTLM",
    b"SCRAM-SHA-1",
    b"SCRAM-SHA-1-PLUS",
    b"SCRAM-SHA-256",
    b"SCRAM-SHA-256-PLUS",
];

/// Whether this is the name of a mechanism.
pub(super) fn is_mechanism(word: &[u8]) -> bool {
    CLEAR
        .iter()
        .chain(&HASHED)
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// How far a login has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    /// None was begun.
    None,
    /// So many lines of the client are missing until a password was shown.
    Awaiting(u8),
    /// A password or a token was shown.
    Shown,
}

impl Login {
    /// The command that begins a login: its mechanism and the response with it.
    pub(super) fn begun(mechanism: &[u8], response: Option<&[u8]>) -> Self {
        if !CLEAR
            .iter()
            .any(|known| mechanism.eq_ignore_ascii_case(known))
        {
            return Self::None;
        }
        let lines: u8 = if mechanism.eq_ignore_ascii_case(b"LOGIN") {
            2
        } else {
            1
        };
        match response {
            // `=` stands for an empty response.
            Some(response) if response != b"=" => match lines {
                1 => Self::Shown,
                _ => Self::Awaiting(1),
            },
            _ => Self::Awaiting(lines),
        }
    }

    /// A line of the client, while a login goes on: `*` gives up.
    pub(super) fn after(self, line: &[u8]) -> Self {
        match self {
            Self::Awaiting(_) if line == b"*" || line.is_empty() => Self::None,
            Self::Awaiting(1) => Self::Shown,
            Self::Awaiting(lines) => Self::Awaiting(lines.saturating_sub(1)),
            other => other,
        }
    }
}
