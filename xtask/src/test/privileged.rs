//! The tests that need root: the running kernel, container runtimes, networks and servers of their own.

use super::servers;
use crate::agent::{self, Profile};
use crate::bench::node;
use crate::command;
use crate::docker;
use crate::envoy;
use crate::programs;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::Path;

/// The package whose tests need root and the running kernel.
pub(crate) const KERNEL_TESTS: &str = "saker-kernel-tests";

/// Those of its tests that start container runtimes.
const CONTAINER_TESTS: &[&str] = &["containers", "podman"];

/// The one that puts real servers and clients into networks of their own.
const NETWORK_TEST: &str = "network";

/// The package whose tests start agent, collector and real servers.
pub(super) const DELIVERY_TESTS: &str = "saker-delivery-tests";

pub(super) fn kernel(workspace: &Workspace) -> Result<()> {
    let mut targets = vec!["--lib".to_owned(), "--bins".to_owned()];
    for test in tests_of_the_kernel(workspace.root())? {
        let others = [node::TEST, NETWORK_TEST];
        if !CONTAINER_TESTS.contains(&test.as_str()) && !others.contains(&test.as_str()) {
            targets.extend(["--test".to_owned(), test]);
        }
    }
    privileged_tests(workspace, &targets, &[]).context("scenarios against the running kernel")
}

pub(super) fn containers(workspace: &Workspace) -> Result<()> {
    programs::require(servers::CONTAINERS).context("the container runtimes of the tests")?;
    let path = docker::path().context("Docker for the tests")?;
    let targets: Vec<String> = CONTAINER_TESTS
        .iter()
        .flat_map(|&test| ["--test", test])
        .map(str::to_owned)
        .collect();
    privileged_tests(workspace, &targets, &[("PATH", path)])
        .context("tests beside container runtimes")
}

pub(super) fn network(workspace: &Workspace) -> Result<()> {
    programs::require(servers::NETWORK).context("the servers of the tests")?;
    let envoy = envoy::path().context("Envoy for the tests")?;
    let agent = agent::build(workspace, Profile::Release)?;
    let collector = agent::build_collector(workspace, Profile::Dev)?;
    let targets = ["--test", NETWORK_TEST].map(str::to_owned);
    let environment = [
        ("SAKER_ENVOY", envoy.into_os_string()),
        ("SAKER_BINARY", agent.into_os_string()),
        ("SAKER_COLLECTOR_BINARY", collector.into_os_string()),
    ];
    privileged_tests(workspace, &targets, &environment).context("tests of the network")
}

pub(super) fn delivery(workspace: &Workspace) -> Result<()> {
    programs::require(servers::DELIVERY).context("the servers of the tests")?;
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

    #[test]
    fn every_test_of_containers_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let tests = tests_of_the_kernel(&root).unwrap();
        assert!(tests.iter().any(|test| test == "live"), "{tests:?}");
        for name in CONTAINER_TESTS.iter().chain([&NETWORK_TEST]) {
            assert!(tests.iter().any(|test| test == name), "{name}: {tests:?}");
        }
    }
}
