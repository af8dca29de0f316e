//! Where things are in this checkout.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

/// Paths of the workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target_dir: OnceLock<PathBuf>,
}

impl Workspace {
    /// The workspace that this program belongs to.
    pub(crate) fn find() -> Result<Self> {
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest_dir)
            .parent()
            .context("xtask lies in no workspace")?
            .to_owned();
        Ok(Self {
            root,
            target_dir: OnceLock::new(),
        })
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where everything of our own making goes (`target/`), wherever cargo's own output goes.
    ///
    /// The agent's build script looks for the BPF objects at a fixed place under it.
    pub(crate) fn own_target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Where Falco's rules and captures are, if they are anywhere; they are no part of the checkout.
    pub(crate) fn conformance_data(&self) -> PathBuf {
        std::env::var_os("SAKER_CONFORMANCE")
            .map_or_else(|| self.root.join("../shared/conformance"), PathBuf::from)
    }

    /// Where cargo puts what it builds for the host: `target/`, or what the user has set.
    pub(crate) fn cargo_target(&self) -> Result<&Path> {
        if let Some(path) = self.target_dir.get() {
            return Ok(path);
        }
        let metadata = MetadataCommand::new()
            .current_dir(&self.root)
            .no_deps()
            .exec()
            .context("cannot ask cargo for the target folder")?;
        Ok(self
            .target_dir
            .get_or_init(|| metadata.target_directory.into_std_path_buf()))
    }
}
