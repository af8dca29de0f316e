//! Debian's package tools: asking for versions, fetching, unpacking and installing.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::progress;

/// Apt with the system's configuration, or with settings laid over it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apt {
    /// `-o` settings that every call carries.
    settings: Vec<OsString>,
}

/// The fields of a package's candidate version that set-up needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) version: String,
    /// Names in `Depends`, without versions; of alternatives the first.
    pub(crate) depends: Vec<String>,
}

impl Apt {
    /// Apt as the system is configured.
    pub(crate) fn system() -> Self {
        Self::default()
    }

    /// Apt with further settings (`Name=value`).
    pub(crate) fn with_settings(settings: impl IntoIterator<Item = String>) -> Self {
        Self {
            settings: settings.into_iter().map(OsString::from).collect(),
        }
    }

    /// Whether this machine has Debian's tools at all.
    pub(crate) fn is_present() -> bool {
        ["apt-get", "apt-cache", "dpkg"]
            .iter()
            .all(|program| command::find_on_path(program).is_some())
    }

    /// A command of the apt family with our settings, in the language the parsers expect.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C.UTF-8");
        for setting in &self.settings {
            command.arg("-o").arg(setting);
        }
        command
    }

    /// The version apt would choose, or `None` when it does not know the package.
    pub(crate) fn candidate(&self, package: &str) -> Result<Option<Candidate>> {
        let output = self
            .command("apt-cache")
            .args(["show", "--no-all-versions", package])
            .output()
            .context("cannot start `apt-cache`")?;
        // An unknown package and a purely virtual one both end here.
        if !output.status.success() {
            return Ok(None);
        }
        Ok(parse_candidate(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Refreshes the package index.
    pub(crate) fn update(&self) -> Result<()> {
        command::run_quietly(self.command("apt-get").args(["-qq", "update"]))
    }

    /// Fetches packages into a folder without installing them.
    pub(crate) fn download(&self, packages: &[String], folder: &Path) -> Result<()> {
        progress::detail(&format!("downloading {}", packages.join(" ")));
        command::run_quietly(
            self.command("apt-get")
                .args(["-qq", "-o", "APT::Sandbox::User=root", "download"])
                .args(packages)
                .current_dir(folder),
        )
    }

    /// Installs packages that are missing; needs root, else the error says what to type.
    pub(crate) fn install(&self, packages: &[String]) -> Result<()> {
        let missing: Vec<&String> = packages
            .iter()
            .filter(|package| !is_installed(package))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let names = missing
            .iter()
            .map(|package| package.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        if !command::is_root() {
            bail!(
                "missing Debian packages; run this once, then try again:\n    \
                 sudo apt-get install --no-install-recommends {names}"
            );
        }
        progress::detail(&format!("installing {names}"));
        command::run_quietly(
            self.command("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["-qq", "-y", "--no-install-recommends", "install"])
                .args(missing),
        )
    }
}

/// Unpacks a package file, or every `.deb` of a folder, without installing it.
pub(crate) fn unpack(debs: &Path, into: &Path) -> Result<()> {
    let files = if debs.is_dir() {
        let mut files = Vec::new();
        for entry in
            std::fs::read_dir(debs).with_context(|| format!("cannot list {}", debs.display()))?
        {
            files.push(entry?.path());
        }
        files
    } else {
        vec![debs.to_owned()]
    };
    for file in files
        .iter()
        .filter(|file| file.extension() == Some("deb".as_ref()))
    {
        command::run_quietly(Command::new("dpkg").arg("-x").arg(file).arg(into))?;
    }
    Ok(())
}

/// Whether dpkg has a package installed.
fn is_installed(package: &str) -> bool {
    command::capture(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Abbrev}", package]))
        .is_ok_and(|status| status.starts_with("ii"))
}

fn parse_candidate(record: &str) -> Option<Candidate> {
    let field = |name: &str| {
        record
            .lines()
            .take_while(|line| !line.is_empty())
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let version = field("Version")?.to_owned();
    let depends = field("Depends")
        .unwrap_or_default()
        .split(',')
        .filter_map(|clause| clause.split(['|', '(', ' ']).find(|word| !word.is_empty()))
        .map(|name| name.split(':').next().unwrap_or(name).to_owned())
        .collect();
    Some(Candidate { version, depends })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_record_is_read() {
        let record = "Package: libstd-rust-web-1.96\nVersion: 1.96.0+dfsg1-1~deb12u2\n\
            Depends: libc6 (>= 2.36), libllvm22 (>= 1:22), gcc:amd64 | clang\n\nPackage: other\n";
        assert_eq!(
            parse_candidate(record),
            Some(Candidate {
                version: "1.96.0+dfsg1-1~deb12u2".to_owned(),
                depends: ["libc6", "libllvm22", "gcc"].map(str::to_owned).to_vec(),
            })
        );
        assert_eq!(parse_candidate(""), None);
    }
}
