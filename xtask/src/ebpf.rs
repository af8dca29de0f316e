//! `build-ebpf`: the kernel programs, as the objects that the agent embeds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cache::Cache;
use crate::command;
use crate::object_file;
use crate::progress;
use crate::toolchain::{self, BPF_TARGET, Freshness, Toolchain};
use crate::workspace::Workspace;

const PACKAGE: &str = "saker-ebpf-programs";

/// Whether the programs can write log lines to user space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KernelLog {
    Off,
    /// Costs instructions and stack; for developing programs only.
    On,
}

/// What a compiler warning means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Warnings {
    Show,
    /// As the other lints in a test run: clippy has no compiler for this target.
    Deny,
}

/// One object: a binary of the package, built with a set of features.
struct Variant {
    object: &'static str,
    binary: &'static str,
    features: &'static [&'static str],
}

const VARIANTS: [Variant; 3] = [
    Variant {
        object: "saker-probes.o",
        binary: "saker-probes",
        features: &[],
    },
    // Kernels before 5.12 refuse some of what the default object uses.
    Variant {
        object: "saker-probes-legacy.o",
        binary: "saker-probes",
        features: &["legacy-kernel"],
    },
    // One build for all kernels: what it cannot do on an old one is reported.
    Variant {
        object: "saker-network.o",
        binary: "saker-network",
        features: &["legacy-kernel"],
    },
];

/// Builds every variant into `target/ebpf/`.
pub(crate) fn build(
    workspace: &Workspace,
    kernel_log: KernelLog,
    warnings: Warnings,
) -> Result<()> {
    let cache = Cache::open()?;
    let toolchain = toolchain::set_up(&cache, Freshness::Cached)?;
    for variant in &VARIANTS {
        build_variant(workspace, &toolchain, variant, kernel_log, warnings)?;
    }
    Ok(())
}

fn build_variant(
    workspace: &Workspace,
    toolchain: &Toolchain,
    variant: &Variant,
    kernel_log: KernelLog,
    warnings: Warnings,
) -> Result<()> {
    progress::heading(&format!("building {}", variant.object));
    let mut features = variant.features.to_vec();
    if kernel_log == KernelLog::On {
        features.push("kernel-log");
    }
    let target_dir = workspace.own_target().join("ebpf-build");
    let cargo_home = cargo_home();
    let mut remap = vec![(workspace.root(), "/saker")];
    if let Some(cargo_home) = &cargo_home {
        remap.push((cargo_home.as_path(), "/cargo"));
    }
    let mut build = toolchain.cargo_build(&target_dir, &remap);
    build
        .current_dir(workspace.root())
        .args(["--package", PACKAGE, "--bin", variant.binary]);
    if !features.is_empty() {
        build.args(["--features", &features.join(",")]);
    }
    if warnings == Warnings::Deny {
        build.args(["-Zwarnings", "--config", "build.warnings=\"deny\""]);
    }
    command::run(&mut build)?;

    let built = target_dir
        .join(BPF_TARGET)
        .join("release")
        .join(variant.binary);
    let object = workspace.own_target().join("ebpf").join(variant.object);
    let (change, size) = install_object(&built, &object)?;
    progress::detail(&format!("{} ({size} bytes, {change})", object.display()));
    Ok(())
}

/// Puts an object into its final place, touching it only when its content is new: the agent's
/// build script watches it.
fn install_object(built: &Path, object: &Path) -> Result<(&'static str, usize)> {
    let bytes = fs::read(built).with_context(|| format!("cannot read {}", built.display()))?;
    let bytes = object_file::without_debug_information(&bytes)
        .with_context(|| built.display().to_string())?;
    if fs::read(object).is_ok_and(|present| present == bytes) {
        return Ok(("unchanged", bytes.len()));
    }
    if let Some(folder) = object.parent() {
        crate::cache::create_folder(folder)?;
    }
    let unfinished = object.with_extension("o.unfinished");
    fs::write(&unfinished, &bytes)
        .and_then(|()| fs::rename(&unfinished, object))
        .with_context(|| format!("cannot write {}", object.display()))?;
    Ok(("new", bytes.len()))
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}
