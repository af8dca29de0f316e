//! Programs that a step needs, and Debian's packages that have them.

use anyhow::{Result, bail};

use crate::apt::Apt;
use crate::command;
use crate::progress;

/// A program and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// Its name on `PATH`, or its absolute path.
    pub(crate) name: &'static str,
    /// Debian's package.
    pub(crate) package: &'static str,
}

impl Program {
    fn is_present(self) -> bool {
        // A folder of PATH joined with an absolute path is that path.
        command::find_on_path(self.name).is_some()
    }
}

/// Installs the packages of the programs that are missing; without root, the error says what to type.
///
/// A program that is there stays as it is, wherever it came from.
pub(crate) fn require(programs: &[Program]) -> Result<()> {
    let missing: Vec<Program> = programs
        .iter()
        .copied()
        .filter(|program| !program.is_present())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !Apt::is_present() {
        let names: Vec<&str> = missing.iter().map(|program| program.name).collect();
        bail!("not on PATH: {}", names.join(", "));
    }
    let mut packages: Vec<String> = missing
        .iter()
        .map(|program| program.package.to_owned())
        .collect();
    packages.sort();
    packages.dedup();
    let apt = Apt::system();
    apt.install(&packages).or_else(|error| {
        if !command::is_root() {
            return Err(error);
        }
        // The index may be missing, or name versions that the archive has replaced meanwhile.
        progress::detail("refreshing the package index (apt-get update)");
        apt.update()?;
        apt.install(&packages)
    })
}
