//! Reading cases from files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use saker_rule_fields::Fields;

use crate::case::{Case, Place, Section};
use crate::error::CaseError;
use crate::form::sections;

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

/// The files of cases in a folder: all `.yaml` and `.yml` files, in the order of their names.
///
/// # Errors
///
/// [`CaseError::Read`] when the folder cannot be read.
pub fn files_in(directory: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let unreadable = |source| CaseError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut paths = fs::read_dir(directory)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(unreadable))
        .collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| {
        let is_named = path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
        is_named && !path.is_dir()
    });
    paths.sort();
    Ok(paths)
}

/// Reads one file.
///
/// # Errors
///
/// As [`parse`], and [`CaseError::Read`] when it cannot be read.
pub fn load_file(path: &Path) -> Result<CaseFile, Vec<CaseError>> {
    let text = fs::read_to_string(path).map_err(|source| {
        vec![CaseError::Read {
            path: path.to_owned(),
            source,
        }]
    })?;
    parse(path, &text)
}

/// Reads the text of a file.
///
/// # Errors
///
/// [`CaseError::Format`] when it does not hold cases, or a [`CaseError::Case`] for each case that is not
/// in order.
pub fn parse(path: &Path, text: &str) -> Result<CaseFile, Vec<CaseError>> {
    let shared: Arc<Path> = path.into();
    // Errors say their place and nothing twice.
    let options = serde_saphyr::options! { with_snippet: false };
    let forms = serde_saphyr::from_str_with_options(text, options).map_err(|source| {
        let line = source.location().map_or(1, |location| location.line());
        vec![CaseError::Format {
            place: Place {
                path: Arc::clone(&shared),
                line,
            },
            source: Box::new(source),
        }]
    })?;
    let mut errors = Vec::new();
    let sections = sections(&shared, forms, &Fields::new(), &mut errors);
    if errors.is_empty() {
        Ok(CaseFile {
            path: path.to_owned(),
            sections,
        })
    } else {
        Err(errors)
    }
}
