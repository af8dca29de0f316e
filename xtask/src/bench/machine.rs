//! What the figures depend on: machine, kernel, date and command.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::proc_file;
use crate::command;
use crate::workspace::Workspace;

/// Runnable processes on average above which figures are not to be trusted.
const QUIET_LOAD_MAX: f64 = 0.5;

/// What stands above every table. A value that cannot be found is `unknown`, not an error.
pub(super) fn describe(workspace: &Workspace, binary: &Path, arguments: &str) -> String {
    let unknown = || "unknown".to_owned();
    let cpuinfo = read("/proc/cpuinfo");
    let cores = std::thread::available_parallelism().map_or_else(|_| unknown(), |n| n.to_string());
    let memory = proc_file::parse_kib(&read("/proc/meminfo"), "MemTotal")
        .map_or_else(unknown, |kib| {
            format!("{:.1} GiB", kib as f64 / 1_048_576.0)
        });
    let rows = [
        ("date", output(Command::new("date").arg("+%F"))),
        ("command", format!("`cargo xtask bench{arguments}`")),
        ("program", program(workspace, binary)),
        (
            "kernel",
            read("/proc/sys/kernel/osrelease").trim().to_owned(),
        ),
        (
            "processor",
            parse_cpu_model(&cpuinfo).map_or_else(unknown, str::to_owned),
        ),
        ("cores", cores),
        ("memory", memory),
    ];
    let mut table = String::from("| | |\n|---|---|\n");
    for (name, value) in rows {
        // Writing to a String cannot fail.
        writeln!(table, "| {name} | {value} |").unwrap_or_default();
    }
    table
}

/// Processes that ran or wanted to in the last minute, when they are too many to measure.
pub(super) fn disturbance() -> Option<f64> {
    parse_load(&read("/proc/loadavg")).filter(|load| *load > QUIET_LOAD_MAX)
}

fn program(workspace: &Workspace, binary: &Path) -> String {
    let version = output(Command::new(binary).arg("--version"));
    let commit = output(
        Command::new("git")
            .current_dir(workspace.root())
            // Without the flag git may write to its index, even to describe.
            .args(["--no-optional-locks", "describe", "--always", "--dirty"]),
    );
    format!("{version}, commit {commit}")
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn output(command: &mut Command) -> String {
    command::capture(command).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

fn parse_cpu_model(cpuinfo: &str) -> Option<&str> {
    cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim())
    })
}

fn parse_load(loadavg: &str) -> Option<f64> {
    loadavg.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named() {
        let cpuinfo = "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2.0GHz\n";
        assert_eq!(parse_cpu_model(cpuinfo), Some("Some CPU @ 2.0GHz"));
        assert_eq!(parse_cpu_model("CPU implementer\t: 0x41\n"), None);
    }

    #[test]
    fn the_last_minute_counts() {
        assert_eq!(parse_load("0.89 1.08 1.80 2/213 1090\n"), Some(0.89));
        assert_eq!(parse_load(""), None);
    }
}
