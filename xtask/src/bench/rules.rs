//! `bench rules`: what rules take on a generated stream, without a kernel and without an agent.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::command;
use crate::progress;
use crate::workspace::Workspace;

const PACKAGE: &str = "saker-engine-bench";
const BINARY: &str = "engine-bench";
/// Events of the two runs whose instructions are subtracted.
const COUNTED_EVENTS: (u32, u32) = (10_000, 30_000);

/// How much is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) rounds: u32,
    pub(super) events: u32,
}

/// What `engine-bench once --output json` tells.
#[derive(Debug, Deserialize)]
struct Pass {
    rules: u32,
    peak_kib: u64,
    peak_loaded_kib: u64,
}

/// What `engine-bench times --output json` tells, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct Measured {
    sets: Vec<MeasuredSet>,
}

#[derive(Debug, Deserialize)]
struct MeasuredSet {
    set: String,
}

/// Builds the program as it is measured, and returns its path.
pub(super) fn build(workspace: &Workspace) -> Result<PathBuf> {
    progress::heading("building the benchmark of the rules");
    command::run(command::cargo().current_dir(workspace.root()).args([
        "build",
        "--release",
        "--package",
        PACKAGE,
    ]))?;
    Ok(workspace.cargo_target()?.join("release").join(BINARY))
}

/// Measures and returns the tables.
pub(super) fn run(binary: &Path, plan: Plan) -> Result<String> {
    progress::heading("rules");
    let sets = sets_there(binary)?;
    let rounds = plan.rounds.to_string();
    let events = plan.events.to_string();
    let amount = ["--rounds", &rounds, "--events", &events];
    let times = engine_bench(binary, &[&["times"], &amount[..]].concat())?;
    let by_type = engine_bench(binary, &[&["times", "--by-type"], &amount[..]].concat())?;
    let linear = engine_bench(binary, &[&["times", "--linear"], &amount[..]].concat())?;
    let resources = resources(binary, &sets, &events)?;
    Ok(format!(
        "{times}\n#### Memory and instructions\n\n{resources}\n#### By type of event\n\n{by_type}\n\
         #### Against a linear scan\n\n{linear}"
    ))
}

/// Measures reading of what is known of containers and pods, and returns the table.
pub(super) fn facts(binary: &Path, rounds: u32) -> Result<String> {
    progress::heading("facts");
    engine_bench(binary, &["facts", "--rounds", &rounds.to_string()])
}

/// The sets that can be measured here; `engine-bench` says which cannot, and why.
fn sets_there(binary: &Path) -> Result<Vec<String>> {
    let few = ["times", "--rounds", "1", "--events", "1000"];
    let text = engine_bench(binary, &[&few[..], &["--output", "json"]].concat())?;
    let measured: Measured = serde_json::from_str(&text).context("the sets that are there")?;
    Ok(measured.sets.into_iter().map(|set| set.set).collect())
}

fn resources(binary: &Path, sets: &[String], events: &str) -> Result<String> {
    let valgrind = command::find_on_path("valgrind");
    if valgrind.is_none() {
        progress::note(
            "instructions are not counted: valgrind is not on PATH (on Debian: apt install valgrind)",
        );
    }
    let mut table = String::from(
        "| rule set | rules | peak RSS until the rules were ready | peak RSS | instructions/event |\n\
         |---|---|---|---|---|\n",
    );
    for set in sets {
        progress::detail(&format!("memory and instructions of {set}"));
        let once = ["once", "--set", set, "--events", events];
        let text = engine_bench(binary, &[&once[..], &["--output", "json"]].concat())?;
        let pass: Pass = serde_json::from_str(&text).context("what one pass tells")?;
        let instructions = match &valgrind {
            Some(valgrind) => format!("{:.0}", instructions(valgrind, binary, set)?),
            None => "not counted".to_owned(),
        };
        table.push_str(&row(set, &pass, &instructions));
    }
    Ok(table)
}

fn row(set: &str, pass: &Pass, instructions: &str) -> String {
    let mebibytes = |kib: u64| kib as f64 / 1024.0;
    format!(
        "| {set} | {} | {:.1} MiB | {:.1} MiB | {instructions} |\n",
        pass.rules,
        mebibytes(pass.peak_loaded_kib),
        mebibytes(pass.peak_kib),
    )
}

/// Instructions per event: of two runs that load the same and make the same records, and play
/// different numbers of them.
fn instructions(valgrind: &Path, binary: &Path, set: &str) -> Result<f64> {
    let (few, many) = COUNTED_EVENTS;
    let counted = |events: u32| -> Result<u64> {
        let output = command::capture_stderr(
            Command::new(valgrind)
                .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
                .arg(binary)
                .args(["once", "--set", set])
                .args(["--batch", &many.to_string()])
                .args(["--events", &events.to_string()]),
        )?;
        parse_collected(&output).context("callgrind told no count")
    };
    let more = counted(many)?.saturating_sub(counted(few)?);
    Ok(more as f64 / f64::from(many - few))
}

/// The count in `==42== Collected : 123456`.
fn parse_collected(output: &str) -> Option<u64> {
    output.lines().find_map(|line| {
        let (_, count) = line.split_once("Collected : ")?;
        count.trim().parse().ok()
    })
}

/// What the program prints.
pub(super) fn engine_bench(binary: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(binary);
    command.args(arguments);
    // What is missing and which round it is goes to standard error.
    command.stderr(std::process::Stdio::inherit());
    command::capture(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_callgrind_is_read() {
        let output = "==7== \n==7== Events    : Ir\n==7== Collected : 1234567\n==7==\n";
        assert_eq!(parse_collected(output), Some(1_234_567));
        assert_eq!(parse_collected("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn a_pass_makes_a_row() {
        let json = r#"{"set": "stable", "rules": 25, "events": 1, "matches": 0,
            "peak_loaded_kib": 2048, "peak_kib": 3072}"#;
        assert_eq!(
            row("stable", &serde_json::from_str(json).unwrap(), "812"),
            "| stable | 25 | 2.0 MiB | 3.0 MiB | 812 |\n"
        );
    }
}
