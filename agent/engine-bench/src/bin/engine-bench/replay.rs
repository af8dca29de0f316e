//! `replay` and `repeat`: what captures take.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use flate2::read::MultiGzDecoder;
use saker_capture_file::scap::{Reader, Record, repeat_events};
use saker_capture_replay::{Options, Replay};
use saker_rule_engine::{Evaluation, Indexing, RuleSet};
use serde::Serialize;

use crate::clock::timed;
use crate::once::peak_kib;
use crate::rule_set::{SetName, check, compile, enabled};
use crate::series::Series;
use crate::{RepeatArguments, ReplayArguments};

/// Events of one round, at least.
const ROUND_EVENTS_MIN: u64 = 500_000;

/// What a compressed file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a capture takes, times in nanoseconds of CPU per event that it holds.
#[derive(Debug, Serialize)]
pub(crate) struct Replayed {
    pub(crate) set: SetName,
    /// Rules that are not disabled.
    pub(crate) rules: usize,
    /// Events of the capture.
    pub(crate) events: u64,
    /// Those that rules see.
    pub(crate) shown: u64,
    pub(crate) matches: u64,
    pub(crate) rounds: usize,
    /// Only the blocks are read.
    pub(crate) blocks_ns: Series,
    /// With conversion of old events, threads and descriptors.
    pub(crate) state_ns: Series,
    /// With rules.
    pub(crate) rules_ns: Series,
    /// Peak of resident memory after the first pass with rules.
    pub(crate) peak_first_kib: u64,
    /// Peak of resident memory at the end.
    pub(crate) peak_kib: u64,
}

/// Plays a capture.
pub(crate) fn measure(arguments: &ReplayArguments) -> Result<Replayed> {
    let capture = arguments.capture.as_path();
    let rules = compile(&check(&arguments.set.sources()?)?, Indexing::Indexed)?;
    let mut evaluation = Evaluation::new();
    // The first pass brings everything into its caches and does not count.
    let (shown, matches) = play_with_rules(capture, &rules, &mut evaluation)?;
    let peak_first_kib = peak_kib()?;
    let events = read_blocks(capture)?;
    ensure!(events > 0, "{} has no events", capture.display());
    let passes = ROUND_EVENTS_MIN.div_ceil(events);
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds.get() {
        eprintln!("round {round} of {}", arguments.rounds);
        rounds.push([
            pass(passes, || read_blocks(capture).map(drop))?,
            pass(passes, || play(capture).map(drop))?,
            pass(passes, || {
                play_with_rules(capture, &rules, &mut evaluation).map(drop)
            })?,
        ]);
    }
    let series = |index: usize| {
        let total = (events * passes) as f64;
        Series::new(rounds.iter().filter_map(|round| {
            let taken = round.get(index)?;
            Some(taken.as_nanos() as f64 / total)
        }))
    };
    Ok(Replayed {
        set: arguments.set,
        rules: enabled(&rules),
        events,
        shown,
        matches,
        rounds: rounds.len(),
        blocks_ns: series(0)?,
        state_ns: series(1)?,
        rules_ns: series(2)?,
        peak_first_kib,
        peak_kib: peak_kib()?,
    })
}

fn pass(passes: u64, mut play: impl FnMut() -> Result<()>) -> Result<Duration> {
    let (taken, played) = timed(|| (0..passes).try_for_each(|_| play()));
    played?;
    Ok(taken)
}

/// The number of events.
fn read_blocks(capture: &Path) -> Result<u64> {
    let mut reader = Reader::open(capture)?;
    let mut events = 0;
    while let Some(record) = reader.next_record()? {
        if let Record::Event { event, .. } = record {
            std::hint::black_box(&event);
            events += 1;
        }
    }
    Ok(events)
}

/// The number of events that are shown.
fn play(capture: &Path) -> Result<u64> {
    let mut replay = Replay::open(capture, &Options::default())?;
    let mut shown = 0;
    while let Some(number) = replay.next(|context| context.number())? {
        std::hint::black_box(number);
        shown += 1;
    }
    Ok(shown)
}

/// The numbers of events that are shown and of matches.
fn play_with_rules(
    capture: &Path,
    rules: &RuleSet,
    evaluation: &mut Evaluation,
) -> Result<(u64, u64)> {
    let mut replay = Replay::open(capture, &Options::default())?;
    let (mut shown, mut matches) = (0, 0);
    while let Some(found) = replay.next(|context| {
        let event = rules.event(context);
        rules.evaluate(&event, evaluation).len()
    })? {
        shown += 1;
        matches += found as u64;
    }
    Ok((shown, matches))
}

/// Makes a long capture.
pub(crate) fn repeat(arguments: &RepeatArguments) -> Result<String> {
    let (from, to) = (&arguments.from, &arguments.to);
    let mut bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if bytes.starts_with(&GZIP) {
        let mut content = Vec::new();
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut content)
            .with_context(|| format!("cannot uncompress {}", from.display()))?;
        bytes = content;
    }
    let file = File::create(to).with_context(|| format!("cannot write {}", to.display()))?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    let written = repeat_events(&bytes, arguments.events, &mut file)
        .and_then(|written| file.flush().map(|()| written))
        .with_context(|| format!("cannot repeat {} into {}", from.display(), to.display()))?;
    Ok(format!(
        "{}: {} events, {:.1} MiB",
        to.display(),
        arguments.events,
        written as f64 / f64::from(1 << 20)
    ))
}
