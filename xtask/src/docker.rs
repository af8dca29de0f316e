//! Docker's server and client for the tests, unpacked into the cache: as an installed package the
//! server would run, and change the network of the machine.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::apt::{self, Apt};
use crate::cache::Cache;
use crate::command;
use crate::progress;

/// Debian's package.
const PACKAGE: &str = "docker.io";

/// What the package needs of the system beside containerd and runc.
const LIBRARY: &str = "libdevmapper1.02.1";

/// Entry of the cache.
const ENTRY: &str = "docker";

/// Programs that the tests start.
const PROGRAMS: [&str; 2] = ["dockerd", "docker"];

/// `PATH` with Docker's programs, which are fetched where the machine does not have them.
pub(crate) fn path() -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    if PROGRAMS
        .iter()
        .all(|program| command::find_on_path(program).is_some())
    {
        return Ok(path);
    }
    let root = set_up()?;
    // A newer client may refuse the server: both come from the package.
    let own = [root.join("sbin"), root.join("bin")].into_iter();
    let folders = own.chain(env::split_paths(&path));
    env::join_paths(folders).context("the path of Docker cannot stand in PATH")
}

/// The folder that stands for `/usr`.
fn set_up() -> Result<PathBuf> {
    let cache = Cache::open()?;
    let lock = cache.lock()?;
    let root = cache.path(ENTRY).join("root/usr");
    if cache.stamp(ENTRY).is_some() {
        return Ok(root);
    }
    if !Apt::is_present() {
        bail!("not on PATH: {}", PROGRAMS.join(", "));
    }
    let apt = Apt::system();
    let version = match apt.candidate(PACKAGE)? {
        Some(candidate) => candidate.version,
        None => bail!("this system's package sources have no {PACKAGE}"),
    };
    apt.install(&[LIBRARY.to_owned()])?;
    cache.replace(&lock, ENTRY, |folder| {
        progress::heading(&format!("fetching {PACKAGE} {version}"));
        let debs = folder.join("debs");
        fs::create_dir(&debs).context("cannot create a folder in the cache")?;
        apt.download(&[PACKAGE.to_owned()], &debs)?;
        apt::unpack(&debs, &folder.join("root"))?;
        fs::remove_dir_all(&debs).context("cannot remove the unpacked packages")?;
        Ok(version)
    })?;
    Ok(root)
}
