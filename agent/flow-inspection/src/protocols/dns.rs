//! DNS over a stream (RFC 7766) and in datagrams.

use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::cursor::Cursor;
use crate::dns::DnsMessage;
use crate::protocol::Protocol;

const PORTS: [u16; 2] = [53, 5353];
/// Bytes of a header and the shortest question.
const QUERY_BYTES_MIN: usize = 17;
/// Bytes of a query: name, type, class, and options.
const QUERY_BYTES_MAX: usize = 1024;

/// Messages with their length before them.
pub(super) fn recognise_stream(conversation: &Conversation<'_>) -> Recognition {
    let client = conversation.client.head();
    if client.len() >= 2 {
        let length = read_length(client);
        if !(QUERY_BYTES_MIN..=QUERY_BYTES_MAX).contains(&length) {
            return Recognition::NotMine;
        }
    }
    // An operation other than a query, or an answer; one question.
    let is_question = client.get(4).is_none_or(|flags| flags & 0xF8 == 0)
        && client.get(6).is_none_or(|high| *high == 0)
        && client.get(7).is_none_or(|low| *low == 1);
    if !is_question {
        return Recognition::NotMine;
    }
    let Some(message) = read_framed(client) else {
        return Recognition::NeedMore;
    };
    let Some(query) = DnsMessage::parse(message).filter(|query| !query.is_response) else {
        return Recognition::NotMine;
    };
    let server = conversation.server.head();
    let answer = server.get(2..).and_then(|server| Cursor::new(server).u32());
    judge(conversation, &query, answer)
}

/// One message a datagram.
pub(super) fn recognise_datagram(conversation: &Conversation<'_>) -> Recognition {
    let Some(message) = conversation.client.datagrams().next() else {
        return Recognition::NeedMore;
    };
    let Some(query) = DnsMessage::parse(message.bytes) else {
        return Recognition::NotMine;
    };
    let answer = conversation
        .server
        .datagrams()
        .next()
        .and_then(|answer| Cursor::new(answer.bytes).u32());
    judge(conversation, &query, answer)
}

/// The answer has the query's id.
fn judge(conversation: &Conversation<'_>, query: &DnsMessage, answer: Option<u32>) -> Recognition {
    let is_port = PORTS.contains(&conversation.server_port);
    let is_answered = answer.map(|begin| begin >> 16 == u32::from(query.id) && begin & 0x8000 != 0);
    let readable = |confidence| Readable::new(Protocol::Dns, confidence);
    match is_answered {
        Some(true) => readable(Confidence::High).into(),
        Some(false) if is_port => readable(Confidence::Medium).into(),
        Some(false) => Recognition::NotMine,
        None if is_port => readable(Confidence::Medium).unsettled().into(),
        None => readable(Confidence::Low).unsettled().into(),
    }
}

fn read_length(bytes: &[u8]) -> usize {
    Cursor::new(bytes).u16().map_or(0, usize::from)
}

fn read_framed(bytes: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(bytes);
    let length = cursor.u16()?;
    cursor.take(usize::from(length))
}
