//! kube-apiserver, built from Debian's own source package, and etcd.
//!
//! Debian has no package of the server for this release but its source, and no newer one. It is built
//! once with the Go that it was written for; the compiler is unpacked beside it and removed again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::apt;
use crate::archive::{Archive, Contents, Mirror};
use crate::cache::{Cache, CacheLock, create_folder, remove_folder};
use crate::command;
use crate::progress;

/// The release of Debian that has the source.
const SUITE: &str = "bookworm";

/// Entry of the cache.
const ENTRY: &str = "kube-apiserver";

/// What the build needs and set-up does not: compiler, libraries that replace vendored ones, rsync.
const BUILD_PACKAGES: [&str; 7] = [
    "golang-1.19-go",
    "golang-1.19-src",
    "golang-github-modern-go-reflect2-dev",
    "rsync",
    "libpopt0",
    "libxxhash0",
    "etcd-server",
];

/// The programs of a control plane.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) api_server: PathBuf,
    pub(super) etcd: PathBuf,
}

/// The programs from the cache, built first when missing.
pub(super) fn set_up(cache: &Cache, lock: &CacheLock) -> Result<Programs> {
    if cache.stamp(ENTRY).is_none() {
        progress::heading("building kube-apiserver (about ten minutes, once)");
        let mirror = Mirror::of_system()?;
        let archive = Archive::open(cache, &mirror, &[SUITE], Contents::PackagesAndSources)?;
        cache.replace(lock, ENTRY, |folder| build(&archive, folder))?;
    }
    let folder = cache.path(ENTRY);
    Ok(Programs {
        api_server: folder.join("kube-apiserver"),
        etcd: folder.join("etcd"),
    })
}

/// Fills the entry of the cache and returns its stamp.
fn build(archive: &Archive, folder: &Path) -> Result<String> {
    let work = folder.join("build");
    let (debs, root, source) = (work.join("debs"), work.join("root"), work.join("source"));
    for part in [&debs, &root, &source] {
        create_folder(part)?;
    }
    progress::detail("fetching the source and a compiler");
    archive
        .apt
        .download(&BUILD_PACKAGES.map(str::to_owned), &debs)?;
    apt::unpack(&debs, &root)?;
    archive.download_source("kubernetes", &source)?;
    let tree = unpack_source(&source)?;
    // The vendored version of this library reads the layout of Go's maps, which has changed since: the
    // server would crash at the first custom resource.
    let library = "github.com/modern-go/reflect2";
    let vendored = tree.join("vendor").join(library);
    remove_folder(&vendored)?;
    copy_folder(&root.join("usr/share/gocode/src").join(library), &vendored)?;

    progress::detail("compiling");
    let version = compile(&tree, &root, &work)?;
    fs::copy(
        tree.join("_output/bin/kube-apiserver"),
        folder.join("kube-apiserver"),
    )
    .context("cannot copy kube-apiserver")?;
    fs::copy(root.join("usr/bin/etcd"), folder.join("etcd")).context("cannot copy etcd")?;
    // Go leaves its module cache without the right to write.
    command::run_quietly(Command::new("chmod").args(["-R", "u+w"]).arg(&work))?;
    remove_folder(&work)?;
    Ok(version)
}

/// Unpacks the upstream archive; Debian's changes concern packages that are not built here.
fn unpack_source(folder: &Path) -> Result<PathBuf> {
    let find = |wanted: &dyn Fn(&Path) -> bool| -> Result<Option<PathBuf>> {
        for entry in fs::read_dir(folder).context("cannot list the source package")? {
            let path = entry.context("cannot list the source package")?.path();
            if wanted(&path) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    };
    let archive = find(&|path| path.to_string_lossy().contains(".orig.tar."))?
        .context("the source package holds no upstream archive")?;
    command::run_quietly(
        Command::new("tar")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(folder),
    )?;
    find(&|path| path.is_dir())?.context("the upstream archive holds no folder")
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    command::run_quietly(Command::new("cp").arg("-r").arg(from).arg(to))
}

/// Compiles the server and returns what it says its version is.
fn compile(tree: &Path, root: &Path, work: &Path) -> Result<String> {
    let go = root.join("usr/lib/go-1.19");
    let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
        .map(|folder| root.join(folder).display().to_string())
        .join(":");
    let path = std::env::join_paths(
        [go.join("bin"), root.join("usr/bin")].into_iter().chain(
            std::env::var_os("PATH")
                .iter()
                .flat_map(std::env::split_paths),
        ),
    )
    .context("PATH cannot be extended")?;
    let version = tree
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_prefix("kubernetes-"))
        .context("the folder of the source names no version")?;
    command::run_quietly(
        Command::new("make")
            .current_dir(tree)
            .arg("WHAT=cmd/kube-apiserver")
            .env("PATH", path)
            .env("LD_LIBRARY_PATH", libraries)
            .env("GOROOT", &go)
            .env("HOME", work)
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "-mod=vendor")
            // There is no repository to ask.
            .env("KUBE_GIT_VERSION", format!("v{version}"))
            .env("KUBE_GIT_COMMIT", "unknown")
            .env("KUBE_GIT_TREE_STATE", "archive"),
    )?;
    let said =
        command::capture(Command::new(tree.join("_output/bin/kube-apiserver")).arg("--version"))?;
    Ok(said.trim().to_owned())
}
