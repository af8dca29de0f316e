//! What the order of the recognisers relies on, for each of them alone.

use super::STREAM;
use crate::capture::{Boundaries, Capture};
use crate::conversation::{Conversation, Readable, Recognise, Recognition, Settled, Wanted};
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::Path;
use std::sync::LazyLock;

/// A byte and whether the server sent it.
type Sent = (bool, u8);

/// The streams of the fuzz target's corpus.
static SEEDS: LazyLock<Vec<Vec<Sent>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/flow");
    std::fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a seed"))
        .filter(|seed| seed.first() == Some(&0))
        .map(|seed| {
            let mut sent = Vec::new();
            let mut rest = seed.get(3..).expect("a port");
            while let Some(([flags, high, low], after)) = rest.split_first_chunk() {
                let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
                let (bytes, after) = after.split_at(length);
                sent.extend(bytes.iter().map(|byte| (flags & 1 == 1, *byte)));
                rest = after;
            }
            sent
        })
        .collect()
});

fn is_final(recognition: &Recognition) -> bool {
    matches!(
        recognition,
        Recognition::NotMine
            | Recognition::Tunnel(..)
            | Recognition::Readable(Readable {
                settled: Settled::Yes,
                ..
            })
    )
}

/// Feeds byte by byte; an answer that is final must stay.
fn check(recognise: Recognise, index: usize, sent: &[Sent]) -> Result<(), TestCaseError> {
    let mut captures = [
        Capture::new(Boundaries::Joined),
        Capture::new(Boundaries::Joined),
    ];
    let mut offsets = [0_u64; 2];
    let mut last: Option<Recognition> = None;
    for (count, (is_server, byte)) in sent.iter().enumerate() {
        let side = usize::from(*is_server);
        captures[side].insert(offsets[side], &[*byte], 1);
        offsets[side] += 1;
        let found = recognise(&Conversation {
            client: captures[0].stream(),
            server: captures[1].stream(),
            server_port: 4321,
            wanted: Wanted::Settled,
        });
        if let Some(last) = &last {
            prop_assert_eq!(&found, last, "recogniser {} after {} bytes", index, count);
        } else if is_final(&found) {
            last = Some(found);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(60, |cases| cases.parse().expect("a number")),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn final_answers_stay(
        which: Index,
        changes in prop::collection::vec((any::<Index>(), any::<u8>(), 0_u8..4), 0..4),
        order in 0_u8..3,
    ) {
        let mut sent = which.get(&SEEDS).clone();
        // What decides is at the begin.
        sent.truncate(700);
        for (place, byte, change) in &changes {
            let index = place.index(sent.len());
            match change {
                0 => sent[index].1 = *byte,
                1 => sent[index].1 ^= 1 << (byte % 8),
                2 => drop(sent.remove(index)),
                _ => sent.insert(index, (sent[index].0, *byte)),
            }
        }
        match order {
            0 => {}
            1 => sent.sort_by_key(|(is_server, _)| *is_server),
            _ => sent.sort_by_key(|(is_server, _)| !is_server),
        }
        for (index, recognise) in STREAM.iter().enumerate() {
            check(*recognise, index, &sent)?;
        }
    }
}
