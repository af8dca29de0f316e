//! Does this compiler with this linker build a BPF program? A trivial crate tells.
//!
//! The answer is kept in the cache until the compiler or the linker changes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{BPF_TARGET, Toolchain};
use crate::cache::{Cache, CacheLock};
use crate::command;
use crate::progress;

const MANIFEST: &str = r#"[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[workspace]

[profile.release]
panic = "abort"
"#;

const PROGRAM: &str = r#"#![no_std]
#![no_main]

#[unsafe(no_mangle)]
#[unsafe(link_section = "tracepoint")]
pub extern "C" fn probe(_context: *mut core::ffi::c_void) -> i32 {
    0
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
"#;

/// `e_machine` of a BPF object.
const EM_BPF: u16 = 247;

/// Fails when the toolchain cannot build a BPF program; `entry` is where the cache keeps the answer.
pub(super) fn check(
    cache: &Cache,
    lock: &CacheLock,
    entry: &str,
    toolchain: &Toolchain,
) -> Result<()> {
    let version = toolchain.version()?;
    let works = format!("works: {version}");
    let fails = format!("fails: {version}");
    let known = cache.stamp(entry);
    if known.as_ref() == Some(&works) {
        return Ok(());
    }
    if known.as_ref() == Some(&fails) {
        bail!(
            "it failed before; remove {} to try it again",
            cache.path(entry).display()
        );
    }
    progress::detail(&format!("trying {}", toolchain.describe()));
    let mut outcome = Ok(());
    cache.replace(lock, entry, |folder| {
        outcome = build(folder, toolchain);
        // Only the answer is of use later.
        for leftover in ["target", "src"] {
            crate::cache::remove_folder(&folder.join(leftover))?;
        }
        Ok(if outcome.is_ok() { works } else { fails })
    })?;
    outcome.with_context(|| format!("{} cannot build a BPF program", toolchain.describe()))
}

fn build(folder: &Path, toolchain: &Toolchain) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), MANIFEST)?;
    fs::write(folder.join("src/main.rs"), PROGRAM)?;
    let target_dir = folder.join("target");
    command::run_quietly(toolchain.cargo_build(&target_dir, &[]).current_dir(folder))?;

    let object = target_dir.join(BPF_TARGET).join("release/probe");
    let bytes = fs::read(&object).with_context(|| format!("cannot read {}", object.display()))?;
    let machine = bytes
        .get(18..20)
        .and_then(|field| Some(u16::from_le_bytes(field.try_into().ok()?)));
    if machine != Some(EM_BPF) {
        bail!("the linker's output is not a BPF object");
    }
    Ok(())
}
