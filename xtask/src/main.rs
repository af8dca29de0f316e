//! Set-up, build and test of the project: `cargo xtask <command>`.
#![forbid(unsafe_code)]

mod apt;
mod cache;
mod command;
mod ebpf;
mod progress;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::cache::Cache;
use crate::ebpf::KernelLog;
use crate::toolchain::Freshness;
use crate::workspace::Workspace;

/// Set-up, build and test of Saker.
///
/// Each command does the set-up it needs, so `cargo xtask run` on a fresh checkout is enough.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find or make a Rust toolchain that can build BPF programs
    ///
    /// Takes rustup's nightly when it has the rust-src component and a bpf-linker that works with
    /// it is on PATH. Otherwise, on Debian, unpacks Debian's own compiler into the cache folder
    /// and builds a bpf-linker for it: nothing is installed over rustup. Needs root only for
    /// missing library packages, and says which.
    ///
    /// The cache folder is $SAKER_CACHE, $XDG_CACHE_HOME/saker or ~/.cache/saker.
    Setup {
        /// Fetch the newest versions, even when a working toolchain is in the cache
        #[arg(long)]
        update: bool,
    },
    /// Build the kernel programs: target/ebpf/saker-probes.o and saker-probes-legacy.o
    BuildEbpf {
        /// Let the programs write log lines to user space (feature kernel-log; slower)
        #[arg(long)]
        log: bool,
    },
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            progress::failure(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match command {
        Command::Setup { update } => {
            let freshness = if update {
                Freshness::Newest
            } else {
                Freshness::Cached
            };
            let toolchain = toolchain::set_up(&Cache::open()?, freshness)?;
            progress::heading(&format!("ready: {}", toolchain.describe()));
        }
        Command::BuildEbpf { log } => {
            let kernel_log = if log { KernelLog::On } else { KernelLog::Off };
            ebpf::build(&workspace, kernel_log)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
