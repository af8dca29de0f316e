//! The code of the messages and services, from the `.proto` files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Mode;
use crate::command;
use crate::progress;
use crate::workspace::Workspace;

/// What is written, relative to the workspace.
const GENERATED: &str = "proto/src/generated";

/// Where a check writes, below `target/`.
const COMPARED: &str = "codegen/proto";

/// Regenerates the code, or says which files differ from what would be generated.
pub(super) fn run(workspace: &Workspace, mode: Mode) -> Result<Vec<String>> {
    let committed = workspace.root().join(GENERATED);
    let output = match mode {
        Mode::Write => committed.clone(),
        Mode::Check => workspace.own_target().join(COMPARED),
    };
    if mode == Mode::Check && output.exists() {
        fs::remove_dir_all(&output)
            .with_context(|| format!("cannot empty {}", output.display()))?;
    }
    let mut generator = command::cargo();
    generator.current_dir(workspace.root());
    generator.args(["run", "--quiet", "--package", "saker-proto-codegen", "--"]);
    generator.arg("proto").arg(&output);
    command::run_quietly(&mut generator)?;
    match mode {
        Mode::Write => {
            progress::detail(&format!("{GENERATED} written"));
            Ok(Vec::new())
        }
        Mode::Check => differing(&committed, &output),
    }
}

/// The files that are in one of the folders only, or differ.
fn differing(committed: &Path, generated: &Path) -> Result<Vec<String>> {
    let mut names = file_names(committed)?;
    names.extend(file_names(generated)?);
    names.sort();
    names.dedup();
    let differs = |name: &PathBuf| {
        let read = |folder: &Path| fs::read(folder.join(name)).ok();
        read(committed) != read(generated)
    };
    let stale = names.iter().filter(|name| differs(name));
    let stale: Vec<String> = stale
        .map(|name| format!("{GENERATED}/{}: differs", name.display()))
        .collect();
    if stale.is_empty() {
        progress::detail(&format!("{GENERATED} is up to date"));
    }
    Ok(stale)
}

fn file_names(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    entries
        .map(|entry| Ok(PathBuf::from(entry?.file_name())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let [left, right] = ["left", "right"].map(|name| folder.path().join(name));
        for (side, texts) in [
            (
                &left,
                [("same", "1"), ("other", "1"), ("old", "1")].as_slice(),
            ),
            (
                &right,
                [("same", "1"), ("other", "2"), ("new", "1")].as_slice(),
            ),
        ] {
            fs::create_dir(side).unwrap();
            for (name, text) in texts {
                fs::write(side.join(name), text).unwrap();
            }
        }
        let stale = differing(&left, &right).unwrap().join("\n");
        for name in ["other", "old", "new"] {
            assert!(stale.contains(&format!("{name}: differs")), "{stale}");
        }
        assert!(!stale.contains("same"), "{stale}");
    }
}
