//! `bench replay`: what captures take, as they are and as long ones, without a kernel and an agent.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Scratch;
use super::rules::engine_bench;
use crate::progress;
use crate::workspace::Workspace;

/// Captures of Falco's own tests: the one with the most events, of which nearly all tell of the load
/// of processors, and the one with the most system calls.
const CAPTURES: [&str; 2] = ["single_ipv6_conn", "curl_google"];

/// How much is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) rounds: u32,
    /// Events of a long capture.
    pub(super) events: u32,
}

/// What `engine-bench replay --output json` tells.
#[derive(Debug, Deserialize)]
struct Replayed {
    events: u64,
    shown: u64,
    matches: u64,
    blocks_ns: Figures,
    state_ns: Figures,
    rules_ns: Figures,
    peak_first_kib: u64,
    peak_kib: u64,
}

#[derive(Debug, Deserialize)]
struct Figures {
    median: f64,
    min: f64,
    max: f64,
}

/// Measures and returns the table; nothing where there are no captures.
pub(super) fn run(workspace: &Workspace, binary: &Path, plan: Plan) -> Result<Option<String>> {
    let folder = workspace.conformance_data().join("scap");
    if !folder.is_dir() {
        progress::note(&format!(
            "replay is not measured: there are no captures at {} (set SAKER_CONFORMANCE)",
            folder.display()
        ));
        return Ok(None);
    }
    progress::heading("replay");
    let scratch = Scratch::create(workspace)?;
    let long = scratch.0.join("long.scap");
    let mut table = String::from(
        "| capture | events | shown to rules | matches | blocks alone | with conversion and state | \
         with Falco's stable rules | events/s | peak RSS after one pass | peak RSS |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for name in CAPTURES {
        let capture = folder.join(name).with_extension("scap");
        table.push_str(&row(name, &replay(binary, &capture, plan)?));
        let (from, to) = (text(&capture)?, text(&long)?);
        let events = plan.events.to_string();
        engine_bench(binary, &["repeat", from, to, "--events", &events])?;
        let repeated = format!("{name}, repeated");
        table.push_str(&row(&repeated, &replay(binary, &long, plan)?));
    }
    Ok(Some(table))
}

fn replay(binary: &Path, capture: &Path, plan: Plan) -> Result<Replayed> {
    progress::detail(&capture.display().to_string());
    let rounds = plan.rounds.to_string();
    let arguments = ["replay", text(capture)?, "--set", "stable", "--rounds"];
    let output = engine_bench(
        binary,
        &[&arguments, &[&*rounds, "--output", "json"][..]].concat(),
    )?;
    serde_json::from_str(&output).context("what a replay takes")
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))
}

fn row(name: &str, replayed: &Replayed) -> String {
    let mebibytes = |kib: u64| kib as f64 / 1024.0;
    let per_event = |figures: &Figures| {
        let Figures { median, min, max } = figures;
        format!("{median:.0} ns ({min:.0}–{max:.0})")
    };
    let rate = |per_event_ns: f64| 1e3 / per_event_ns;
    let Figures { median, min, max } = replayed.rules_ns;
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {:.2}M ({:.2}–{:.2}) | {:.1} MiB | {:.1} MiB |\n",
        replayed.events,
        replayed.shown,
        replayed.matches,
        per_event(&replayed.blocks_ns),
        per_event(&replayed.state_ns),
        per_event(&replayed.rules_ns),
        rate(median),
        rate(max),
        rate(min),
        mebibytes(replayed.peak_first_kib),
        mebibytes(replayed.peak_kib),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_makes_a_row() {
        let json = r#"{"set": "stable", "rules": 25, "events": 2000, "shown": 1900, "matches": 3,
            "rounds": 5, "blocks_ns": {"median": 40.0, "min": 39.0, "max": 45.0},
            "state_ns": {"median": 150.0, "min": 149.0, "max": 155.0},
            "rules_ns": {"median": 200.0, "min": 180.0, "max": 250.0},
            "peak_first_kib": 7168, "peak_kib": 8192}"#;
        assert_eq!(
            row("one", &serde_json::from_str(json).unwrap()),
            "| one | 2000 | 1900 | 3 | 40 ns (39–45) | 150 ns (149–155) | 200 ns (180–250) | \
             5.00M (4.00–5.56) | 7.0 MiB | 8.0 MiB |\n"
        );
    }
}
