//! Reading cases from files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::{Case, Section};
use crate::error::CaseError;

/// The cases of one file.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds, in its order.
    pub sections: Vec<Section>,
}

impl CaseFile {
    /// All cases, each with the name of the rule that it is about.
    pub fn cases(&self) -> impl Iterator<Item = (&str, &Case)> {
        self.sections.iter().flat_map(|section| {
            section
                .cases
                .iter()
                .map(|case| (section.rule.as_str(), case))
        })
    }
}

/// Reads all `.yaml` and `.yml` files of a folder, in the order of their names.
///
/// # Errors
///
/// [`CaseError`] when the folder or a file cannot be read, or a file does not hold cases.
pub fn load_directory(directory: &Path) -> Result<Vec<CaseFile>, CaseError> {
    let unreadable = |source| CaseError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut paths = fs::read_dir(directory)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(unreadable))
        .collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|end| end == "yaml" || end == "yml")
    });
    paths.sort();
    paths.iter().map(|path| load_file(path)).collect()
}

/// Reads one file.
///
/// # Errors
///
/// [`CaseError`] when it cannot be read or does not hold cases.
pub fn load_file(path: &Path) -> Result<CaseFile, CaseError> {
    let text = fs::read_to_string(path).map_err(|source| CaseError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(path, &text)
}

/// Reads the text of a file.
///
/// # Errors
///
/// [`CaseError::Format`] when it does not hold cases.
pub fn parse(path: &Path, text: &str) -> Result<CaseFile, CaseError> {
    let sections = serde_saphyr::from_str(text).map_err(|source| CaseError::Format {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    Ok(CaseFile {
        path: path.to_owned(),
        sections,
    })
}
