//! `build` and `run`: the agent with its kernel programs inside; and the collector that it delivers to.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::progress;
use crate::workspace::Workspace;

const PACKAGE: &str = "saker";
const COLLECTOR_PACKAGE: &str = "saker-collector";

/// Which of cargo's profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    /// What cargo is told.
    const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[],
            Self::Release => &["--release"],
        }
    }

    /// Where binaries lie below the folder of cargo's results.
    const fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds the agent and returns the path of the binary; the BPF objects must be there.
pub(crate) fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    progress::heading("building the agent");
    build_package(workspace, PACKAGE, profile)
}

/// Builds the collector and returns the path of the binary.
pub(crate) fn build_collector(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    progress::heading("building the collector");
    build_package(workspace, COLLECTOR_PACKAGE, profile)
}

/// Builds a package whose binary has its name.
fn build_package(workspace: &Workspace, package: &str, profile: Profile) -> Result<PathBuf> {
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        .args(["build", "--package", package])
        .args(profile.flags());
    command::run(&mut cargo)?;
    let folder = workspace.cargo_target()?.join(profile.folder());
    let binary = folder.join(package);
    progress::detail(&binary.display().to_string());
    Ok(binary)
}

/// Builds the agent without any shared library, for a machine that has none.
pub(crate) fn build_static(workspace: &Workspace) -> Result<PathBuf> {
    progress::heading("building the agent, statically linked");
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let target_dir = workspace.own_target().join("static");
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        // With --target the flags reach neither build scripts nor procedural macros.
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .args(["build", "--release", "--package", PACKAGE])
        .args(["--target", &target])
        .arg("--target-dir")
        .arg(&target_dir);
    command::run(&mut cargo)?;
    Ok(target_dir.join(target).join("release").join(PACKAGE))
}

/// Becomes the agent, with the shipped rules; returns only when that fails.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    let binary = build(workspace, Profile::Release)?;
    progress::heading("starting the agent");
    let error = Command::new(&binary)
        .args(["run", "--rules"])
        .arg(workspace.root().join("rules"))
        .args(arguments)
        .exec();
    Err(error).with_context(|| format!("cannot start {}", binary.display()))
}
