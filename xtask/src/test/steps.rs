//! The steps, in order.

use super::privileged::{self, DELIVERY_TESTS, KERNEL_TESTS};
use super::servers;
use crate::agent::{self, Profile};
use crate::cache::Cache;
use crate::codegen;
use crate::command;
use crate::conformance;
use crate::disk;
use crate::ebpf::{self, KernelLog, Warnings};
use crate::fuzz;
use crate::programs;
use crate::toolchain::{self, Freshness};
use crate::vm::{self, Kernel};
use crate::workspace::Workspace;
use anyhow::{Context, Result};

/// The package that no host compiler builds.
const KERNEL_PROGRAMS: &str = "saker-ebpf-programs";

/// Leaves out what has steps of its own. The binaries of fuzz targets have no `main` but libFuzzer's.
const WITHOUT_OTHERS: [&str; 8] = [
    "--exclude",
    KERNEL_PROGRAMS,
    "--exclude",
    KERNEL_TESTS,
    "--exclude",
    DELIVERY_TESTS,
    "--exclude",
    fuzz::PACKAGE,
];

pub(super) const EBPF_STEP: &str = "build-ebpf";
pub(super) const VM_STEP: &str = "vm";

/// What a failed step means for those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailure {
    /// Nothing later can work.
    Stop,
    /// Later steps tell something of their own.
    GoOn,
}

/// Whether a step compiles the agent, which embeds the BPF objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Objects {
    Unused,
    Embedded,
}

/// A step of the test run.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
    pub(super) on_failure: OnFailure,
    pub(super) objects: Objects,
    pub(super) run: fn(&Workspace) -> Result<()>,
}

/// Every step, in order.
pub(super) const STEPS: &[Step] = &[
    Step {
        name: "setup",
        purpose: "room on the disk, a BPF toolchain, a C++ compiler, make",
        on_failure: OnFailure::Stop,
        objects: Objects::Unused,
        run: |workspace| {
            disk::require_room(workspace.cargo_target()?)?;
            toolchain::set_up(&Cache::open()?, Freshness::Cached)?;
            fuzz::require_compiler()?;
            programs::require(&[servers::MAKE]).context("the tests build a Kafka broker in C")
        },
    },
    Step {
        name: EBPF_STEP,
        purpose: "build the kernel programs, for old and new kernels",
        on_failure: OnFailure::Stop,
        objects: Objects::Unused,
        run: |workspace| ebpf::build(workspace, KernelLog::Off, Warnings::Deny),
    },
    Step {
        name: "build",
        purpose: "build the agent as it is shipped",
        on_failure: OnFailure::Stop,
        objects: Objects::Embedded,
        run: |workspace| agent::build(workspace, Profile::Release).map(drop),
    },
    Step {
        name: "fmt",
        purpose: "formatting",
        on_failure: OnFailure::GoOn,
        objects: Objects::Unused,
        run: |workspace| cargo(workspace, &["fmt", "--all", "--check"]),
    },
    Step {
        name: "clippy",
        purpose: "lints, warnings denied",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: |workspace| {
            let packages = ["--workspace", "--exclude", KERNEL_PROGRAMS, "--all-targets"];
            let arguments = [&["clippy"], packages.as_slice(), &["--", "-Dwarnings"]].concat();
            cargo(workspace, &arguments)
        },
    },
    Step {
        name: "rustdoc",
        purpose: "documentation builds, warnings denied",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: rustdoc,
    },
    Step {
        name: "codegen",
        purpose: "generated documents are up to date",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: |workspace| codegen::run(workspace, codegen::Mode::Check),
    },
    Step {
        name: "unit",
        purpose: "unit, golden and dependency-graph tests",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: unit_tests,
    },
    Step {
        name: "conformance",
        purpose: "Falco's cases of the rule language",
        on_failure: OnFailure::GoOn,
        objects: Objects::Unused,
        run: |workspace| conformance::run(workspace, &["--if-present".into()]),
    },
    Step {
        name: "conformance-fields",
        purpose: "the fields of captured events as Falco gives them",
        on_failure: OnFailure::GoOn,
        objects: Objects::Unused,
        run: |workspace| {
            let arguments = ["fielddump", "--verbose", "--if-present"];
            conformance::run(workspace, &arguments.map(Into::into))
        },
    },
    Step {
        name: "doc-tests",
        purpose: "examples in the documentation",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: |workspace| {
            let tests = ["test", "--doc", "--workspace"];
            cargo(workspace, &[tests.as_slice(), &WITHOUT_OTHERS].concat())
        },
    },
    Step {
        name: "fuzz",
        purpose: "every fuzz target for half a minute, the classifier for a whole one",
        on_failure: OnFailure::GoOn,
        objects: Objects::Unused,
        run: fuzz::test,
    },
    Step {
        name: "kernel",
        purpose: "scenarios against the running kernel, as root",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: privileged::kernel,
    },
    Step {
        name: "containers",
        purpose: "the agent beside real container runtimes, as root",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: privileged::containers,
    },
    Step {
        name: "network",
        purpose: "real servers, clients and proxies in networks of their own, as root",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: privileged::network,
    },
    Step {
        name: "delivery",
        purpose: "agent, collector, real queues and stores, with faults, as root",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: privileged::delivery,
    },
    Step {
        name: VM_STEP,
        purpose: "load every program on other kernels, in QEMU",
        on_failure: OnFailure::GoOn,
        objects: Objects::Unused,
        run: |workspace| vm::load_test(workspace, &Kernel::DEFAULTS),
    },
];

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    command::run(
        command::cargo()
            .current_dir(workspace.root())
            .args(arguments),
    )
}

fn rustdoc(workspace: &Workspace) -> Result<()> {
    command::run(
        command::cargo()
            .current_dir(workspace.root())
            .env("RUSTDOCFLAGS", "-Dwarnings")
            .args(["doc", "--no-deps", "--workspace", "--exclude"])
            .arg(KERNEL_PROGRAMS),
    )
}

fn unit_tests(workspace: &Workspace) -> Result<()> {
    let runner: &[&str] = if command::find_on_path("cargo-nextest").is_some() {
        &["nextest", "run", "--no-fail-fast"]
    } else {
        &["test", "--all-targets", "--no-fail-fast"]
    };
    cargo(
        workspace,
        &[runner, &["--workspace"], &WITHOUT_OTHERS].concat(),
    )
}
