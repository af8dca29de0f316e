//! Which files of cases are meant, and which rules they are about.

use super::InputError;
use saker_rule_cases::{CaseError, CaseFile, files_in, load_file};
use std::path::{Path, PathBuf};

/// The folder of cases in a folder of rules.
const TESTS: &str = "tests";
/// Where rules are looked for when no path is given.
const DEFAULT_FOLDER: &str = "rules";

/// Files of cases and the rules that they are about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    /// Files and folders of rules, in the order in which they are loaded.
    pub(crate) rules: Vec<PathBuf>,
    /// Files of cases.
    pub(crate) cases: Vec<PathBuf>,
}

/// The suites that paths mean; those about the same rules are one. Without a path `./rules`, or else the
/// current folder.
pub(crate) fn suites(paths: &[PathBuf], rules: &[PathBuf]) -> Result<Vec<Suite>, InputError> {
    let default = [PathBuf::from(if Path::new(DEFAULT_FOLDER).is_dir() {
        DEFAULT_FOLDER
    } else {
        "."
    })];
    let paths = if paths.is_empty() { &default } else { paths };
    let mut suites: Vec<Suite> = Vec::new();
    for path in paths {
        let found = suite(path, rules)?;
        match suites.iter_mut().find(|known| known.rules == found.rules) {
            Some(known) => known.cases.extend(found.cases),
            None => suites.push(found),
        }
    }
    Ok(suites)
}

/// The suite that one path means.
pub(crate) fn suite(path: &Path, rules: &[PathBuf]) -> Result<Suite, InputError> {
    // Otherwise a path that is mistyped would be taken for cases without rules beside them.
    std::fs::metadata(path).map_err(|source| InputError::NoSuchPath {
        path: path.to_owned(),
        source,
    })?;
    let (cases, beside) = if !path.is_dir() {
        let folder = parent(path);
        (vec![path.to_owned()], tested_by(&folder))
    } else if path.join(TESTS).is_dir() {
        (cases_in(&path.join(TESTS))?, Some(path.to_owned()))
    } else {
        (cases_in(path)?, tested_by(path))
    };
    if cases.is_empty() {
        return Err(InputError::NoCases(path.to_owned()));
    }
    let rules = match (rules, beside) {
        ([], Some(folder)) => vec![folder],
        ([], None) => return Err(InputError::NoRules(path.to_owned())),
        (rules, _) => rules.to_vec(),
    };
    Ok(Suite { rules, cases })
}

/// Reads files of cases; all errors of all files are gathered.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<CaseFile>, InputError> {
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for path in paths {
        match load_file(path) {
            Ok(file) => files.push(file),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() {
        Ok(files)
    } else {
        Err(InputError::Cases(errors))
    }
}

fn cases_in(folder: &Path) -> Result<Vec<PathBuf>, InputError> {
    files_in(folder).map_err(|error: CaseError| InputError::Cases(vec![error]))
}

/// The folder of rules that a folder of cases belongs to.
fn tested_by(folder: &Path) -> Option<PathBuf> {
    if folder.file_name().is_some_and(|name| name == TESTS) {
        return Some(parent(folder));
    }
    let absolute = std::fs::canonicalize(folder).ok()?;
    let is_tests = absolute.file_name().is_some_and(|name| name == TESTS);
    is_tests.then(|| folder.join(".."))
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = folder.path().join("rules");
        fs::create_dir_all(rules.join("tests")).expect("folders");
        fs::create_dir(rules.join("tests/more.yaml")).expect("a folder that looks like a file");
        fs::create_dir(folder.path().join("empty")).expect("a folder");
        for name in [
            "rules/a.yaml",
            "rules/tests/b.yml",
            "rules/tests/a.yaml",
            "rules/tests/x.md",
            "c.yaml",
        ] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        folder
    }

    #[test]
    fn cases_lie_beside_their_rules() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        let both = Suite {
            rules: vec![at("rules")],
            cases: vec![at("rules/tests/a.yaml"), at("rules/tests/b.yml")],
        };
        for path in ["rules", "rules/tests"] {
            let found = suites(&[at(path)], &[]).expect("a suite");
            assert_eq!(found, [suite(&at(path), &[]).expect("a suite")]);
            assert_eq!(found.as_slice(), std::slice::from_ref(&both));
        }
        let files = [at("rules/tests/a.yaml"), at("rules/tests/b.yml")];
        assert_eq!(suites(&files, &[]).expect("one suite"), [both]);
    }

    #[test]
    fn rules_are_named_where_they_do_not_lie_beside() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        let error = suite(&at("c.yaml"), &[]).expect_err("no rules");
        assert!(error.to_string().contains("--rules"), "{error}");
        let rules = [at("rules/a.yaml")];
        let found = suite(&at("c.yaml"), &rules).expect("a suite");
        assert_eq!(found.rules, rules);
        let error = suite(&at("empty"), &rules).expect_err("no cases");
        assert!(error.to_string().contains("no cases"), "{error}");
        for path in ["nothing.yaml", "rules/tests/nothing.yaml"] {
            let error = suite(&at(path), &[]).expect_err("no file");
            assert!(error.to_string().contains("cannot read cases"), "{error}");
        }
    }
}
