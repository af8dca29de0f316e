//! The begin of any connection: whatever was sent, the verdict does not depend on how it was cut or on which
//! side's bytes were seen first, and it stays what it is once it was given.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_flow_inspection::{
    Classification, Direction, DnsMessage, Inspector, Progress, SecurityClass, Segment, Transport,
};
use saker_fuzz::conversation::Conversation;

fuzz_target!(|bytes: &[u8]| {
    let Some(conversation) = Conversation::read(bytes) else {
        return;
    };
    let whole = classify(&conversation, conversation.segments.iter().copied());
    check(&whole);
    let of = |direction| {
        conversation
            .segments
            .iter()
            .copied()
            .filter(move |segment| segment.direction == direction)
    };
    let (client, server) = (Direction::FromClient, Direction::FromServer);
    let by_side = classify(&conversation, of(client).chain(of(server)));
    assert_eq!(whole, by_side, "the server's bytes after the client's");
    let by_other_side = classify(&conversation, of(server).chain(of(client)));
    assert_eq!(
        whole, by_other_side,
        "the client's bytes after the server's"
    );
    match conversation.transport {
        Transport::Tcp => {
            let pieces = conversation.segments.iter().flat_map(single_bytes);
            let pieces = classify(&conversation, pieces);
            assert_eq!(whole, pieces, "one byte at a time");
        }
        Transport::Udp => {
            for segment in &conversation.segments {
                drop(DnsMessage::parse(segment.bytes));
            }
        }
    }
});

/// What rules may rely on.
fn check(classification: &Classification) {
    let tls = classification.tls.as_deref();
    match classification.class {
        SecurityClass::MeshMtls | SecurityClass::Mtls | SecurityClass::Tls => {
            assert!(tls.is_some());
        }
        SecurityClass::Plaintext | SecurityClass::Tunnel => assert!(tls.is_none()),
        SecurityClass::Preexisting => panic!("the inspector saw the begin"),
        SecurityClass::Upgraded | SecurityClass::Opaque => {}
    }
    let Some(tls) = tls else { return };
    let names = tls.server_name.iter().chain(&tls.alpn_offered);
    for name in names.chain(&tls.alpn_chosen) {
        assert!(!name.chars().any(char::is_control));
    }
}

/// Feeds segments until there is a verdict, and checks that it stays.
fn classify<'a>(
    conversation: &Conversation<'_>,
    segments: impl Iterator<Item = Segment<'a>>,
) -> Classification {
    let mut inspector = Inspector::new(conversation.transport, conversation.server_port);
    let mut decided: Option<Classification> = None;
    for segment in segments {
        let progress = inspector.feed(segment);
        if let Some(decided) = &decided {
            assert_eq!(progress, Progress::Decided);
            assert_eq!(*decided, inspector.classification());
        } else if progress == Progress::Decided {
            decided = Some(inspector.classification());
        }
    }
    inspector.classification()
}

fn single_bytes<'a>(segment: &Segment<'a>) -> Vec<Segment<'a>> {
    let count = segment.bytes.len();
    let missing = segment.sent_bytes - count as u32;
    let byte = |index: usize| Segment {
        direction: segment.direction,
        offset: segment.offset + index as u64,
        bytes: &segment.bytes[index..=index],
        sent_bytes: if index + 1 == count { 1 + missing } else { 1 },
    };
    (0..count).map(byte).collect()
}
