//! The PROXY protocol, versions 1 and 2: a header that a load balancer puts before what its client sends.

use super::form::{Fit, begins, consumed, offset};
use crate::conversation::{Conversation, Recognition, Wrapping};
use crate::cursor::Cursor;
use crate::protocol::Protocol;

const VERSION_1: &[u8] = b"PROXY ";
const VERSION_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes of a line of version 1, with its end.
const LINE_BYTES_MAX: usize = 107;

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let client = conversation.client.head();
    let end = match (begins(client, VERSION_1), begins(client, VERSION_2)) {
        (Fit::Whole, _) => line_end(client),
        (_, Fit::Whole) => header_end(client),
        (Fit::Partly, _) | (_, Fit::Partly) => None,
        (Fit::No, Fit::No) => return Recognition::NotMine,
    };
    match end {
        None => Recognition::NeedMore,
        Some(Err(Malformed)) => Recognition::NotMine,
        Some(Ok(end)) => Recognition::Wrapping(Wrapping {
            protocol: Protocol::Proxy,
            client_at: offset(end),
            server_at: 0,
            credential: None,
        }),
    }
}

struct Malformed;

fn line_end(client: &[u8]) -> Option<Result<usize, Malformed>> {
    let families: [&[u8]; 4] = [b"TCP4 ", b"TCP6 ", b"UNKNOWN\r", b"UNKNOWN "];
    let rest = client.get(VERSION_1.len()..).unwrap_or_default();
    if families
        .iter()
        .all(|family| begins(rest, family) == Fit::No)
    {
        return Some(Err(Malformed));
    }
    let mut cursor = Cursor::new(client);
    let end = cursor.line().map(|_| consumed(client, cursor.rest()));
    match end {
        Some(end) if end <= LINE_BYTES_MAX => Some(Ok(end)),
        None if client.len() < LINE_BYTES_MAX => None,
        _ => Some(Err(Malformed)),
    }
}

fn header_end(client: &[u8]) -> Option<Result<usize, Malformed>> {
    let mut cursor = Cursor::new(client.get(VERSION_2.len()..).unwrap_or_default());
    let command = cursor.u8()?;
    if !matches!(command, 0x20 | 0x21) {
        return Some(Err(Malformed));
    }
    let family = cursor.u8()?;
    if !matches!(family, 0x00 | 0x11 | 0x12 | 0x21 | 0x22 | 0x31 | 0x32) {
        return Some(Err(Malformed));
    }
    let length = cursor.u16()?;
    let end = VERSION_2
        .len()
        .saturating_add(4)
        .saturating_add(usize::from(length));
    Some(Ok(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_long_whether_its_end_has_come_or_not() {
        for (bytes, is_line) in [(LINE_BYTES_MAX, true), (LINE_BYTES_MAX + 1, false)] {
            let mut line = b"PROXY TCP4 ".to_vec();
            line.resize(bytes - 2, b'1');
            line.extend_from_slice(b"\r\n");
            assert_eq!(
                matches!(line_end(&line), Some(Ok(end)) if end == bytes),
                is_line
            );
            let begin = &line[..LINE_BYTES_MAX - 1];
            assert!(line_end(begin).is_none(), "its end may come");
            let without_end = line_end(&line[..bytes - 1]);
            assert_eq!(without_end.is_none(), is_line, "it is too late for its end");
        }
    }
}
