//! Building the targets with cargo-fuzz, which is fetched when it is missing.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cache::Cache;
use crate::command;
use crate::programs::{self, Program};
use crate::progress;
use crate::workspace::Workspace;

/// The program, its package and its entry in the cache.
const CARGO_FUZZ: &str = "cargo-fuzz";

/// The version that is known to work with the compiler of the project.
const VERSION: &str = "0.13.2";

/// The compiler of libFuzzer itself, and Debian's package that has it.
const CXX: Program = Program {
    name: "c++",
    package: "g++",
};

/// Builds one target or else all, optimised, with the coverage counters of libFuzzer.
///
/// No sanitizer: the agent's crates are safe Rust, and without one the stable compiler will do.
pub(super) fn build(workspace: &Workspace, targets: &[String]) -> Result<()> {
    require_compiler()?;
    let tools = set_up()?;
    progress::heading("building the fuzz targets (about three minutes when all is new)");
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        .env("PATH", path_with(&tools)?)
        // Optimising all crates as one would take minutes for each target.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        // Would replace the flags that cargo-fuzz sets.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .args(["fuzz", "build", "--sanitizer", "none", "--debug-assertions"])
        .arg("--target-dir")
        .arg(build_folder(workspace));
    if let [target] = targets {
        cargo.arg(target);
    }
    command::run(&mut cargo)
}

/// Where the built target is.
pub(super) fn binary(workspace: &Workspace, target: &str) -> PathBuf {
    build_folder(workspace)
        .join(format!("{}-unknown-linux-gnu", env::consts::ARCH))
        .join("release")
        .join(target)
}

fn build_folder(workspace: &Workspace) -> PathBuf {
    workspace.own_target().join("fuzz/build")
}

/// The folder of cargo-fuzz, which is built when the cache does not have it.
fn set_up() -> Result<PathBuf> {
    let cache = Cache::open()?;
    let lock = cache.lock()?;
    if cache.stamp(CARGO_FUZZ).as_deref() == Some(VERSION) {
        return Ok(cache.path(CARGO_FUZZ).join("bin"));
    }
    progress::heading("building cargo-fuzz (about a minute)");
    let folder = cache.replace(&lock, CARGO_FUZZ, |folder| {
        let mut install = command::cargo();
        install
            .env_remove("CARGO_TARGET_DIR")
            // Outside the workspace, whose settings are not meant for it.
            .current_dir(folder)
            .args(["install", "--quiet", "--locked", "--version", VERSION])
            .arg("--root")
            .arg(folder)
            .arg(CARGO_FUZZ);
        command::run(&mut install)?;
        Ok(VERSION.to_owned())
    })?;
    Ok(folder.join("bin"))
}

fn path_with(folder: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).context("the path of cargo-fuzz cannot stand in PATH")
}

/// Finds a C++ compiler, or installs one; without root, the error says what to type.
pub(crate) fn require_compiler() -> Result<()> {
    if env::var_os("CXX").is_some() {
        return Ok(());
    }
    programs::require(&[CXX]).context("libFuzzer needs a C++ compiler")
}
