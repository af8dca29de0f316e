//! `conformance`: Falco's cases of the rule language, run by a program of its own.

use std::ffi::OsString;

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

/// The package whose program runs the cases.
const SUITE: &str = "saker-conformance-suite";

/// Builds the suite and runs it; fails when a case does.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    command::run(
        command::cargo()
            .current_dir(workspace.root())
            .args(["run", "--quiet", "--package", SUITE, "--"])
            .args(arguments),
    )
}
