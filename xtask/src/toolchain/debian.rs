//! Debian's own compiler, unpacked into the cache, and a bpf-linker built against its LLVM.
//!
//! `rustc-web` is kept recent by Debian's security updates and comes with its sources. Installed,
//! it would conflict with rustup; unpacked into a folder of its own it does not. Versions move, so
//! they are asked from the package index each time something is fetched.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Freshness, Toolchain};
use crate::apt::{self, Apt, Candidate};
use crate::cache::{Cache, CacheLock};
use crate::command;
use crate::progress;

const COMPILER: &str = "rustc-web";
const STANDARD_LIBRARY: &str = "libstd-rust-web-dev";
const SOURCES: &str = "rust-web-src";

/// The bpf-linker that is known to work; a newer one is tried when it lacks the LLVM in question.
const BPF_LINKER: &str = "^0.13";

/// Entries of the cache.
const TOOLCHAIN: &str = "toolchain";
const LINKER: &str = "bpf-linker";

/// Whether this is a Debian machine.
pub(super) fn is_possible() -> bool {
    Apt::is_present()
}

/// Takes compiler and linker from the cache, making first what is missing.
pub(super) fn set_up(cache: &Cache, lock: &CacheLock, freshness: Freshness) -> Result<Toolchain> {
    let apt = Apt::system();
    let stamp = match cache.stamp(TOOLCHAIN) {
        Some(stamp) if freshness == Freshness::Cached => stamp,
        cached => set_up_compiler(cache, lock, &apt, cached)?,
    };
    let llvm = llvm_of_stamp(&stamp).with_context(|| {
        format!(
            "{}: stamp {stamp:?} names no LLVM",
            cache.path(TOOLCHAIN).display()
        )
    })?;
    // The compiler may come from a cache that another machine filled.
    require(&apt, &[format!("libllvm{llvm}")])?;
    if cache
        .stamp(LINKER)
        .is_none_or(|stamp| !stamp.ends_with(&llvm_word(llvm)))
    {
        set_up_linker(cache, lock, &apt, llvm)?;
    }
    let root = cache.path(TOOLCHAIN).join("root/usr");
    Ok(Toolchain {
        origin: "Debian's packages",
        rustc: root.join("bin/rustc"),
        linker: cache.path(LINKER).join("bin/bpf-linker"),
        libraries: Some(root.join(format!("lib/{}-linux-gnu", std::env::consts::ARCH))),
    })
}

/// Unpacks the newest compiler, unless that is what `cached` says is there; returns its stamp.
fn set_up_compiler(
    cache: &Cache,
    lock: &CacheLock,
    apt: &Apt,
    cached: Option<String>,
) -> Result<String> {
    let compiler = candidate(apt, COMPILER)?;
    let library = candidate(apt, STANDARD_LIBRARY)?
        .depends
        .into_iter()
        .find(|name| name.starts_with("libstd-rust-web-"))
        .with_context(|| format!("package {STANDARD_LIBRARY} names no versioned library"))?;
    let llvm = candidate(apt, &library)?
        .depends
        .iter()
        .find_map(|name| name.strip_prefix("libllvm")?.parse::<u32>().ok())
        .with_context(|| format!("package {library} depends on no libllvm"))?;
    let stamp = format!("{COMPILER} {}{}", compiler.version, llvm_word(llvm));
    if cached.as_ref() == Some(&stamp) {
        return Ok(stamp);
    }

    progress::heading(&format!("setting up {COMPILER} {}", compiler.version));
    let packages = [COMPILER, STANDARD_LIBRARY, &library, SOURCES].map(str::to_owned);
    cache.replace(lock, TOOLCHAIN, |folder| {
        let debs = folder.join("debs");
        let root = folder.join("root");
        fs::create_dir(&debs).context("cannot create a folder in the cache")?;
        // The index may name versions that the archive has replaced meanwhile.
        if apt.download(&packages, &debs).is_err() {
            refresh(apt)?;
            apt.download(&packages, &debs)?;
        }
        progress::detail("unpacking");
        apt::unpack(&debs, &root)?;
        fs::remove_dir_all(&debs).context("cannot remove the unpacked packages")?;
        Ok(stamp.clone())
    })?;
    Ok(stamp)
}

/// Builds bpf-linker against the LLVM that the compiler uses.
fn set_up_linker(cache: &Cache, lock: &CacheLock, apt: &Apt, llvm: u32) -> Result<()> {
    progress::heading(&format!(
        "building bpf-linker for LLVM {llvm} (about two minutes)"
    ));
    let packages = [
        format!("libllvm{llvm}"),
        format!("llvm-{llvm}-dev"),
        format!("libpolly-{llvm}-dev"),
        "libzstd-dev".to_owned(),
        "zlib1g-dev".to_owned(),
        "libxml2-dev".to_owned(),
    ];
    require(apt, &packages)?;
    cache.replace(lock, LINKER, |folder| {
        if let Err(error) = install_linker(folder, llvm, Some(BPF_LINKER)) {
            progress::note(&format!("{error:#}; trying the newest version"));
            install_linker(folder, llvm, None)?;
        }
        Ok(format!("{LINKER}{}", llvm_word(llvm)))
    })?;
    Ok(())
}

fn install_linker(folder: &Path, llvm: u32, version: Option<&str>) -> Result<()> {
    let mut install = command::cargo();
    install
        .env("LLVM_PREFIX", format!("/usr/lib/llvm-{llvm}"))
        .env_remove("CARGO_TARGET_DIR")
        // Outside the workspace, whose settings are not meant for it.
        .current_dir(folder)
        .args(["install", "--quiet", "--locked", "--no-default-features"])
        .args(["--features", &format!("llvm-{llvm}")])
        .arg("--root")
        .arg(folder);
    if let Some(version) = version {
        install.args(["--version", version]);
    }
    command::run(install.arg("bpf-linker"))
}

/// Installs what is missing, refreshing the package index when it does not know a package.
fn require(apt: &Apt, packages: &[String]) -> Result<()> {
    for package in packages {
        candidate(apt, package)?;
    }
    apt.install(packages).or_else(|error| {
        if !command::is_root() {
            return Err(error);
        }
        // The index may name versions that the archive has replaced meanwhile.
        refresh(apt)?;
        apt.install(packages)
    })
}

fn refresh(apt: &Apt) -> Result<()> {
    progress::detail("refreshing the package index (apt-get update)");
    apt.update()
}

fn candidate(apt: &Apt, package: &str) -> Result<Candidate> {
    if let Some(candidate) = apt.candidate(package)? {
        return Ok(candidate);
    }
    if !command::is_root() {
        bail!(
            "the package index does not know {package}; run this once, then try again:\n    \
             sudo apt-get update"
        );
    }
    refresh(apt)?;
    apt.candidate(package)?.with_context(|| {
        format!(
            "this system's package sources have no {package}: Debian 12 or newer with its \
             security updates is needed, or a nightly of rustup with rust-src and bpf-linker"
        )
    })
}

fn llvm_word(llvm: u32) -> String {
    format!(" llvm-{llvm}")
}

fn llvm_of_stamp(stamp: &str) -> Option<u32> {
    stamp
        .split_whitespace()
        .find_map(|word| word.strip_prefix("llvm-")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_remembers_the_llvm() {
        let stamp = format!("{COMPILER} 1.96.0+dfsg1-1~deb12u2{}", llvm_word(22));
        assert_eq!(llvm_of_stamp(&stamp), Some(22));
        assert_eq!(llvm_of_stamp("rustc-web 1.96.0"), None);
    }
}
