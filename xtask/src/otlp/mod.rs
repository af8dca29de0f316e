//! `otlp-test`: the sink for OpenTelemetry against a real collector.
//!
//! Not part of `test`: building the collector takes minutes and some gigabytes, the first time. It is made of Debian's
//! packages of its libraries; a package of the collector itself there is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::apt;
use crate::archive::{Archive, Contents, Mirror};
use crate::cache::{Cache, create_folder, remove_folder};
use crate::command;
use crate::progress;
use crate::workspace::Workspace;

/// The only release of Debian that has the libraries.
const SUITE: &str = "sid";

/// Entry of the cache, and the program in it.
const ENTRY: &str = "opentelemetry-collector";

/// The libraries, and the compiler that they are for.
const PACKAGES: [&str; 2] = ["golang-opentelemetry-collector-dev", "golang-go"];

/// A collector that hands on what it receives.
const MAIN: &str = include_str!("collector.go");

/// Tells the tests where it is.
const PROGRAM: &str = "SAKER_OTEL_COLLECTOR";

/// Builds the collector unless it is in the cache, and runs the tests.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let program = {
        let cache = Cache::open()?;
        let lock = cache.lock()?;
        if cache.stamp(ENTRY).is_none() {
            progress::heading("building an OpenTelemetry collector (about five minutes, once)");
            let mirror = Mirror::of_system()?;
            let archive = Archive::open(&cache, &mirror, &[SUITE], Contents::Packages)?;
            cache.replace(&lock, ENTRY, |folder| build(&archive, folder))?;
        }
        cache.path(ENTRY).join(ENTRY)
    };
    progress::heading("tests against an OpenTelemetry collector");
    command::run(
        command::cargo()
            .current_dir(workspace.root())
            .env(PROGRAM, program)
            .args(["test", "--package", "saker-delivery-tests"])
            .args(["--test", "sinks", "--", "--ignored", "otlp"]),
    )
}

/// Fills the entry of the cache and returns its stamp.
fn build(archive: &Archive, folder: &Path) -> Result<String> {
    let work = folder.join("build");
    let (debs, root, source) = (work.join("debs"), work.join("root"), work.join("source"));
    for part in [&debs.join("partial"), &root, &source] {
        create_folder(part)?;
    }
    progress::detail("fetching the libraries and a compiler");
    archive.download_with_dependencies(&PACKAGES, &debs)?;
    keep_only_go(&debs)?;
    apt::unpack(&debs, &root)?;
    fs::write(source.join("main.go"), MAIN).context("cannot write main.go")?;

    progress::detail("compiling");
    let compiler = compiler(&root.join("usr/lib"))?;
    let go = |arguments: &[&str]| {
        let mut go = Command::new(compiler.join("bin/go"));
        go.args(arguments)
            .current_dir(&source)
            .env("GOROOT", &compiler)
            .env("GOPATH", root.join("usr/share/gocode"))
            .env("GOCACHE", work.join("cache"))
            .env("HOME", &work)
            // Debian's libraries lie in one tree, without modules.
            .env("GO111MODULE", "off")
            .env("CGO_ENABLED", "0");
        go
    };
    command::run_quietly(go(&["build", "-o"]).arg(folder.join(ENTRY)).arg("."))?;
    let version = command::capture(&mut go(&["version"]))?;
    remove_folder(&work)?;
    Ok(version.trim().to_owned())
}

/// Removes what the compiler and the libraries draw in beside Go.
fn keep_only_go(debs: &Path) -> Result<()> {
    for entry in fs::read_dir(debs).context("cannot list the packages")? {
        let path = entry.context("cannot list the packages")?.path();
        let is_go = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("golang-"));
        if path.is_file() && !is_go {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// The folder of the compiler: its name has the version.
fn compiler(libraries: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(libraries).context("cannot list the unpacked packages")? {
        let path = entry.context("cannot list the unpacked packages")?.path();
        if path.join("bin/go").is_file() {
            return Ok(path);
        }
    }
    anyhow::bail!("the packages hold no Go compiler")
}
