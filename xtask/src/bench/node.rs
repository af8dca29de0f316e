//! The agent's memory on a full node of a large cluster: a test of the package of kernel tests, which
//! starts containerd with 1,000 containers and an API server with 10,000 pods.

use std::path::Path;

use anyhow::{Result, bail};

use super::Bench;
use crate::command;
use crate::programs;
use crate::progress;
use crate::test::{CONTAINERS, KERNEL_TESTS};
use crate::workspace::Workspace;

/// The file of tests, which has one.
pub(crate) const TEST: &str = "node";

/// What its table is called.
const HEADER: &str = "| known | resident memory |\n|---|---|\n";

/// Runs the test as often as is wanted, and returns the table.
pub(super) fn run(workspace: &Workspace, bench: &Bench<'_>) -> Result<String> {
    programs::require(CONTAINERS)?;
    let mut table = HEADER.to_owned();
    for run in 1..=bench.plan.runs {
        progress::heading(&format!("node, run {run} of {}", bench.plan.runs));
        table.push_str(&row(workspace, bench.binary)?);
    }
    Ok(table)
}

fn row(workspace: &Workspace, binary: &Path) -> Result<String> {
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        .env("SAKER_BINARY", binary)
        .args(["test", "--package", KERNEL_TESTS, "--test", TEST])
        .args(["--", "--ignored", "--nocapture"]);
    let said = command::capture(&mut cargo)?;
    // What a test prints may begin in the line that names it.
    let row = said
        .lines()
        .find_map(|line| line.find("| ").map(|at| &line[at..]));
    match row {
        Some(row) => Ok(format!("{row}\n")),
        None => bail!("the test `{TEST}` told no figures:\n{said}"),
    }
}
