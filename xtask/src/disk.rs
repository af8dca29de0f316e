//! Room for what a test run builds.
//!
//! A compiler that runs out of room half way fails in many ways, some of them as a crash of the linker:
//! better to say it first.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::progress;

/// What a test run from nothing leaves in the target folder, and what its programs need beside it.
const FULL_RUN_BYTES: u64 = 18 << 30;

/// Below this even a run with everything built already is likely to fail.
const LEAST_BYTES: u64 = 1 << 30;

const GIB: f64 = (1_u64 << 30) as f64;

/// Fails when a folder's file system is nearly full, and says so when a full run may not fit.
pub(crate) fn require_room(folder: &Path) -> Result<()> {
    let existing = folder
        .ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(folder);
    let status = rustix::fs::statvfs(existing)
        .with_context(|| format!("cannot ask how much room {} has", existing.display()))?;
    let free = status.f_bavail.saturating_mul(status.f_frsize);
    let shown = format!("{:.1} GiB free at {}", free as f64 / GIB, folder.display());
    if free < LEAST_BYTES {
        bail!(
            "{shown}: a run needs 18 GiB; make room, or set CARGO_TARGET_DIR to a folder that has it"
        );
    }
    if free < FULL_RUN_BYTES {
        progress::note(&format!("{shown}: a run from nothing needs 18 GiB"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_does_not_exist_yet_has_the_room_of_its_parent() {
        let folder = std::env::temp_dir().join("saker-no-such-folder/target");
        require_room(&folder).expect("the temporary folder has a gigabyte left");
    }

    #[test]
    fn a_file_system_without_room_is_refused() {
        let error = require_room(Path::new("/proc/self")).expect_err("/proc has no room at all");
        assert!(error.to_string().contains("0.0 GiB free"), "{error}");
    }
}
