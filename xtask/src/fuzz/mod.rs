//! `fuzz`: every fuzz target for a while, on its committed corpus.
//!
//! cargo-fuzz builds the targets; they are run from here, because several run at a time and the
//! checkout must stay as it is: what is found goes to `target/fuzz/`.

mod campaign;
mod captures;
mod tool;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use cargo_metadata::{MetadataCommand, TargetKind};
use clap::Args;

use crate::workspace::Workspace;

use campaign::Campaign;
pub(crate) use tool::require_compiler;

/// The package with the targets.
pub(crate) const PACKAGE: &str = "saker-fuzz";

/// How long each target runs in `cargo xtask test`.
const TEST_SECONDS: u64 = 30;

/// How long the one runs there that reads what anybody may send over the network.
const FLOW_TEST_SECONDS: u64 = 60;

/// What the random numbers begin with in `cargo xtask test`: it fails for what a change did, not by
/// chance. Searching further is what `cargo xtask fuzz` is for.
const TEST_SEED: u32 = 1;

/// Targets that run at a time: as many cores as the smallest machine of CI has.
const JOBS: usize = 2;

/// What to fuzz, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Targets to run [default: all]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, value_name = "SECONDS", default_value_t = TEST_SECONDS)]
    seconds: u64,
    /// Targets that run at a time
    #[arg(long, value_name = "COUNT", default_value_t = JOBS, value_parser = positive)]
    jobs: usize,
    /// What the random numbers begin with [default: another each time]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u32>,
    /// List the targets and run none
    #[arg(long)]
    list: bool,
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

/// Runs what the command line says.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let existing = targets(workspace)?;
    if arguments.list {
        existing.iter().for_each(|target| println!("{target}"));
        return Ok(());
    }
    let chosen = choose(&existing, &arguments.targets)?;
    tool::build(workspace, &chosen)?;
    let campaign = Campaign {
        workspace,
        duration: Duration::from_secs(arguments.seconds),
        seed: arguments.seed,
    };
    campaign.run(&chosen, arguments.jobs)
}

/// Runs every target for half a minute, that of connections for a minute: a step of the test run.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let all = targets(workspace)?;
    tool::build(workspace, &all)?;
    let (flow, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|target| target == campaign::FLOW_TARGET);
    for (targets, seconds) in [(flow, FLOW_TEST_SECONDS), (others, TEST_SECONDS)] {
        let campaign = Campaign {
            workspace,
            duration: Duration::from_secs(seconds),
            seed: Some(TEST_SEED),
        };
        campaign.run(&targets, JOBS)?;
    }
    Ok(())
}

/// The names of all targets, which are the binaries of the package.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .current_dir(workspace.root())
        .no_deps()
        .exec()
        .context("cannot ask cargo for the fuzz targets")?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name == PACKAGE)
        .with_context(|| format!("the workspace has no package {PACKAGE}"))?;
    let binaries = package
        .targets
        .iter()
        .filter(|target| target.kind.contains(&TargetKind::Bin));
    Ok(binaries.map(|target| target.name.clone()).collect())
}

fn choose(existing: &[String], wanted: &[String]) -> Result<Vec<String>> {
    if let Some(unknown) = wanted.iter().find(|name| !existing.contains(name)) {
        bail!(
            "no fuzz target {unknown}; there are: {}",
            existing.join(", ")
        );
    }
    Ok(if wanted.is_empty() {
        existing.to_vec()
    } else {
        wanted.to_vec()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_target_is_named_with_the_right_ones() {
        let existing = ["check", "record"].map(str::to_owned);
        let error = choose(&existing, &["chek".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("check, record"), "{error}");
        assert_eq!(choose(&existing, &[]).unwrap(), existing);
        assert_eq!(choose(&existing, &existing[1..]).unwrap(), ["record"]);
    }
}
