//! HTTP/2 without TLS, with prior knowledge (RFC 9113, 3.3), and gRPC in it.

use super::form::{Fit, begins};
use super::hpack;
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::credential_kind::CredentialKind;
use crate::credentials;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// What the client sends first (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Frames that are read before the first headers.
const FRAMES_MAX: usize = 16;
const FRAME_HEADERS: u8 = 1;
const FRAME_CONTINUATION: u8 = 9;
const FLAG_END_HEADERS: u8 = 4;
const FLAG_PADDED: u8 = 8;
const FLAG_PRIORITY: u8 = 32;

struct Frame<'a> {
    kind: u8,
    flags: u8,
    /// As much of it as was seen.
    payload: &'a [u8],
    is_whole: bool,
}

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let client = conversation.client.head();
    match begins(client, PREFACE) {
        Fit::No => return Recognition::NotMine,
        Fit::Partly => return Recognition::NeedMore,
        Fit::Whole => {}
    }
    let mut cursor = Cursor::new(client.get(PREFACE.len()..).unwrap_or_default());
    let mut block = Vec::new();
    let mut is_whole = false;
    for _ in 0..FRAMES_MAX {
        let Some(frame) = read_frame(&mut cursor) else {
            break;
        };
        match frame.kind {
            FRAME_HEADERS => block.extend_from_slice(fragment(&frame).unwrap_or_default()),
            FRAME_CONTINUATION => block.extend_from_slice(frame.payload),
            _ => continue,
        }
        if frame.is_whole && frame.flags & FLAG_END_HEADERS != 0 {
            is_whole = true;
            break;
        }
        if !frame.is_whole {
            break;
        }
    }
    let (protocol, credential) = read_block(&block);
    Readable::new(protocol, Confidence::High)
        .exposing(credential)
        .settled_if(is_whole)
        .into()
}

fn read_frame<'a>(cursor: &mut Cursor<'a>) -> Option<Frame<'a>> {
    let [high, middle, low, kind, flags, ..] = cursor.array::<9>()?;
    let length = usize::try_from(u32::from_be_bytes([0, high, middle, low])).ok()?;
    let present = length.min(cursor.rest().len());
    Some(Frame {
        kind,
        flags,
        payload: cursor.take(present)?,
        is_whole: present == length,
    })
}

/// The part of a headers frame that holds headers.
fn fragment<'a>(frame: &Frame<'a>) -> Option<&'a [u8]> {
    let mut cursor = Cursor::new(frame.payload);
    let padding = if frame.flags & FLAG_PADDED != 0 {
        usize::from(cursor.u8()?)
    } else {
        0
    };
    if frame.flags & FLAG_PRIORITY != 0 {
        cursor.skip(5)?;
    }
    let rest = cursor.rest();
    if frame.is_whole {
        rest.get(..rest.len().checked_sub(padding)?)
    } else {
        Some(rest)
    }
}

fn read_block(block: &[u8]) -> (Protocol, Option<CredentialKind>) {
    let mut protocol = Protocol::Http2;
    let mut credential = None;
    // A block that is cut gives what it has.
    let _ = hpack::headers(block, |name, value| {
        if name == b"content-type" && value.starts_with(b"application/grpc") {
            protocol = Protocol::Grpc;
        }
        credential = credential.or_else(|| credentials::http_header(name, value));
    });
    (protocol, credential)
}
