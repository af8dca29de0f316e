//! `kube-test`: the Kubernetes client against a real API server.
//!
//! Not part of `test`: building the server takes minutes, the first time. The tests are those of
//! `saker-kube-watch` that its own test server passes in every run.

mod control_plane;
mod server;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::cache::Cache;
use crate::command;
use crate::progress;
use crate::workspace::Workspace;
use control_plane::ControlPlane;

/// Crate and name of the tests.
const PACKAGE: &str = "saker-kube-watch";
const TEST: &str = "real_api_server";

/// Names the cluster to the tests.
const KUBECONFIG: &str = "SAKER_KUBECONFIG";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Use the cluster that this file names instead of starting one
    ///
    /// The tests make and remove namespaces, nodes and roles whose names begin with `saker-`, and
    /// nothing else; the user of the file must be allowed to.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

/// Runs the tests against a cluster.
pub(crate) fn test(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if let Some(kubeconfig) = &arguments.kubeconfig {
        let kubeconfig = kubeconfig
            .canonicalize()
            .with_context(|| format!("cannot find {}", kubeconfig.display()))?;
        return run_tests(workspace, &kubeconfig);
    }
    let programs = {
        let cache = Cache::open()?;
        let lock = cache.lock()?;
        server::set_up(&cache, &lock)?
    };
    let control_plane = ControlPlane::start(&programs, &workspace.own_target().join("kube-test"))?;
    run_tests(workspace, control_plane.kubeconfig())
}

fn run_tests(workspace: &Workspace, kubeconfig: &std::path::Path) -> Result<()> {
    progress::heading(&format!("tests against {}", kubeconfig.display()));
    command::run(
        command::cargo()
            .current_dir(workspace.root())
            .env(KUBECONFIG, kubeconfig)
            .args(["test", "--package", PACKAGE, "--test", TEST])
            .args(["--", "--ignored", "--test-threads=1"]),
    )
}
