//! `codegen`: the documents that are written by the agent's own tables, and the code of the messages.

mod messages;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::progress;
use crate::workspace::Workspace;

/// What to do with a document that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// A file, and what fills it in turn: a program, and its argument of `docs`.
const DOCUMENTS: [(&str, &[(&str, &str)]); 3] = [
    ("docs/events.md", &[("saker", "events")]),
    ("docs/fields.md", &[("saker", "fields")]),
    (
        "docs/metrics.md",
        &[("saker", "metrics"), ("saker-collector", "metrics")],
    ),
];

/// Regenerates (or compares) every generated file; the BPF objects must be there.
pub(crate) fn run(workspace: &Workspace, mode: Mode) -> Result<()> {
    let mut stale = Vec::new();
    for (file, parts) in DOCUMENTS {
        let mut generated = String::new();
        for (program, topic) in parts {
            if !generated.is_empty() {
                generated.push('\n');
            }
            generated.push_str(&capture(workspace, program, topic)?);
        }
        let path = workspace.root().join(file);
        let present = fs::read_to_string(&path).unwrap_or_default();
        if present == generated {
            progress::detail(&format!("{file} is up to date"));
            continue;
        }
        match mode {
            Mode::Write => write(&path, &generated)?,
            Mode::Check => stale.push(format!(
                "{file}: {}",
                first_difference(&present, &generated)
            )),
        }
    }
    stale.extend(messages::run(workspace, mode)?);
    if !stale.is_empty() {
        bail!(
            "generated files are out of date; run `cargo xtask codegen` and commit the result\n  {}",
            stale.join("\n  ")
        );
    }
    Ok(())
}

/// What a program says of itself.
fn capture(workspace: &Workspace, program: &str, topic: &str) -> Result<String> {
    command::capture(command::cargo().current_dir(workspace.root()).args([
        "run",
        "--quiet",
        "--package",
        program,
        "--",
        "docs",
        topic,
    ]))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    progress::detail(&format!("{} written", path.display()));
    Ok(())
}

/// Where two texts part, for a person.
fn first_difference(present: &str, generated: &str) -> String {
    let mut present = present.lines();
    let mut generated = generated.lines();
    for number in 1.. {
        match (present.next(), generated.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                return format!(
                    "line {number}\n    - {}\n    + {}",
                    old.unwrap_or("(end of file)"),
                    new.unwrap_or("(end of file)")
                );
            }
        }
    }
    "line ends differ".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_shown() {
        assert_eq!(
            first_difference("a\nb\n", "a\nc\n"),
            "line 2\n    - b\n    + c"
        );
        assert_eq!(
            first_difference("", "a\n"),
            "line 1\n    - (end of file)\n    + a"
        );
        assert_eq!(first_difference("a", "a\n"), "line ends differ");
    }
}
