//! Where tests find Falco's rules, cases and captures.
//!
//! The data lie outside of the project: in the folder that `SAKER_CONFORMANCE` names, or else in
//! `../shared/conformance` beside the workspace. A plain checkout does without and says so; under
//! `CI=true` a missing folder is a failure. For tests only: no part of the agent may depend on this
//! crate.
#![forbid(unsafe_code)]

use std::env;
use std::path::PathBuf;

/// The folder; `None`, after saying so loudly, where there is none.
///
/// # Panics
///
/// Under `CI=true`, where there is none: a test that skips there would look like a pass.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let folder = env::var_os("SAKER_CONFORMANCE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        env::var_os("CI").is_none_or(|ci| ci != "true"),
        "no conformance data at {}: set SAKER_CONFORMANCE",
        folder.display()
    );
    eprintln!("SKIPPED: no conformance data at {}", folder.display());
    None
}
