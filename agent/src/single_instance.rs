//! One agent a host: two would report everything twice.

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Where the running agent leaves its pid.
pub(crate) const LOCK_FILE: &str = "/run/saker/saker.pid";

/// Held as long as the agent runs; the kernel releases it however the process ends.
#[derive(Debug)]
pub(crate) struct SingleInstance {
    _file: File,
}

impl SingleInstance {
    /// Takes the lock, or says who has it.
    pub(crate) fn acquire(path: &Path) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make folder {}", folder.display()))?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != Errno::WOULDBLOCK {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
            let mut pid = String::new();
            file.read_to_string(&mut pid)
                .with_context(|| format!("cannot read {}", path.display()))?;
            bail!(
                "saker already runs on this host (process {}): stop it first, or send it SIGHUP to \
                 reload its rules",
                pid.trim()
            );
        }
        file.set_len(0).context("cannot empty the lock file")?;
        file.rewind().context("cannot rewind the lock file")?;
        writeln!(file, "{}", std::process::id()).context("cannot write the lock file")?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/saker.pid");
        let first = SingleInstance::acquire(&path).expect("the first");
        let error = SingleInstance::acquire(&path)
            .expect_err("the second")
            .to_string();
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(first);
        SingleInstance::acquire(&path).expect("after the first has gone");
    }
}
