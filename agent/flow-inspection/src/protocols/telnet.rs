//! Telnet (RFC 854): the sides begin by negotiating options. What is typed afterwards is not read.

use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition};
use crate::protocol::Protocol;

const COMMAND: u8 = 0xFF;
/// Negotiations that must be seen at the begin of a side.
const NEGOTIATIONS_MIN: usize = 2;
/// Options up to which they are registered, and those of clients that extend them.
const OPTION_MAX: u8 = 49;

enum Begin {
    Other,
    Partial,
    Negotiates,
}

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let sides = [conversation.client.head(), conversation.server.head()].map(begin);
    let confidence = if conversation.server_port == 23 {
        Confidence::High
    } else {
        Confidence::Medium
    };
    match sides {
        [Begin::Negotiates, _] | [_, Begin::Negotiates] => {
            Readable::new(Protocol::Telnet, confidence).into()
        }
        [Begin::Other, Begin::Other] => Recognition::NotMine,
        _ => Recognition::NeedMore,
    }
}

fn begin(bytes: &[u8]) -> Begin {
    for index in 0..NEGOTIATIONS_MIN {
        let rest = bytes.get(index.saturating_mul(3)..).unwrap_or_default();
        let is_form = rest.first().is_none_or(|byte| *byte == COMMAND)
            // Will, won't, do, don't.
            && rest.get(1).is_none_or(|verb| (0xFB..=0xFE).contains(verb))
            && rest.get(2).is_none_or(|option| *option <= OPTION_MAX);
        if !is_form {
            return Begin::Other;
        }
        if rest.len() < 3 {
            return Begin::Partial;
        }
    }
    Begin::Negotiates
}
