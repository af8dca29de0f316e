//! Running other programs: the command line is shown before, and is part of the error after.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::progress;

/// Longest part of a program's error output that an error repeats, in lines.
const ERROR_LINES_MAX: usize = 30;

/// Runs a command whose output goes to the user, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = display(command);
    progress::detail(&format!("$ {shown}"));
    let status = command
        .status()
        .map_err(|error| spawn_error(error, command))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs a command quietly; its output is shown only when it fails.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    capture(command).map(drop)
}

/// Runs a command and returns its standard output; standard error becomes part of the error.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = capture_all(command)?;
    text(command, output.stdout)
}

/// Runs a command and returns its standard error, for programs that report there.
pub(crate) fn capture_stderr(command: &mut Command) -> Result<String> {
    let output = capture_all(command)?;
    text(command, output.stderr)
}

fn capture_all(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| spawn_error(error, command))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed ({})\n{}",
            display(command),
            output.status,
            tail(&stderr, ERROR_LINES_MAX)
        );
    }
    Ok(output)
}

fn text(command: &Command, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes)
        .with_context(|| format!("`{}` printed bytes that are not UTF-8", display(command)))
}

/// The last `lines_max` lines of a text.
pub(crate) fn tail(text: &str, lines_max: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let first = lines.len().saturating_sub(lines_max);
    lines.get(first..).unwrap_or_default().join("\n")
}

/// Where a program is on `PATH`, if it is there.
pub(crate) fn find_on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// The cargo that started us (or the one on `PATH`), freed from what `cargo run` put in its
/// environment.
///
/// A nested cargo must not see the variables that describe *this* package: build scripts and
/// `env!` would believe them.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if describes_this_package(&name) {
            command.env_remove(name);
        }
    }
    command
}

fn describes_this_package(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    name == "CARGO_CRATE_NAME"
        || name == "CARGO_PRIMARY_PACKAGE"
        || name == "OUT_DIR"
        || ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Whether this process may do what root may do.
pub(crate) fn is_root() -> bool {
    // The owner of /proc/self is the effective user, without a binding to the C library.
    std::fs::metadata("/proc/self")
        .is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

fn spawn_error(error: std::io::Error, command: &Command) -> anyhow::Error {
    let program = command.get_program().to_string_lossy().into_owned();
    if error.kind() == ErrorKind::NotFound {
        anyhow::anyhow!("`{program}` is not installed (or not on PATH)")
    } else {
        anyhow::Error::new(error).context(format!("cannot start `{program}`"))
    }
}

/// A command as it could be typed.
fn display(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| {
            let part = part.to_string_lossy();
            if part.contains([' ', '"', '$']) {
                format!("'{part}'")
            } else {
                part.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_carry_the_command_and_its_words() {
        let error = run_quietly(Command::new("sh").args(["-c", "echo because >&2; exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sh -c 'echo because >&2; exit 3'"),
            "{error}"
        );
        assert!(error.contains("because"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run_quietly(&mut Command::new("no-such-program")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`no-such-program` is not installed")
        );
    }

    #[test]
    fn tail_keeps_the_end() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }

    #[test]
    fn nested_cargo_keeps_settings_and_loses_identity() {
        assert!(describes_this_package(OsStr::new("CARGO_PKG_NAME")));
        assert!(describes_this_package(OsStr::new("CARGO_MANIFEST_DIR")));
        assert!(!describes_this_package(OsStr::new("CARGO_HOME")));
        assert!(!describes_this_package(OsStr::new("CARGO_TARGET_DIR")));
    }
}
