//! Running the targets, several at a time.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{captures, tool};
use crate::cache::create_folder;
use crate::command;
use crate::progress;
use crate::workspace::Workspace;

/// One input may take this long, in seconds; a thousandth of it is usual.
const INPUT_SECONDS_MAX: u32 = 5;

/// Memory of a target, in MiB; a twentieth of it is usual.
const MEMORY_MIB_MAX: u32 = 1024;

/// Longest input, in bytes. Defects show in short ones, and those run many times faster.
const INPUT_BYTES_MAX: u32 = 2000;

/// The target that classifies connections.
pub(super) const FLOW_TARGET: &str = "flow";

/// As [`INPUT_BYTES_MAX`], for connections: certificates are among the inputs, and 4 KiB of each direction count.
const FLOW_BYTES_MAX: u32 = 10_000;

/// As [`INPUT_BYTES_MAX`], for targets that read captures: real ones are among their inputs.
const CAPTURE_BYTES_MAX: u32 = 300_000;

/// Lines of a failed target's output that are shown.
const OUTPUT_LINES_MAX: usize = 40;

/// What is the same for all targets.
pub(super) struct Campaign<'w> {
    pub(super) workspace: &'w Workspace,
    pub(super) duration: Duration,
    /// What the random numbers begin with; another each time without one.
    pub(super) seed: Option<u32>,
}

/// A target that runs.
struct Run<'c> {
    target: &'c str,
    process: Child,
    log: PathBuf,
}

impl Campaign<'_> {
    /// Runs all targets and fails, at the end, if one of them did.
    pub(super) fn run(&self, targets: &[String], jobs: usize) -> Result<()> {
        progress::heading(&format!(
            "fuzzing {}: {} s each, {jobs} at a time",
            targets.join(", "),
            self.duration.as_secs()
        ));
        let mut failed = Vec::new();
        for batch in targets.chunks(jobs) {
            let runs = batch
                .iter()
                .map(|target| self.start(target))
                .collect::<Result<Vec<_>>>()?;
            for run in runs {
                let target = run.target;
                if !self.finish(run)? {
                    failed.push(target);
                }
            }
        }
        if !failed.is_empty() {
            bail!("fuzz targets failed: {}", failed.join(", "));
        }
        Ok(())
    }

    fn start<'c>(&self, target: &'c str) -> Result<Run<'c>> {
        let sources = self.workspace.root().join("fuzz");
        let finds = self.folder("corpus").join(target);
        let artifacts = self.folder("artifacts").join(target);
        for folder in [&finds, &artifacts, &self.folder("logs")] {
            create_folder(folder)?;
        }
        let captures = match target {
            captures::TARGET => captures::unpack(self.workspace, &self.folder("captures"))?,
            _ => None,
        };
        let bytes_max = match captures {
            Some(_) => CAPTURE_BYTES_MAX,
            None if target == FLOW_TARGET => FLOW_BYTES_MAX,
            None => INPUT_BYTES_MAX,
        };
        let log = self.folder("logs").join(target).with_extension("log");
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(tool::binary(self.workspace, target));
        command
            // A backtrace would push the message out of what is shown.
            .env("RUST_BACKTRACE", "0")
            .arg(format!("-max_total_time={}", self.duration.as_secs()))
            // 0 is a seed made of the time.
            .arg(format!("-seed={}", self.seed.unwrap_or(0)))
            .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
            .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
            .arg(format!("-max_len={bytes_max}"))
            .arg("-print_final_stats=1")
            // With a slash at its end: libFuzzer only puts the name behind it.
            .arg(format!("-artifact_prefix={}/", artifacts.display()));
        let dictionary = sources
            .join("dictionaries")
            .join(target)
            .with_extension("dict");
        if dictionary.exists() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        // Finds go to the first folder; the others are only read.
        command
            .arg(finds)
            .arg(sources.join("corpus").join(target))
            .args(captures);
        let process = command
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start fuzz target {target}"))?;
        Ok(Run {
            target,
            process,
            log,
        })
    }

    /// Waits for a target and says how it went; whether it found nothing.
    fn finish(&self, mut run: Run<'_>) -> Result<bool> {
        let status = run.process.wait()?;
        let output =
            fs::read(&run.log).with_context(|| format!("cannot read {}", run.log.display()))?;
        let output = String::from_utf8_lossy(&output);
        if status.success() {
            progress::detail(&format!("{:<12} {}", run.target, summary(&output)));
            return Ok(true);
        }
        progress::failure(&format!("fuzz target {} failed ({status})", run.target));
        progress::detail(&command::tail(&output, OUTPUT_LINES_MAX));
        if let Some(artifact) = artifact(&output) {
            let binary = tool::binary(self.workspace, run.target);
            progress::note(&format!("to see it again: {} {artifact}", binary.display()));
        }
        Ok(false)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.workspace.own_target().join("fuzz").join(name)
    }
}

/// The statistics that libFuzzer prints at the end, on one line.
fn summary(output: &str) -> String {
    let number = |name: &str| {
        let prefix = format!("stat::{name}:");
        let line = output.lines().find_map(|line| line.strip_prefix(&prefix));
        line.map_or("?", str::trim)
    };
    format!(
        "{:>9} inputs, {:>6} a second, {:>5} new, {:>4} MiB",
        number("number_of_executed_units"),
        number("average_exec_per_sec"),
        number("new_units_added"),
        number("peak_rss_mb"),
    )
}

/// The file with the input that failed.
fn artifact(output: &str) -> Option<&str> {
    let (_, after) = output.split_once("Test unit written to ")?;
    after.lines().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libfuzzers_statistics_are_read() {
        let output = "Done 3000 runs in 26 second(s)\n\
            stat::number_of_executed_units: 3000\nstat::average_exec_per_sec:     115\n\
            stat::new_units_added:          365\nstat::peak_rss_mb:              31\n";
        assert_eq!(
            summary(output),
            "     3000 inputs,    115 a second,   365 new,   31 MiB"
        );
    }

    #[test]
    fn a_failed_input_is_found() {
        let output = "==1== ERROR: libFuzzer: deadly signal\n\
            artifact_prefix='/t/'; Test unit written to /t/crash-0d28\nBase64: WyFhXQpB\n";
        assert_eq!(artifact(output), Some("/t/crash-0d28"));
        assert_eq!(artifact("Done 3000 runs"), None);
    }
}
