//! A nightly of rustup with the `rust-src` component, and `bpf-linker` on `PATH`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Toolchain;
use crate::command;

/// What rustup has to offer.
pub(super) enum Found {
    /// All parts are there; whether they fit together is for the probe to say.
    Complete(Toolchain),
    /// Why not.
    Missing(&'static str),
}

/// Looks for the parts, installing nothing.
pub(super) fn find() -> Result<Found> {
    let Some(rustup) = command::find_on_path("rustup") else {
        return Ok(Found::Missing("rustup is not installed"));
    };
    let toolchains = command::capture(Command::new(&rustup).args(["toolchain", "list"]))?;
    if !toolchains.lines().any(|name| name.starts_with("nightly-")) {
        return Ok(Found::Missing("no nightly toolchain is installed"));
    }
    let sysroot = command::capture(
        Command::new(&rustup)
            .env_remove("RUSTUP_TOOLCHAIN")
            .args(["run", "nightly", "rustc", "--print", "sysroot"]),
    );
    let Ok(sysroot) = sysroot else {
        return Ok(Found::Missing("the installed nightly is a dated one"));
    };
    let sysroot = PathBuf::from(sysroot.trim_end());
    if !sysroot
        .join("lib/rustlib/src/rust/library/core/Cargo.toml")
        .exists()
    {
        return Ok(Found::Missing("nightly lacks the rust-src component"));
    }
    let Some(linker) = command::find_on_path("bpf-linker") else {
        return Ok(Found::Missing("bpf-linker is not on PATH"));
    };
    Ok(Found::Complete(Toolchain {
        origin: "rustup's nightly",
        rustc: sysroot.join("bin/rustc"),
        linker,
        libraries: None,
    }))
}
