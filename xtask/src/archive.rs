//! Debian's archive: packages of other releases than the system's too.
//!
//! Apt runs with sources, lists and caches of our own, and nothing is installed: packages are
//! unpacked into the cache. The mirror is the one that the system's own apt uses.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::apt::Apt;
use crate::cache::{Cache, create_folder};
use crate::command;
use crate::progress;

/// The keys that sign Debian's releases.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Where Debian's archive is, as the system's apt knows it.
#[derive(Debug)]
pub(crate) struct Mirror {
    main: String,
    security: Option<String>,
    /// The system's own release.
    pub(crate) release: String,
}

impl Mirror {
    pub(crate) fn of_system() -> Result<Self> {
        if !Apt::is_present() {
            bail!("what is missing comes from Debian's archive: this needs a Debian system");
        }
        let list = |label: &str| {
            command::capture(Apt::system().command("apt-get").args([
                "indextargets",
                "--format",
                "$(REPO_URI) $(CODENAME)",
                "Created-By: Packages",
                "Origin: Debian",
                &format!("Label: {label}"),
            ]))
        };
        let main = list("Debian")?;
        let (main, release) = main
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(_, codename)| !codename.contains('-'))
            .context(
                "the package index names no release of Debian; run `apt-get update`, then try again",
            )?;
        let security = list("Debian-Security")?
            .lines()
            .find_map(|line| Some(line.split_once(' ')?.0.to_owned()));
        Ok(Self {
            main: main.to_owned(),
            security,
            release: release.to_owned(),
        })
    }

    fn of_suite(&self, suite: &str) -> Option<&str> {
        if suite.ends_with("-security") {
            self.security.as_deref()
        } else {
            Some(&self.main)
        }
    }
}

/// What of a suite is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    Packages,
    PackagesAndSources,
}

impl Contents {
    /// The kinds of lines in `sources.list`.
    const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Packages => &["deb"],
            Self::PackagesAndSources => &["deb", "deb-src"],
        }
    }

    /// What tells the folders of indexes apart.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Packages => "",
            Self::PackagesAndSources => "+sources",
        }
    }
}

/// The packages of some suites, with an index of our own.
pub(crate) struct Archive {
    pub(crate) apt: Apt,
    last_suite: String,
}

impl Archive {
    /// Fetches the index of those of the suites that the mirror has.
    ///
    /// The first must be there; the others (security, backports) come and go in a release's life.
    pub(crate) fn open(
        cache: &Cache,
        mirror: &Mirror,
        suites: &[&str],
        contents: Contents,
    ) -> Result<Self> {
        let folder = cache.path("apt").join(suites.join("+") + contents.suffix());
        for part in ["lists/partial", "archives/partial"] {
            create_folder(&folder.join(part))?;
        }
        let sources = folder.join("sources.list");
        let signed_by = if Path::new(KEYRING).exists() {
            format!(" signed-by={KEYRING}")
        } else {
            String::new()
        };
        let folder = folder.display();
        let apt = Apt::with_settings([
            format!("Dir::Etc::sourcelist={}", sources.display()),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            "Dir::Etc::preferences=/dev/null".to_owned(),
            "Dir::Etc::preferencesparts=/dev/null".to_owned(),
            format!("Dir::State::lists={folder}/lists"),
            format!("Dir::Cache={folder}"),
            "APT::Sandbox::User=root".to_owned(),
            "APT::Architecture=amd64".to_owned(),
            "Acquire::Languages=none".to_owned(),
            // An archived release is past its date.
            "Acquire::Check-Valid-Until=false".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        ]);
        let mut present = String::new();
        let mut last_suite = String::new();
        for suite in suites {
            let Some(uri) = mirror.of_suite(suite) else {
                continue;
            };
            let line: String = contents
                .kinds()
                .iter()
                .map(|kind| format!("{kind} [arch=amd64{signed_by}] {uri} {suite} main\n"))
                .collect();
            fs::write(&sources, format!("{present}{line}"))
                .with_context(|| format!("cannot write {}", sources.display()))?;
            progress::detail(&format!("reading the package index of {suite}"));
            match apt.update() {
                Ok(()) => {
                    present += &line;
                    last_suite = (*suite).to_owned();
                }
                Err(error) if present.is_empty() => return Err(error),
                Err(_) => progress::detail(&format!("the mirror has no {suite}")),
            }
        }
        fs::write(&sources, present)
            .with_context(|| format!("cannot write {}", sources.display()))?;
        Ok(Self { apt, last_suite })
    }

    /// The first dependency of a package whose name begins so.
    pub(crate) fn dependency(&self, package: &str, prefix: &str) -> Result<Option<String>> {
        let candidate = self
            .apt
            .candidate(package)?
            .with_context(|| format!("the package index has no {package}"))?;
        Ok(candidate
            .depends
            .into_iter()
            .find(|name| name.starts_with(prefix)))
    }

    /// Downloads packages with those dependencies that the system lacks; installs nothing.
    pub(crate) fn download_with_dependencies(&self, packages: &[&str], debs: &Path) -> Result<()> {
        command::run_quietly(
            self.apt
                .command("apt-get")
                .args(["-qq", "-y", "--no-install-recommends", "--download-only"])
                .args(["--target-release", &self.last_suite])
                .arg("-o")
                .arg(format!("Dir::Cache::archives={}", debs.display()))
                // Nothing of the system is changed, so its lock is not needed (nor root).
                .args(["-o", "Debug::NoLocking=true"])
                .arg("install")
                .args(packages),
        )
    }

    /// Fetches the files of a source package.
    pub(crate) fn download_source(&self, package: &str, folder: &Path) -> Result<()> {
        command::run_quietly(
            self.apt
                .command("apt-get")
                .args(["-qq", "source", "--download-only", package])
                .current_dir(folder),
        )
    }
}
