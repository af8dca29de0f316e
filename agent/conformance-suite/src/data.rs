//! The cases: one JSON object a line, one file a kind.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// Keys that say what a case is about, in the order in which they are looked for.
const SUBJECT_KEYS: [&str; 5] = ["filter", "format", "quoted", "in", "pattern"];

/// The cases of the audit log, which lie beside their events and rules.
pub(crate) const AUDIT_KIND: &str = "k8saudit";
const AUDIT_CASES: &str = "k8saudit/expected.jsonl";

/// Most characters of a subject that a report shows.
const SUBJECT_LENGTH_MAX: usize = 160;

/// The conformance data.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Takes the folder that holds `cases/`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the data lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text of a file of the data.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn text(&self, name: &str) -> Result<String> {
        read(&self.path.join(name))
    }

    /// The names of the files of cases, without `.jsonl`, sorted; `k8saudit` for those of the audit log.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn case_files(&self) -> Result<Vec<String>> {
        let cases = self.path.join("cases");
        let mut names = Vec::new();
        for entry in fs::read_dir(&cases).with_context(|| format!("cannot read {cases:?}"))? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "jsonl")
                && let Some(name) = path.file_stem().and_then(|name| name.to_str())
            {
                names.push(name.to_owned());
            }
        }
        if self.path.join(AUDIT_CASES).is_file() {
            names.push(AUDIT_KIND.to_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The cases of a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line is not a JSON object.
    pub fn cases(&self, file: &str) -> Result<Vec<Case>> {
        let text = if file == AUDIT_KIND {
            self.text(AUDIT_CASES)?
        } else {
            self.text(&format!("cases/{file}.jsonl"))?
        };
        parse(file, &text)
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The cases in the text of a file.
///
/// # Errors
///
/// A line is not a JSON object.
pub fn parse(file: &str, text: &str) -> Result<Vec<Case>> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(line, text)| {
            let content: Value = serde_json::from_str(text)
                .ok()
                .filter(Value::is_object)
                .with_context(|| format!("{file}.jsonl:{line} is not a JSON object"))?;
            Ok(Case {
                file: file.to_owned(),
                line,
                content,
            })
        })
        .collect()
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of its file, without `.jsonl`.
    pub file: String,
    /// Line in the file.
    pub line: usize,
    content: Value,
}

impl Case {
    /// The value of a key; null if it has none.
    #[must_use]
    pub fn get(&self, key: &str) -> &Value {
        &self.content[key]
    }

    /// The text of a key.
    ///
    /// # Errors
    ///
    /// The case has no such text.
    pub fn text(&self, key: &str) -> Result<&str, Mismatch> {
        let text = self.get(key).as_str();
        text.ok_or_else(|| Mismatch::new(format!("a case with the text {key:?}"), &self.content))
    }

    /// The truth value of a key.
    ///
    /// # Errors
    ///
    /// The case has no such truth value.
    pub fn truth(&self, key: &str) -> Result<bool, Mismatch> {
        let truth = self.get(key).as_bool();
        truth.ok_or_else(|| {
            Mismatch::new(
                format!("a case with the truth value {key:?}"),
                &self.content,
            )
        })
    }

    /// Where the case comes from: the file and line of the project that it was taken from.
    #[must_use]
    pub fn source(&self) -> &str {
        self.get("source").as_str().unwrap_or_default()
    }

    /// What it is about: the condition, template or name, after the name of the function where a file
    /// has cases of several; else the name of the test.
    #[must_use]
    pub fn subject(&self) -> Cow<'_, str> {
        let subject = SUBJECT_KEYS
            .iter()
            .chain(&["test"])
            .find_map(|key| self.get(key).as_str())
            .unwrap_or_default();
        match self.get("fn").as_str() {
            Some(function) => format!("{function} {subject}").into(),
            None => subject.into(),
        }
    }

    /// [`subject`](Self::subject), cut to what fits a line.
    #[must_use]
    pub fn short_subject(&self) -> String {
        let subject = self.subject();
        let mut short: String = subject.chars().take(SUBJECT_LENGTH_MAX).collect();
        if short.len() < subject.len() {
            short.push('…');
        }
        short
    }
}

/// What a case wanted and what it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What should have come out.
    pub expected: String,
    /// What came out.
    pub got: String,
}

impl Mismatch {
    /// Takes what was wanted and what came out.
    #[must_use]
    pub fn new(expected: impl ToString, got: impl ToString) -> Self {
        Self {
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }
}

/// How a case went.
pub type Outcome = Result<(), Mismatch>;

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_case_says_where_it_is_and_what_it_is_about() {
        let text =
            "{\"source\":\"a.cpp:1\",\"filter\":\"a=b\",\"test\":\"t\"}\n\n{\"test\":\"t\"}\n";
        let cases = parse("kind", text).unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(
            (cases[0].source(), &*cases[0].subject()),
            ("a.cpp:1", "a=b")
        );
        assert_eq!((cases[1].line, &*cases[1].subject()), (3, "t"));
        assert!(cases[0].text("missing").is_err());
    }

    #[test]
    fn a_line_that_is_no_object_is_an_error() {
        assert!(parse("kind", "[1]\n").is_err());
        assert!(parse("kind", "{\n").is_err());
    }
}
