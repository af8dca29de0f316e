//! The time to classify a connection, from its first byte to the verdict.

use anyhow::{Context, Result};

use crate::command;
use crate::progress;
use crate::workspace::Workspace;

/// Builds the program that measures it on recorded connections, and returns its table.
pub(super) fn run(workspace: &Workspace) -> Result<String> {
    progress::heading("classification of connections");
    let output = command::capture(command::cargo().current_dir(workspace.root()).args([
        "run",
        "--release",
        "--package",
        "saker-flow-inspection",
        "--example",
        "inspection-bench",
    ]))?;
    table(&output)
}

/// Lines of the program are nanoseconds and a name.
fn table(output: &str) -> Result<String> {
    let mut table = "| connection | to the verdict |\n|---|---|\n".to_owned();
    for line in output.lines() {
        let (ns, name) = line
            .trim()
            .split_once(' ')
            .with_context(|| format!("cannot read {line:?}"))?;
        let ns: u64 = ns
            .parse()
            .with_context(|| format!("cannot read {line:?}"))?;
        table.push_str(&format!("| {name} | {ns} ns |\n"));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_row() {
        let read = table("    9935 tls13-alpn\n   19336 median\n").unwrap();
        assert!(read.ends_with("|---|---|\n| tls13-alpn | 9935 ns |\n| median | 19336 ns |\n"));
        assert!(table("tls13-alpn\n").is_err());
    }
}
