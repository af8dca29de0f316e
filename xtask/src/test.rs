//! `test`: everything that must hold before a change is merged, as numbered and timed steps.

mod privileged;
mod servers;
mod steps;

use crate::ebpf::{self, KernelLog, Warnings};
use crate::progress;
use crate::workspace::Workspace;
use anyhow::{Result, bail};
pub(crate) use privileged::KERNEL_TESTS;
pub(crate) use servers::CONTAINERS;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use steps::{EBPF_STEP, Objects, OnFailure, STEPS, Step, VM_STEP};

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
    fn step_names_are_unique() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(STEPS[..index].iter().all(|other| other.name != step.name));
        }
    }
}
