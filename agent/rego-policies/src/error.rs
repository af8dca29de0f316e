//! Why policies cannot be loaded.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A place in a file of policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Policies that cannot be used. The message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or folder could not be read.
    #[error("cannot read policies {path}", path = .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder has no policies.
    #[error("no policies in folder {path}: it has no file that ends in .rego", path = .path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file, or all together, are over a bound.
    #[error("policies {path}: {what}", path = .path.display())]
    TooLarge {
        /// The file or folder.
        path: PathBuf,
        /// Which bound.
        what: String,
    },
    /// The text is not Rego.
    #[error("{place}: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        message: String,
    },
    /// The policies together make no sense, and the interpreter does not say where.
    #[error("policies: {message}")]
    Unusable {
        /// What the interpreter says.
        message: String,
    },
    /// Data that is no JSON or YAML, or no object.
    #[error("data {path}: {message}", path = .path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A rule depends on itself.
    #[error("{place}: {cycle}: a rule cannot depend on itself")]
    Recursion {
        /// Where one of them is.
        place: Place,
        /// The rules, in order.
        cycle: String,
    },
    /// Rules and functions that build on each other for too long.
    #[error("{place}: {rule} builds on more than {limit} rules and functions, one upon the other")]
    TooDeep {
        /// Where it is.
        place: Place,
        /// The rule.
        rule: String,
        /// The bound.
        limit: usize,
    },
    /// Something that is not there, or not for policies.
    #[error("{place}: {what}; {remedy}")]
    Refused {
        /// Where.
        place: Place,
        /// What is refused.
        what: String,
        /// What to do instead.
        remedy: String,
    },
}

impl LoadError {
    /// The error of the interpreter, with its place taken out of the text.
    pub(crate) fn of_interpreter(text: &str) -> Self {
        match placed(text) {
            Some((place, message)) => Self::Syntax { place, message },
            None => Self::Unusable {
                message: one_line(text),
            },
        }
    }
}

/// Takes `--> file:line:column` and the last line out of what the interpreter prints.
fn placed(text: &str) -> Option<(Place, String)> {
    let (_, rest) = text.split_once("--> ")?;
    let mut lines = rest.lines();
    let mut parts = lines.next()?.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let file = Arc::from(parts.next()?);
    let said = lines
        .map(str::trim)
        .find_map(|line| line.strip_prefix("error: "))?;
    let place = Place { file, line, column };
    Some((place, said.to_owned()))
}

/// What the interpreter says, without pictures of the source.
pub(crate) fn one_line(text: &str) -> String {
    if let Some((place, message)) = placed(text) {
        return format!("{place}: {message}");
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LINE_CHARACTERS_MAX).collect()
}

/// Longest text of the interpreter that is shown.
const LINE_CHARACTERS_MAX: usize = 500;
