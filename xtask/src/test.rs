//! `test`: everything that must hold before a change is merged, as numbered and timed steps.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::agent::{self, Profile};
use crate::bench::node;
use crate::cache::Cache;
use crate::codegen;
use crate::command;
use crate::conformance;
use crate::disk;
use crate::docker;
use crate::ebpf::{self, KernelLog, Warnings};
use crate::envoy;
use crate::fuzz;
use crate::programs::{self, Program};
use crate::progress;
use crate::toolchain::{self, Freshness};
use crate::vm::{self, Kernel};
use crate::workspace::Workspace;

/// The package whose tests need root and the running kernel.
pub(crate) const KERNEL_TESTS: &str = "saker-kernel-tests";

/// Those of its tests that start container runtimes.
const CONTAINER_TESTS: &[&str] = &["containers", "podman"];

/// What they start. CNI's plugins have no folder that is the same on all distributions.
pub(crate) const CONTAINER_PROGRAMS: &[Program] = &[
    Program {
        name: "containerd",
        package: "containerd",
    },
    Program {
        name: "runc",
        package: "runc",
    },
    Program {
        name: "/usr/lib/cni/bridge",
        package: "containernetworking-plugins",
    },
    Program {
        name: "podman",
        package: "podman",
    },
    Program {
        name: "/bin/busybox",
        package: "busybox-static",
    },
];

/// The test that puts real servers and clients into networks of their own.
const NETWORK_TEST: &str = "network";

/// What it starts. Envoy is no package: see [`envoy`].
const NETWORK_PROGRAMS: &[Program] = &[
    Program {
        name: "ip",
        package: "iproute2",
    },
    Program {
        name: "iptables",
        package: "iptables",
    },
    Program {
        name: "curl",
        package: "curl",
    },
    Program {
        name: "openssl",
        package: "openssl",
    },
    Program {
        name: "nginx",
        package: "nginx",
    },
    Program {
        name: "haproxy",
        package: "haproxy",
    },
    Program {
        name: "tinyproxy",
        package: "tinyproxy-bin",
    },
    Program {
        name: "pg_ctlcluster",
        package: "postgresql",
    },
    Program {
        name: "redis-server",
        package: "redis-server",
    },
    Program {
        name: "nats-server",
        package: "nats-server",
    },
    Program {
        name: "dnsmasq",
        package: "dnsmasq-base",
    },
    Program {
        name: "dig",
        package: "bind9-dnsutils",
    },
    Program {
        name: "/usr/sbin/exim4",
        package: "exim4-daemon-light",
    },
];

/// Builds the Kafka client whose stand-in for a broker the tests of sinks use.
const MAKE: Program = Program {
    name: "make",
    package: "make",
};

/// The package whose tests start agent, collector and real servers.
const DELIVERY_TESTS: &str = "saker-delivery-tests";

/// What they start. They listen on the loopback interface, at ports and in folders of the tests.
const DELIVERY_PROGRAMS: &[Program] = &[
    Program {
        name: "nats-server",
        package: "nats-server",
    },
    Program {
        name: "redis-server",
        package: "redis-server",
    },
    Program {
        name: "pg_ctlcluster",
        package: "postgresql",
    },
    Program {
        name: "rsyslogd",
        package: "rsyslog",
    },
    Program {
        name: "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so",
        package: "rsyslog-gnutls",
    },
    Program {
        name: "prometheus",
        package: "prometheus",
    },
    Program {
        name: "promtool",
        package: "prometheus",
    },
    Program {
        name: "mkfs.ext4",
        package: "e2fsprogs",
    },
    Program {
        name: "prometheus-alertmanager",
        package: "prometheus-alertmanager",
    },
];

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

/// What a failed step means for those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnFailure {
    /// Nothing later can work.
    Stop,
    /// Later steps tell something of their own.
    GoOn,
}

/// Whether a step compiles the agent, which embeds the BPF objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objects {
    Unused,
    Embedded,
}

/// A step of the test run.
pub(crate) struct Step {
    name: &'static str,
    purpose: &'static str,
    on_failure: OnFailure,
    objects: Objects,
    run: fn(&Workspace) -> Result<()>,
}

/// Every step, in order.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "setup",
        purpose: "room on the disk, a BPF toolchain, a C++ compiler, make",
        on_failure: OnFailure::Stop,
        objects: Objects::Unused,
        run: |workspace| {
            disk::require_room(workspace.cargo_target()?)?;
            toolchain::set_up(&Cache::open()?, Freshness::Cached)?;
            fuzz::require_compiler()?;
            programs::require(&[MAKE]).context("the tests build a Kafka broker in C")
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
        run: kernel_tests,
    },
    Step {
        name: "containers",
        purpose: "the agent beside real container runtimes, as root",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: container_tests,
    },
    Step {
        name: "network",
        purpose: "real servers, clients and proxies in networks of their own, as root",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: network_tests,
    },
    Step {
        name: "delivery",
        purpose: "agent, collector, real queues and stores, with faults, as root",
        on_failure: OnFailure::GoOn,
        objects: Objects::Embedded,
        run: delivery_tests,
    },
    Step {
        name: VM_STEP,
        purpose: "load every program on other kernels, in QEMU",
        on_failure: OnFailure::GoOn,
        objects: Objects::Unused,
        run: |workspace| vm::load_test(workspace, &Kernel::DEFAULTS),
    },
];

const EBPF_STEP: &str = "build-ebpf";
const VM_STEP: &str = "vm";

/// Which steps to run.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) only: Vec<String>,
    pub(crate) skip_vm: bool,
}

/// Prints the steps.
pub(crate) fn list() {
    for (number, step) in (1..).zip(STEPS) {
        println!("{number:2}  {:<12} {}", step.name, step.purpose);
    }
}

/// Runs the selected steps; a summary at the end says how each went.
pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<ExitCode> {
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let steps = select(STEPS, selection, is_ci)?;
    let start = Instant::now();
    if !steps.iter().any(|step| step.name == EBPF_STEP)
        && steps.iter().any(|step| step.objects == Objects::Embedded)
    {
        // Developers' choice of steps: never test stale programs.
        ebpf::build(workspace, KernelLog::Off, Warnings::Show)?;
    }
    let mut outcomes = Vec::new();
    for (number, step) in (1..).zip(&steps) {
        progress::heading(&format!(
            "step {number}/{}: {} ({})",
            steps.len(),
            step.name,
            step.purpose
        ));
        let step_start = Instant::now();
        let result = (step.run)(workspace);
        let elapsed = step_start.elapsed();
        if let Err(error) = &result {
            progress::failure(&format!("step {} failed: {error:#}", step.name));
        }
        let stop = result.is_err() && step.on_failure == OnFailure::Stop;
        outcomes.push((step.name, result.is_ok(), elapsed));
        if stop {
            break;
        }
    }
    summarise(&steps, &outcomes, start.elapsed());
    let all_passed = outcomes.len() == steps.len() && outcomes.iter().all(|(_, passed, _)| *passed);
    Ok(if all_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn select<'a>(steps: &'a [Step], selection: &Selection, is_ci: bool) -> Result<Vec<&'a Step>> {
    if is_ci && (selection.skip_vm || !selection.only.is_empty()) {
        bail!("CI=true: nothing may be skipped, so --only and --skip-vm are refused");
    }
    if let Some(unknown) = selection
        .only
        .iter()
        .find(|name| !steps.iter().any(|step| step.name == **name))
    {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        bail!("no step {unknown}; there are: {}", names.join(", "));
    }
    Ok(steps
        .iter()
        .filter(|step| selection.only.is_empty() || selection.only.iter().any(|n| n == step.name))
        .filter(|step| !(selection.skip_vm && step.name == VM_STEP))
        .collect())
}

fn summarise(steps: &[&Step], outcomes: &[(&str, bool, Duration)], total: Duration) {
    progress::heading(&format!("summary, {}", progress::duration(total)));
    for (name, passed, elapsed) in outcomes {
        let verdict = if *passed { "ok" } else { "FAILED" };
        let elapsed = progress::duration(*elapsed);
        progress::detail(&format!("{name:<12} {verdict:<8} {elapsed:>13}"));
    }
    for step in steps.get(outcomes.len()..).unwrap_or_default() {
        progress::detail(&format!("{:<12} not reached", step.name));
    }
}

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

fn kernel_tests(workspace: &Workspace) -> Result<()> {
    let mut targets = vec!["--lib".to_owned(), "--bins".to_owned()];
    for test in tests_of_the_kernel(workspace.root())? {
        let others = [node::TEST, NETWORK_TEST];
        if !CONTAINER_TESTS.contains(&test.as_str()) && !others.contains(&test.as_str()) {
            targets.extend(["--test".to_owned(), test]);
        }
    }
    privileged_tests(workspace, &targets, &[]).context("scenarios against the running kernel")
}

fn container_tests(workspace: &Workspace) -> Result<()> {
    programs::require(CONTAINER_PROGRAMS).context("the container runtimes of the tests")?;
    let path = docker::path().context("Docker for the tests")?;
    let targets: Vec<String> = CONTAINER_TESTS
        .iter()
        .flat_map(|&test| ["--test", test])
        .map(str::to_owned)
        .collect();
    privileged_tests(workspace, &targets, &[("PATH", path)])
        .context("tests beside container runtimes")
}

fn network_tests(workspace: &Workspace) -> Result<()> {
    programs::require(NETWORK_PROGRAMS).context("the servers of the tests")?;
    let envoy = envoy::path().context("Envoy for the tests")?;
    let agent = agent::build(workspace, Profile::Release)?;
    let targets = ["--test", NETWORK_TEST].map(str::to_owned);
    let environment = [
        ("SAKER_ENVOY", envoy.into_os_string()),
        ("SAKER_BINARY", agent.into_os_string()),
    ];
    privileged_tests(workspace, &targets, &environment).context("tests of the network")
}

fn delivery_tests(workspace: &Workspace) -> Result<()> {
    programs::require(DELIVERY_PROGRAMS).context("the servers of the tests")?;
    require_root(
        "the tests of delivery start servers as other users and mount a small file system",
    )?;
    let agent = agent::build(workspace, Profile::Release)?;
    let collector = agent::build_collector(workspace, Profile::Dev)?;
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        .env("SAKER_BINARY", agent)
        .env("SAKER_COLLECTOR_BINARY", collector)
        .args(["test", "--no-fail-fast", "--package", DELIVERY_TESTS]);
    command::run(&mut cargo)
}

fn require_root(why: &str) -> Result<()> {
    if !command::is_root() {
        bail!(
            "{why}: run them as root (they are never skipped silently; `--only` chooses other steps)"
        );
    }
    Ok(())
}

/// Names of the integration tests of the package that needs root.
fn tests_of_the_kernel(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("agent/kernel-tests/tests");
    let mut names = Vec::new();
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension() == Some("rs".as_ref())
            && let Some(name) = path.file_stem()
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn privileged_tests(
    workspace: &Workspace,
    targets: &[String],
    environment: &[(&str, OsString)],
) -> Result<()> {
    require_root("the tests of the running kernel load BPF programs")?;
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .args(["test", "--package", KERNEL_TESTS])
        .args(targets)
        // One at a time: scenarios count events of the whole machine.
        .args(["--", "--test-threads=1"]);
    command::run(&mut cargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(selection: &Selection, is_ci: bool) -> Result<Vec<&'static str>> {
        Ok(select(STEPS, selection, is_ci)?
            .iter()
            .map(|step| step.name)
            .collect())
    }

    #[test]
    fn everything_runs_unless_told_otherwise() {
        let everything = Selection::default();
        assert_eq!(names(&everything, true).unwrap().len(), STEPS.len());
        let skip_vm = Selection {
            skip_vm: true,
            ..Selection::default()
        };
        let shorter = names(&skip_vm, false).unwrap();
        assert_eq!(shorter.len(), STEPS.len() - 1);
        assert!(!shorter.contains(&VM_STEP));
    }

    #[test]
    fn ci_skips_nothing() {
        for selection in [
            Selection {
                skip_vm: true,
                ..Selection::default()
            },
            Selection {
                only: vec!["fmt".to_owned()],
                ..Selection::default()
            },
        ] {
            assert!(names(&selection, true).is_err());
        }
    }

    #[test]
    fn a_wrong_step_is_named_with_the_right_ones() {
        let selection = Selection {
            only: vec!["lint".to_owned()],
            ..Selection::default()
        };
        let error = names(&selection, false).unwrap_err().to_string();
        assert!(
            error.contains("no step lint") && error.contains("clippy"),
            "{error}"
        );
    }

    #[test]
    fn every_test_of_containers_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let tests = tests_of_the_kernel(&root).unwrap();
        assert!(tests.iter().any(|test| test == "live"), "{tests:?}");
        for name in CONTAINER_TESTS.iter().chain([&NETWORK_TEST]) {
            assert!(tests.iter().any(|test| test == name), "{name}: {tests:?}");
        }
    }

    #[test]
    fn step_names_are_unique() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(STEPS[..index].iter().all(|other| other.name != step.name));
        }
    }
}
