//! The cache folder: what set-up fetches or builds once and every checkout shares.
//!
//! Invariant: a folder of the cache either has its stamp file and is complete, or is made anew.
//! A folder is filled under a temporary name and renamed when it is whole, so an interrupted
//! set-up leaves nothing that a later one would believe.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::progress;

const STAMP: &str = ".stamp";

/// The cache folder of the project.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// Keeps other set-ups out of the cache while it lives.
#[derive(Debug)]
pub(crate) struct CacheLock {
    // The lock ends with the file.
    _file: File,
}

impl Cache {
    /// `$SAKER_CACHE`, else `$XDG_CACHE_HOME/saker`, else `~/.cache/saker`; created when missing.
    pub(crate) fn open() -> Result<Self> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let root = if let Some(folder) = variable("SAKER_CACHE") {
            PathBuf::from(folder)
        } else if let Some(folder) = variable("XDG_CACHE_HOME") {
            PathBuf::from(folder).join("saker")
        } else {
            let home = variable("HOME")
                .context("no cache folder: set SAKER_CACHE, XDG_CACHE_HOME or HOME")?;
            PathBuf::from(home).join(".cache/saker")
        };
        Self::at(&root)
    }

    fn at(root: &Path) -> Result<Self> {
        fs::create_dir_all(root)
            .with_context(|| format!("cannot create the cache folder {}", root.display()))?;
        // Compilers are run from here under other working folders.
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot resolve the cache folder {}", root.display()))?;
        Ok(Self { root })
    }

    /// The path of an entry, whether it exists or not.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Waits until no other process changes the cache.
    pub(crate) fn lock(&self) -> Result<CacheLock> {
        let path = self.root.join(".lock");
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        if file.try_lock().is_err() {
            progress::note(&format!("waiting for another set-up ({})", path.display()));
            file.lock()
                .with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Ok(CacheLock { _file: file })
    }

    /// The stamp of a complete entry; `None` when the entry is missing or unfinished.
    pub(crate) fn stamp(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.path(name).join(STAMP)).ok()?;
        Some(text.trim_end().to_owned())
    }

    /// Makes an entry anew: `fill` works in a temporary folder and returns the stamp.
    ///
    /// The caller holds the [`CacheLock`].
    pub(crate) fn replace(
        &self,
        _lock: &CacheLock,
        name: &str,
        fill: impl FnOnce(&Path) -> Result<String>,
    ) -> Result<PathBuf> {
        let unfinished = self.root.join(format!("{name}.unfinished"));
        let old = self.root.join(format!("{name}.old"));
        let whole = self.path(name);
        remove_folder(&unfinished)?;
        remove_folder(&old)?;
        create_folder(&unfinished)?;

        let stamp = fill(&unfinished)?;
        fs::write(unfinished.join(STAMP), stamp + "\n")
            .with_context(|| format!("cannot write the stamp of {}", whole.display()))?;

        if whole.exists() {
            rename(&whole, &old)?;
        }
        rename(&unfinished, &whole)?;
        remove_folder(&old)?;
        Ok(whole)
    }
}

/// Creates a folder and its parents.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))
}

/// Removes a folder with its contents; a folder that is not there is fine.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)
        .with_context(|| format!("cannot rename {} to {}", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> Cache {
        let root = std::env::temp_dir().join(format!("saker-xtask-{name}-{}", std::process::id()));
        remove_folder(&root).unwrap();
        Cache::at(&root).unwrap()
    }

    #[test]
    fn an_interrupted_entry_is_not_believed() {
        let cache = scratch("interrupted");
        let lock = cache.lock().unwrap();
        cache
            .replace(&lock, "tool", |folder| {
                fs::write(folder.join("half"), "")?;
                anyhow::bail!("the network went away")
            })
            .unwrap_err();
        assert_eq!(cache.stamp("tool"), None);
        assert!(!cache.path("tool").exists());

        cache
            .replace(&lock, "tool", |folder| {
                assert!(
                    !folder.join("half").exists(),
                    "leftovers of the first attempt"
                );
                Ok("1.0".to_owned())
            })
            .unwrap();
        assert_eq!(cache.stamp("tool").as_deref(), Some("1.0"));
        remove_folder(&cache.root).unwrap();
    }

    #[test]
    fn a_failed_renewal_keeps_the_old_entry() {
        let cache = scratch("renewal");
        let lock = cache.lock().unwrap();
        cache
            .replace(&lock, "tool", |_| Ok("1.0".to_owned()))
            .unwrap();
        cache
            .replace(&lock, "tool", |_| anyhow::bail!("no"))
            .unwrap_err();
        assert_eq!(cache.stamp("tool").as_deref(), Some("1.0"));
        remove_folder(&cache.root).unwrap();
    }
}
