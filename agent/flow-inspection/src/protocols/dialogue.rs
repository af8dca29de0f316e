//! Commands in lines, and the replies to them.

use super::form::{consumed, find};
use super::upgrade::Answer;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// Lines of a direction that are read.
const LINES_MAX: usize = 64;

/// A line without its end.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) text: &'a [u8],
    /// Where the next line begins.
    pub(super) end: usize,
}

impl<'a> Line<'a> {
    /// Its words.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.text
            .split(|byte| *byte == b' ')
            .filter(|word| !word.is_empty())
    }
}

/// The complete lines of a direction.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut cursor = Cursor::new(bytes);
    std::iter::from_fn(move || {
        let text = cursor.line()?;
        Some(Line {
            text,
            end: consumed(bytes, cursor.rest()),
        })
    })
    .take(LINES_MAX)
}

/// A reply with a number (SMTP, FTP).
#[derive(Clone, Copy)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// Where the next reply begins.
    pub(super) end: usize,
}

impl Reply {
    /// What it says to a request for TLS, to which the server agrees by these numbers.
    pub(super) fn answers(&self, agreed: &[u16]) -> Answer {
        Answer {
            is_agreed: agreed.contains(&self.code),
            end: self.end,
        }
    }
}

/// The complete replies of a server that numbers them: `250-first`, …, `250 last`.
pub(super) fn replies(bytes: &[u8]) -> Vec<Reply> {
    let mut replies = Vec::new();
    let mut continued: Option<u16> = None;
    for line in lines(bytes) {
        let (code, is_continued) = (reply_code(line.text), line.text.get(3) == Some(&b'-'));
        match (code, continued) {
            (None, None) => break,
            (Some(code), None) if is_continued => continued = Some(code),
            (Some(code), Some(first)) if code == first && !is_continued => {
                continued = None;
                replies.push(Reply {
                    code,
                    end: line.end,
                });
            }
            (Some(code), None) => replies.push(Reply {
                code,
                end: line.end,
            }),
            (_, Some(_)) => {}
        }
    }
    replies
}

/// The number at the begin of a line, if a space, a hyphen or nothing follows.
fn reply_code(line: &[u8]) -> Option<u16> {
    let (digits, rest) = line.split_at_checked(3)?;
    let is_end = matches!(rest.first(), None | Some(b' ' | b'-'));
    if !is_end || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether a server's first bytes may be a numbered greeting, `220` or an error (`4xx`, `5xx`).
pub(super) fn may_greet(server: &[u8]) -> bool {
    let is_code = match server {
        [] | [b'2' | b'4' | b'5'] | [b'2', b'2'] => true,
        [b'2', b'2', b'0', rest @ ..] => matches!(rest, [] | [b' ' | b'-' | b'\r' | b'\n', ..]),
        [b'4' | b'5', digits @ ..] => {
            digits.iter().take(2).all(u8::is_ascii_digit)
                && digits.get(2).is_none_or(|byte| matches!(byte, b' ' | b'-'))
        }
        _ => false,
    };
    is_code && is_text(first_line(server))
}

/// A protocol in which the server greets first, by a number.
pub(super) struct Greeted {
    pub(super) protocol: Protocol,
    /// The word by which most servers name the protocol when they greet, in capitals.
    pub(super) name: &'static [u8],
    /// Commands with which its clients begin, and others' do not.
    pub(super) openings: &'static [&'static [u8]],
    /// Reads what follows.
    pub(super) walk: fn(&Conversation<'_>) -> Recognition,
}

impl Greeted {
    pub(super) fn recognise(&self, conversation: &Conversation<'_>) -> Recognition {
        let (client, server) = (conversation.client.head(), conversation.server.head());
        if !may_greet(server) {
            return Recognition::NotMine;
        }
        // The greeting's whole first line.
        if !server.contains(&b'\n') {
            return Recognition::NeedMore;
        }
        let is_named = greeting_says(server, self.name);
        let by_name = Readable::new(self.protocol, Confidence::Medium);
        if client.is_empty() {
            return match is_named {
                true => by_name.unsettled().into(),
                false => Recognition::NeedMore,
            };
        }
        match opening(client, self.openings) {
            Opening::Known => (self.walk)(conversation),
            Opening::Possible => Recognition::NeedMore,
            Opening::Other if is_named => by_name.into(),
            Opening::Other => Recognition::NotMine,
        }
    }
}

/// Whether bytes are text: no control bytes but tabs and the ends of lines.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\r' | b'\n'))
}

/// The first line, or what there is of it.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default()
}

/// Whether the first line has this word in it, whatever the case; the word is in capitals.
pub(super) fn greeting_says(server: &[u8], word: &[u8]) -> bool {
    find(&first_line(server).to_ascii_uppercase(), word).is_some()
}

/// How a client's first word fits some commands, whatever the case.
pub(super) enum Opening {
    /// It is one of them.
    Known,
    /// It may become one of them.
    Possible,
    /// It is another one.
    Other,
}

/// Looks at the first word of a line, which may have no end yet.
pub(super) fn opening(line: &[u8], commands: &[&[u8]]) -> Opening {
    let end = line
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\r' | b'\n'));
    match end.and_then(|end| line.get(..end)) {
        Some(word) => {
            if commands
                .iter()
                .any(|command| word.eq_ignore_ascii_case(command))
            {
                Opening::Known
            } else {
                Opening::Other
            }
        }
        None => {
            let fits = commands.iter().any(|command| {
                command
                    .get(..line.len())
                    .is_some_and(|begin| begin.eq_ignore_ascii_case(line))
            });
            if fits {
                Opening::Possible
            } else {
                Opening::Other
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_may_have_many_lines() {
        let replies =
            replies(b"220 hi\r\n250-a\r\n250-b\r\nfree text\r\n250 c\r\n221\r\n250-open\r\n");
        let found: Vec<_> = replies
            .iter()
            .map(|reply| (reply.code, reply.end))
            .collect();
        assert_eq!(found, [(220, 8), (250, 40), (221, 45)]);
    }

    #[test]
    fn only_numbers_greet() {
        for server in [
            &b""[..],
            b"2",
            b"22",
            b"220",
            b"220 hi",
            b"220-hi",
            b"554 no",
            b"42",
        ] {
            assert!(may_greet(server), "{server:?}");
        }
        for server in [
            &b"HTTP"[..],
            b"221",
            b"2201",
            b"220 \x01",
            b"5540",
            b"200 OK",
        ] {
            assert!(!may_greet(server), "{server:?}");
        }
    }
}
