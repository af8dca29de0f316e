//! Set-up, build and test of the project: `cargo xtask <command>`.
#![forbid(unsafe_code)]

mod agent;
mod apt;
mod archive;
mod bench;
mod cache;
mod codegen;
mod command;
mod conformance;
mod disk;
mod docker;
mod ebpf;
mod envoy;
mod fuzz;
mod kube;
mod object_file;
mod otlp;
mod programs;
mod progress;
mod test;
mod toolchain;
mod vm;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::agent::Profile;
use crate::cache::Cache;
use crate::ebpf::{KernelLog, Warnings};
use crate::toolchain::Freshness;
use crate::vm::Kernel;
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
    /// Build the kernel programs: target/ebpf/saker-probes.o, saker-probes-legacy.o and saker-network.o
    BuildEbpf {
        /// Let the programs write log lines to user space (feature kernel-log; slower)
        #[arg(long)]
        log: bool,
    },
    /// Build the agent with its kernel programs inside: target/debug/saker or target/release/saker
    Build {
        /// Optimise, as for shipping
        #[arg(long)]
        release: bool,
    },
    /// Build the agent and run it with the shipped rules; needs root
    ///
    /// Becomes `target/release/saker run --rules rules …`; what follows `--` is handed on.
    Run {
        /// Further arguments of `saker run`
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Write docs/events.md and docs/fields.md from the agent's tables
    Codegen {
        /// Change nothing; fail when a file would change
        #[arg(long)]
        check: bool,
    },
    /// Run Falco's cases against Saker, or compare the fields of captured events (fielddump)
    ///
    /// Reads $SAKER_CONFORMANCE (or ../shared/conformance). `--help` shows the options of the program
    /// that does it.
    #[command(disable_help_flag = true)]
    Conformance {
        /// What that program is given
        #[arg(
            value_name = "ARGUMENTS",
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        arguments: Vec<OsString>,
    },
    /// Run everything that must hold before a change is merged; needs root
    ///
    /// Every step runs even when one before it failed, unless nothing later could work; a summary
    /// with times comes last. `.ci/run` calls this with CI=true, where nothing may be left out.
    Test {
        /// List the steps and run none
        #[arg(long)]
        list: bool,
        /// Run this step only (may be given more than once)
        #[arg(long, value_name = "STEP")]
        only: Vec<String>,
        /// Leave out the virtual machines
        #[arg(long)]
        skip_vm: bool,
    },
    /// Load every kernel program on other kernels, in QEMU
    ///
    /// QEMU, busybox and the kernels come from Debian's archive and are unpacked into the cache
    /// folder; nothing is installed. The serial output of each machine stays in target/vm/.
    VmTest {
        /// Load the programs and stop (the only test there is so far)
        #[arg(long, required = true)]
        load_only: bool,
        /// A series of kernels (may be given more than once) [default: all]
        #[arg(long, value_name = "SERIES")]
        kernel: Vec<Kernel>,
        /// Test this statically linked binary instead of building the agent
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Test the Kubernetes client against a real API server
    ///
    /// Builds kube-apiserver 1.20 from Debian's source package (the first time: about ten minutes, into
    /// the cache folder) and starts it with etcd on the loopback interface, or takes the cluster that
    /// --kubeconfig names. What the servers say stays in target/kube-test/.
    KubeTest(kube::Arguments),
    /// Test the sink for OpenTelemetry against a real collector
    ///
    /// Builds a collector from Debian's packages of its libraries (the first time: about five minutes and
    /// 3 GiB that are freed again, into the cache folder).
    OtlpTest,
    /// Measure what the agent costs, as Markdown tables for docs/BENCHMARKS.md; mostly needs root
    ///
    /// Builds the agent as it is shipped and runs it with the shipped rules, and with Falco's
    /// stable rules when $SAKER_CONFORMANCE (or ../shared/conformance) holds
    /// falco-rules/falco_rules.yaml; the load is measured with Falco's when they are there. Tables
    /// go to standard output, progress to standard error.
    ///
    /// `rules` starts no agent and needs no root: it plays generated events to rule sets. With
    /// valgrind on PATH it also counts instructions.
    ///
    /// Figures are worth keeping only from a machine that does nothing else. With five runs idling
    /// takes about four minutes, the load about five, the rules about six.
    #[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench idle --runs 9
  cargo xtask bench load > load.md
  cargo xtask bench rules --runs 9
  cargo xtask bench network
  cargo xtask bench delivery")]
    Bench(bench::Arguments),
    /// Feed the parsers and matchers with hostile input, made to reach every corner of them
    ///
    /// Builds the targets of fuzz/ with cargo-fuzz (fetched into the cache folder) and runs them on
    /// the inputs of fuzz/corpus/. An input that panics, takes long or takes much memory fails; it is
    /// kept in target/fuzz/artifacts/, and new inputs of interest in target/fuzz/corpus/.
    #[command(after_help = "Examples:
  cargo xtask fuzz
  cargo xtask fuzz pattern --seconds 600")]
    Fuzz(fuzz::Arguments),
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
        Command::Setup { update } => set_up(update)?,
        Command::BuildEbpf { log } => {
            let kernel_log = if log { KernelLog::On } else { KernelLog::Off };
            ebpf::build(&workspace, kernel_log, Warnings::Show)?;
        }
        Command::Build { release } => {
            let profile = if release {
                Profile::Release
            } else {
                Profile::Dev
            };
            ebpf::build(&workspace, KernelLog::Off, Warnings::Show)?;
            agent::build(&workspace, profile)?;
        }
        Command::Run { arguments } => {
            ebpf::build(&workspace, KernelLog::Off, Warnings::Show)?;
            agent::run(&workspace, &arguments)?;
        }
        Command::Codegen { check } => {
            let mode = if check {
                codegen::Mode::Check
            } else {
                codegen::Mode::Write
            };
            ebpf::build(&workspace, KernelLog::Off, Warnings::Show)?;
            codegen::run(&workspace, mode)?;
        }
        Command::Conformance { arguments } => conformance::run(&workspace, &arguments)?,
        Command::Test { list: true, .. } => test::list(),
        Command::Test { only, skip_vm, .. } => {
            return test::run(&workspace, &test::Selection { only, skip_vm });
        }
        Command::VmTest { kernel, binary, .. } => vm_test(&workspace, &kernel, binary)?,
        Command::KubeTest(arguments) => kube::test(&workspace, &arguments)?,
        Command::OtlpTest => otlp::test(&workspace)?,
        Command::Bench(arguments) => bench::run(&workspace, &arguments)?,
        Command::Fuzz(arguments) => fuzz::run(&workspace, &arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn set_up(update: bool) -> Result<()> {
    let freshness = if update {
        Freshness::Newest
    } else {
        Freshness::Cached
    };
    let toolchain = toolchain::set_up(&Cache::open()?, freshness)?;
    progress::heading(&format!("ready: {}", toolchain.describe()));
    Ok(())
}

fn vm_test(workspace: &Workspace, kernels: &[Kernel], binary: Option<PathBuf>) -> Result<()> {
    let kernels = if kernels.is_empty() {
        &Kernel::DEFAULTS
    } else {
        kernels
    };
    match binary {
        Some(binary) => vm::load_test_of(workspace, kernels, &binary),
        None => vm::load_test(workspace, kernels),
    }
}
