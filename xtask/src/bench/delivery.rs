//! `bench delivery`: what the collector takes for an alert, and how long alerts are under way from the event to a
//! webhook. Agent and collector are those that are shipped, with TLS between them; the event is a file that is opened.

use std::path::Path;

use anyhow::{Context, Result};

use crate::agent::{self, Profile};
use crate::command;
use crate::progress;
use crate::workspace::Workspace;

const PACKAGE: &str = "saker-delivery-tests";
const PROGRAM: &str = "delivery-bench";

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) runs: u32,
    /// Alerts that are sent as fast as may be.
    pub(super) alerts: u32,
    /// How many a second are sent while it is measured how long each takes.
    pub(super) per_second: u32,
    /// For how long.
    pub(super) seconds: u32,
}

/// Measures and returns the tables.
pub(super) fn run(workspace: &Workspace, agent_binary: &Path, plan: Plan) -> Result<String> {
    let collector = agent::build_collector(workspace, Profile::Release)?;
    progress::heading("delivery");
    let numbers = [plan.alerts, plan.per_second, plan.seconds, plan.runs];
    let output = command::cargo()
        .current_dir(workspace.root())
        .env("SAKER_BINARY", agent_binary)
        .env("SAKER_COLLECTOR_BINARY", collector)
        .args([
            "run",
            "--quiet",
            "--package",
            PACKAGE,
            "--bin",
            PROGRAM,
            "--",
        ])
        .args(numbers.map(|number| number.to_string()))
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    anyhow::ensure!(
        output.status.success(),
        "{PROGRAM} failed ({})",
        output.status
    );
    String::from_utf8(output.stdout).context("the tables are not UTF-8")
}
