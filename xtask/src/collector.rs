//! `saker-collector`, built.

use std::path::PathBuf;

use anyhow::Result;

use crate::agent::Profile;
use crate::command;
use crate::progress;
use crate::workspace::Workspace;

const PACKAGE: &str = "saker-collector";

/// Builds the collector and returns the path of the binary.
pub(crate) fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    progress::heading("building the collector");
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        .args(["build", "--package", PACKAGE])
        .args(profile.flags());
    command::run(&mut cargo)?;
    let folder = workspace.cargo_target()?.join(profile.folder());
    let binary = folder.join(PACKAGE);
    progress::detail(&binary.display().to_string());
    Ok(binary)
}
