//! Time to classify a connection: each recorded one, as often as fits into some time, on one core.
//!
//! `cargo run --release -p saker-flow-inspection --example inspection-bench -- [FOLDER]` prints a line for each:
//! nanoseconds from the first byte to the verdict (the median of many rounds), and the name of the recording.
//! The last line, `median`, is the median of all.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use saker_flow_inspection::{Direction, Inspector, Segment, Transport};

/// Time for each recording.
const ROUNDS_TIME: Duration = Duration::from_millis(100);

/// Connections between two looks at the clock.
const ROUND: u32 = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/flow"),
        PathBuf::from,
    );
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        // What the fuzzer found is no connection.
        if !entry.file_name().to_string_lossy().starts_with("found-") {
            names.push(entry.path());
        }
    }
    names.sort();
    let mut all = Vec::new();
    for path in names {
        let bytes = fs::read(&path)?;
        let ns = measure(&bytes).ok_or_else(|| format!("{} is too short", path.display()))?;
        println!("{ns:>8} {}", path.file_name().unwrap_or_default().display());
        all.push(ns);
    }
    println!("{:>8} median", median(&mut all));
    Ok(())
}

fn measure(bytes: &[u8]) -> Option<u128> {
    let mut rounds = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < ROUNDS_TIME {
        let round = Instant::now();
        for _ in 0..ROUND {
            classify(black_box(bytes))?;
        }
        rounds.push(round.elapsed().as_nanos() / u128::from(ROUND));
    }
    Some(median(&mut rounds))
}

/// Classifies a recording; `fuzz/src/conversation.rs` tells its form.
fn classify(bytes: &[u8]) -> Option<()> {
    let ([flags, high, low], mut rest) = bytes.split_first_chunk()?;
    let transport = match flags & 1 {
        0 => Transport::Tcp,
        _ => Transport::Udp,
    };
    let mut inspector = Inspector::new(transport, u16::from_be_bytes([*high, *low]));
    let mut sent = [0_u64; 2];
    while let Some(([from, high, low], after)) = rest.split_first_chunk() {
        let length = u16::from_be_bytes([*high, *low]);
        let (payload, after) = after.split_at_checked(usize::from(length))?;
        let [client, server] = &mut sent;
        let (direction, sent) = match from {
            0 => (Direction::FromClient, client),
            _ => (Direction::FromServer, server),
        };
        inspector.feed(Segment {
            direction,
            offset: *sent,
            bytes: payload,
            sent_bytes: length.into(),
        });
        *sent = sent.checked_add(length.into())?;
        rest = after;
    }
    black_box(inspector.classification());
    Some(())
}

fn median(values: &mut [u128]) -> u128 {
    values.sort_unstable();
    let middle = values.len().checked_div(2).unwrap_or(0);
    values.get(middle).copied().unwrap_or(0)
}
