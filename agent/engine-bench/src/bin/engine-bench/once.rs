//! `once`: one set, one pass, and the memory that both take.

use std::fs;

use anyhow::{Context, Result};
use saker_engine_bench::{Node, Shape, Stream};
use saker_rule_engine::{Evaluation, Indexing};
use serde::Serialize;

use crate::OnceArguments;
use crate::measure::play_with_rules;
use crate::rule_set::{SetName, check, compile, enabled};

/// What one pass tells.
#[derive(Debug, Serialize)]
pub(crate) struct Pass {
    pub(crate) set: SetName,
    /// Rules that are not disabled.
    pub(crate) rules: usize,
    pub(crate) events: usize,
    pub(crate) matches: usize,
    /// Peak of resident memory until the rules were ready.
    pub(crate) peak_loaded_kib: u64,
    /// Peak of resident memory at the end.
    pub(crate) peak_kib: u64,
}

/// Loads and plays. No clock is read: under valgrind that of a thread does not exist.
pub(crate) fn measure(arguments: &OnceArguments) -> Result<Pass> {
    let rules = compile(&check(&arguments.set.sources()?)?, Indexing::Indexed)?;
    let peak_loaded_kib = peak_kib()?;
    let mut stream = Stream::new(&Shape::default());
    let mut node = Node::new(&stream)?;
    let mut evaluation = Evaluation::new();
    let mut matches = 0;
    let mut left = arguments.events;
    while left > 0 {
        // The whole batch is made even when not all of it is played.
        let records: Vec<Vec<u8>> = stream.by_ref().take(arguments.batch.get()).collect();
        let played = records.get(..left).unwrap_or(&records);
        matches += play_with_rules(&mut node, played, &rules, &mut evaluation)?;
        left -= played.len();
    }
    Ok(Pass {
        set: arguments.set,
        rules: enabled(&rules),
        events: arguments.events,
        matches,
        peak_loaded_kib,
        peak_kib: peak_kib()?,
    })
}

/// Peak of resident memory of this process so far.
pub(crate) fn peak_kib() -> Result<u64> {
    let status =
        fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    parse_peak(&status).context("/proc/self/status has no VmHWM")
}

fn parse_peak(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn the_peak_is_read() {
        let status = "VmPeak:\t  9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(parse_peak(status), Some(1234));
        assert_eq!(parse_peak("VmRSS:\t 1 kB\n"), None);
    }

    #[test]
    fn as_many_events_are_played_as_asked_for_whatever_the_batch() {
        let pass = |batch| {
            measure(&OnceArguments {
                set: SetName::Shipped,
                events: 2_500,
                batch: NonZeroUsize::new(batch).unwrap(),
            })
            .unwrap()
        };
        let (small, large) = (pass(1_000), pass(5_000));
        assert_eq!((small.events, small.matches), (large.events, large.matches));
        assert!(small.peak_kib >= small.peak_loaded_kib && small.peak_loaded_kib > 0);
    }
}
