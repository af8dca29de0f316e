//! Reads the conformance data.

use std::fs;

/// The text of one file of the data.
pub(crate) fn read(name: &str) -> Option<String> {
    let path = saker_conformance::folder()?.join(name);
    Some(fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
