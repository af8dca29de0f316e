//! DNS messages: who asks for which name, and which addresses an answer gives it.
//!
//! The parser is our own because libraries read a message whole or not at all, and a message may be cut
//! where the capture ends. Everything that decides how long it takes is bounded: [`ANSWERS_MAX`] records,
//! 255 bytes a name (RFC 1035, 2.3.4) and [`POINTERS_MAX`] compression pointers, each of which must point
//! backwards.

use crate::cursor::Cursor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Answers of a message that are read; the others are left out.
pub const ANSWERS_MAX: usize = 32;
/// Compression pointers that are followed in one name.
const POINTERS_MAX: usize = 16;
/// Bytes of a name on the wire (RFC 1035, 2.3.4).
const NAME_BYTES_MAX: usize = 255;
/// The class of the internet.
const CLASS_INTERNET: u16 = 1;
const TYPE_A: u16 = 1;
const TYPE_CNAME: u16 = 5;
const TYPE_AAAA: u16 = 28;

/// A DNS message, as far as rules read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsMessage {
    /// Its id.
    pub id: u16,
    /// Whether it is an answer.
    pub is_response: bool,
    /// Response code of an answer, 0 to 15 (RFC 1035 and later).
    pub response_code: Option<u16>,
    /// The name that is asked for, lower case, without the last dot (empty for the root). Bytes that are not
    /// printable ASCII, dots inside a label and backslashes are written `\DDD` (RFC 1035, 5.1).
    pub name: Box<str>,
    /// The type that is asked for, by number.
    pub query_type: u16,
    /// The class that is asked for, by number; 1 is the internet.
    pub query_class: u16,
    /// Answers to that name, in their order, [`ANSWERS_MAX`] at most. Records of names to which no chain of
    /// aliases leads from the question are left out: nobody asked for them, so they name nothing.
    pub answers: Box<[DnsRecord]>,
}

/// One answer of a DNS message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsRecord {
    /// An address (A, AAAA) and for how long it holds, in seconds.
    Address(IpAddr, u32),
    /// Another name (CNAME), written as [`DnsMessage::name`].
    Alias(Box<str>),
    /// A record of another type, by number.
    Other(u16),
}

impl DnsMessage {
    /// Reads the payload of a datagram, or one message of a stream without its length.
    ///
    /// `None` where it is not a query or an answer with one question: such a message asks for nothing that could
    /// be named. Answers that are cut off or malformed end the list, without an error.
    #[must_use]
    pub fn parse(message: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(message);
        let id = cursor.u16()?;
        let flags = cursor.u16()?;
        let (questions, answer_count) = (cursor.u16()?, cursor.u16()?);
        cursor.skip(4)?;
        let is_response = flags & 0x8000 != 0;
        let operation = (flags >> 11) & 0xF;
        let is_reserved_bit_set = flags & 0x0040 != 0;
        if operation != 0
            || questions != 1
            || is_reserved_bit_set
            || (!is_response && flags & 0xF != 0)
        {
            return None;
        }
        let name = read_name(message, &mut cursor)?;
        let (query_type, query_class) = (cursor.u16()?, cursor.u16()?);
        let answers = if is_response {
            read_answers(message, &mut cursor, answer_count, &name)
        } else {
            Box::default()
        };
        Some(Self {
            id,
            is_response,
            response_code: is_response.then_some(flags & 0xF),
            name,
            query_type,
            query_class,
            answers,
        })
    }
}

/// The answers that belong to `question`, following aliases in their order, as resolvers do.
fn read_answers<'a>(
    message: &'a [u8],
    cursor: &mut Cursor<'a>,
    count: u16,
    question: &str,
) -> Box<[DnsRecord]> {
    let mut answers = Vec::new();
    let mut wanted = question.into();
    for _ in 0..usize::from(count).min(ANSWERS_MAX) {
        let Some((owner, record)) = read_record(message, cursor) else {
            break;
        };
        if owner != wanted {
            continue;
        }
        if let DnsRecord::Alias(target) = &record {
            wanted.clone_from(target);
        }
        answers.push(record);
    }
    answers.into()
}

/// A record and the name that it belongs to.
fn read_record<'a>(message: &'a [u8], cursor: &mut Cursor<'a>) -> Option<(Box<str>, DnsRecord)> {
    let owner = read_name(message, cursor)?;
    let (kind, class, lifetime_s) = (cursor.u16()?, cursor.u16()?, cursor.u32()?);
    let length = cursor.u16()?;
    let mut data = *cursor;
    cursor.skip(usize::from(length))?;
    let record = match (class, kind, length) {
        (CLASS_INTERNET, TYPE_A, 4) => {
            DnsRecord::Address(Ipv4Addr::from(data.array::<4>()?).into(), lifetime_s)
        }
        (CLASS_INTERNET, TYPE_AAAA, 16) => {
            DnsRecord::Address(Ipv6Addr::from(data.array::<16>()?).into(), lifetime_s)
        }
        (CLASS_INTERNET, TYPE_CNAME, _) => DnsRecord::Alias(read_name(message, &mut data)?),
        _ => DnsRecord::Other(kind),
    };
    Some((owner, record))
}

/// The name at the cursor, which is left behind it. Pointers must lead backwards, so they cannot loop.
fn read_name<'a>(message: &'a [u8], cursor: &mut Cursor<'a>) -> Option<Box<str>> {
    let mut text = String::new();
    let mut wire_bytes = 1_usize;
    let mut pointers = 0_usize;
    let mut limit = message.len().checked_sub(cursor.rest().len())?;
    let mut jumped: Option<Cursor<'a>> = None;
    loop {
        let place = jumped.as_mut().unwrap_or(cursor);
        let length = place.u8()?;
        match length {
            0 => return Some(text.into()),
            1..=63 => {
                let label = place.take(usize::from(length))?;
                wire_bytes = wire_bytes.checked_add(label.len())?.checked_add(1)?;
                if wire_bytes > NAME_BYTES_MAX {
                    return None;
                }
                push_label(&mut text, label);
            }
            0xC0..=0xFF => {
                let target = usize::from(u16::from_be_bytes([length & 0x3F, place.u8()?]));
                pointers = pointers.checked_add(1)?;
                if pointers > POINTERS_MAX || target >= limit {
                    return None;
                }
                limit = target;
                jumped = Some(Cursor::new(message.get(target..)?));
            }
            // Extended label types (RFC 6891, 5): no longer in use.
            64..=0xBF => return None,
        }
    }
}

fn push_label(text: &mut String, label: &[u8]) {
    if !text.is_empty() {
        text.push('.');
    }
    for byte in label {
        if byte.is_ascii_graphic() && !matches!(byte, b'.' | b'\\') {
            text.push(char::from(byte.to_ascii_lowercase()));
        } else {
            text.push_str(&format!("\\{byte:03}"));
        }
    }
}

#[cfg(test)]
mod tests;
