//! What holds for every connection, however its bytes come.

mod recorded;

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use recorded::Recorded;
use saker_flow_inspection::{
    Classification, Direction, Inspector, Progress, SecurityClass, Segment, Transport,
};

static RECORDED: LazyLock<Vec<Recorded>> = LazyLock::new(|| Recorded::all("").collect());

/// An owned segment.
#[derive(Clone, Debug)]
struct Piece {
    direction: Direction,
    offset: u64,
    bytes: Vec<u8>,
}

impl Piece {
    fn segment(&self) -> Segment<'_> {
        Segment {
            direction: self.direction,
            offset: self.offset,
            bytes: &self.bytes,
            sent_bytes: u32::try_from(self.bytes.len()).unwrap(),
        }
    }
}

/// The bytes of a stream, cut at these places; a datagram stays whole.
fn cut(recorded: &Recorded, cuts: &[Index]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (segment, places) in recorded.segments().zip(cuts.chunks(3).cycle()) {
        let mut places: Vec<usize> = match recorded.transport {
            Transport::Tcp if !segment.bytes.is_empty() => places
                .iter()
                .map(|place| place.index(segment.bytes.len()))
                .collect(),
            _ => Vec::new(),
        };
        places.extend([0, segment.bytes.len()]);
        places.sort_unstable();
        for ends in places.windows(2) {
            pieces.push(Piece {
                direction: segment.direction,
                offset: segment.offset + ends[0] as u64,
                bytes: segment.bytes[ends[0]..ends[1]].to_vec(),
            });
        }
    }
    pieces
}

/// Feeds all, and checks that a verdict stays once it is given.
fn feed<'a>(
    recorded: &Recorded,
    segments: impl IntoIterator<Item = Segment<'a>>,
) -> Classification {
    let mut inspector = Inspector::new(recorded.transport, recorded.server_port);
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

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn cuts_do_not_matter(which: Index, cuts in prop::collection::vec(any::<Index>(), 12)) {
        let recorded = which.get(&RECORDED);
        let pieces = cut(recorded, &cuts);
        let classification = feed(recorded, pieces.iter().map(Piece::segment));
        prop_assert_eq!(classification, recorded.classify(), "{}", recorded.name);
    }

    /// Twice, late, and in another order, as long as no more than a few gaps are open at once.
    #[test]
    fn order_does_not_matter(
        which: Index,
        cuts in prop::collection::vec(any::<Index>(), 12),
        swaps in prop::collection::vec(any::<Index>(), 0..12),
        repeated in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let recorded = which.get(&RECORDED);
        // More than is kept of a direction: which bytes are kept is up to their order.
        let is_bounded = [Direction::FromClient, Direction::FromServer].iter().all(|side| {
            let sent = recorded.sent.iter().filter(|(direction, _)| direction == side);
            sent.map(|(_, bytes)| bytes.len()).sum::<usize>() <= 4096
        });
        // Datagrams that overtake each other may hide facts.
        prop_assume!(is_bounded && recorded.transport == Transport::Tcp);
        let mut pieces = cut(recorded, &cuts);
        for place in repeated {
            let piece = place.get(&pieces).clone();
            pieces.push(piece);
        }
        for pair in swaps.chunks_exact(2) {
            let (one, other) = (pair[0].index(pieces.len()), pair[1].index(pieces.len()));
            pieces.swap(one, other);
        }
        let classification = feed(recorded, pieces.iter().map(Piece::segment));
        prop_assert_eq!(classification, recorded.classify(), "{}", recorded.name);
    }

    /// Captured only in part: nothing worse than not knowing.
    #[test]
    fn captured_parts_claim_nothing_else(which: Index, kept in 1_usize..400) {
        let recorded = which.get(&RECORDED);
        let whole = recorded.classify();
        let segments = recorded.segments().map(|segment| Segment {
            bytes: &segment.bytes[..kept.min(segment.bytes.len())],
            ..segment
        });
        let classification = feed(recorded, segments);
        let fits = match classification.class {
            SecurityClass::Opaque | SecurityClass::Tls => true,
            class => class == whole.class,
        };
        let is_upgrade = whole.class == SecurityClass::Upgraded;
        prop_assert!(fits || is_upgrade, "{} {:?}", recorded.name, classification);
    }

    #[test]
    fn any_bytes_are_taken(
        is_stream: bool,
        server_port: u16,
        segments in prop::collection::vec(
            (any::<bool>(), 0_u64..300, prop::collection::vec(any::<u8>(), 0..200), 0_u32..300),
            0..40,
        ),
    ) {
        let transport = if is_stream { Transport::Tcp } else { Transport::Udp };
        let mut inspector = Inspector::new(transport, server_port);
        for (is_client, offset, bytes, sent_bytes) in &segments {
            inspector.feed(Segment {
                direction: if *is_client { Direction::FromClient } else { Direction::FromServer },
                offset: *offset,
                bytes,
                sent_bytes: *sent_bytes,
            });
        }
        prop_assert_ne!(inspector.classification().class, SecurityClass::Preexisting);
    }
}
