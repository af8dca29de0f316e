//! A compiler and a linker that can build BPF programs.
//!
//! rustc builds the core library for `bpfel-unknown-none` itself, so it needs the sources of
//! exactly its own version and, being unstable, either a nightly or `RUSTC_BOOTSTRAP`. bpf-linker
//! must understand the bitcode of the LLVM inside that rustc. Two ways lead there, tried in order:
//! a nightly of rustup ([`rustup`]), then Debian's packages in a folder of their own ([`debian`]).

mod debian;
mod probe;
mod rustup;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::cache::Cache;
use crate::command;
use crate::progress;

/// The only target of the kernel programs.
pub(crate) const BPF_TARGET: &str = "bpfel-unknown-none";

/// Whether what is in the cache is good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Use what is there.
    Cached,
    /// Fetch the versions that are newest now.
    Newest,
}

/// A compiler and a linker that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    /// Where it comes from, for people.
    origin: &'static str,
    rustc: PathBuf,
    linker: PathBuf,
    /// Folder of the compiler's own shared libraries, when it cannot find them by itself.
    libraries: Option<PathBuf>,
}

/// Finds a toolchain, making one when none is there.
pub(crate) fn set_up(cache: &Cache, freshness: Freshness) -> Result<Toolchain> {
    let lock = cache.lock()?;
    match rustup::find()? {
        rustup::Found::Complete(toolchain) => {
            match probe::check(cache, &lock, "probe-rustup", &toolchain) {
                Ok(()) => return Ok(toolchain),
                Err(error) => {
                    progress::note(&format!("passing over {}: {error:#}", toolchain.describe()));
                }
            }
        }
        rustup::Found::Missing(what) => {
            progress::detail(&format!("no BPF toolchain from rustup: {what}"));
        }
    }
    if !debian::is_possible() {
        bail!(
            "no Rust toolchain that can build BPF programs. Either\n  \
             - rustup toolchain install nightly --component rust-src && cargo install bpf-linker\n  \
             - or work on Debian 12 or newer, where this command sets up Debian's compiler by itself"
        );
    }
    let toolchain = debian::set_up(cache, &lock, freshness)?;
    probe::check(cache, &lock, "probe-debian", &toolchain)?;
    Ok(toolchain)
}

impl Toolchain {
    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        format!(
            "{} (rustc {}, linker {})",
            self.origin,
            self.rustc.display(),
            self.linker.display()
        )
    }

    /// What the compiler and the linker say they are, on one line.
    fn version(&self) -> Result<String> {
        let mut rustc = Command::new(&self.rustc);
        rustc.arg("-vV");
        self.set_library_path(&mut rustc);
        let rustc = command::capture(&mut rustc)?;
        let linker = command::capture(Command::new(&self.linker).arg("--version"))?;
        Ok(format!("{} {}", rustc.trim_end(), linker.trim_end()).replace('\n', " "))
    }

    /// `cargo build` of BPF programs in `target_dir`; the caller adds the package and its features.
    ///
    /// Everything that would change the build from outside (wrappers, flags and profiles in the
    /// environment) is kept out: the objects depend on the sources and the toolchain alone.
    pub(crate) fn cargo_build(&self, target_dir: &Path, remap: &[(&Path, &str)]) -> Command {
        let mut cargo = command::cargo();
        for (name, _) in std::env::vars_os() {
            if changes_build(&name) {
                cargo.env_remove(name);
            }
        }
        self.set_library_path(&mut cargo);
        cargo
            .env("RUSTC", &self.rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags(remap).join("\x1f"))
            // The linker optimises the whole program anyway and wants plain bitcode.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
            .args(["build", "--release", "-Zbuild-std=core"])
            .args(["--target", BPF_TARGET])
            .arg("--config")
            .arg(format!(
                "target.{BPF_TARGET}.linker={:?}",
                self.linker.to_string_lossy()
            ))
            .arg("--target-dir")
            .arg(target_dir);
        cargo
    }

    fn flags(&self, remap: &[(&Path, &str)]) -> Vec<String> {
        let mut flags = vec![
            // BTF is made from the debug information; maps and line numbers depend on it.
            "-Cdebuginfo=2".to_owned(),
            "-Clink-arg=--btf".to_owned(),
            // Which layout of the registers the programs read.
            format!("--cfg=bpf_target_arch=\"{}\"", std::env::consts::ARCH),
            "--check-cfg=cfg(bpf_target_arch,values(any()))".to_owned(),
        ];
        // Equal sources give equal objects, wherever they lie.
        let sysroot = self.rustc.ancestors().nth(2).map(|path| (path, "/rustc"));
        flags.extend(
            remap
                .iter()
                .copied()
                .chain(sysroot)
                .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())),
        );
        flags
    }

    fn set_library_path(&self, command: &mut Command) {
        // `cargo run` puts the host compiler's libraries there: wrong for any other compiler.
        match &self.libraries {
            Some(folder) => command.env("LD_LIBRARY_PATH", folder),
            None => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
}

fn changes_build(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    [
        "RUSTC",
        "RUSTDOC",
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "CARGO_INCREMENTAL",
    ]
    .contains(&name)
        || [
            "CARGO_BUILD_",
            "CARGO_TARGET_",
            "CARGO_PROFILE_",
            "CARGO_UNSTABLE_",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_from_outside_stay_outside() {
        for name in [
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_PROFILE_RELEASE_LTO",
        ] {
            assert!(changes_build(OsStr::new(name)), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_TERM_COLOR",
            "PATH",
        ] {
            assert!(!changes_build(OsStr::new(name)), "{name}");
        }
    }
}
