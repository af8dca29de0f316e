//! Values that nobody should read in a configuration, a log or an error.
//!
//! A configuration names where a secret is, `{file: PATH}` or `{env: NAME}`, and never holds it. A file is
//! read again when it was replaced or written to.

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A token, not a document.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Where a secret is. Clones share what was read.
#[derive(Clone)]
pub struct Secret {
    source: Source,
    read: Arc<Mutex<Option<(FileState, SecretValue)>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    File(PathBuf),
    Environment(String),
}

/// A secret's value, without the line break at its end. `Debug` shows `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(Arc<str>);

/// Why a secret cannot be had. No error holds any of the value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("{}: the secret cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The variable is not set.
    #[error("the environment variable {name}, which should hold a secret, is not set to text")]
    Environment {
        /// The variable.
        name: String,
    },
    /// There is nothing in it.
    #[error("{place}: the secret is empty")]
    Empty {
        /// The file or the variable.
        place: String,
    },
    /// It is longer than any token.
    #[error("{place}: longer than {SECRET_BYTES_MAX} bytes, so this is no secret")]
    TooLong {
        /// The file or the variable.
        place: String,
    },
    /// It is not UTF-8.
    #[error("{place}: the secret is not text (UTF-8)")]
    NoText {
        /// The file or the variable.
        place: String,
    },
    /// It has control characters, which could start another header or line.
    #[error(
        "{place}: the secret has control characters in it, such as a line break; it must be one line"
    )]
    Control {
        /// The file or the variable.
        place: String,
    },
}

impl Secret {
    /// The content of a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::from(Source::File(path.into()))
    }

    /// The value of an environment variable.
    pub fn environment(name: impl Into<String>) -> Self {
        Self::from(Source::Environment(name.into()))
    }

    fn from(source: Source) -> Self {
        Self {
            source,
            read: Arc::default(),
        }
    }

    /// The value as it is now. A file is read when it was replaced or written to since the last time.
    ///
    /// # Errors
    ///
    /// Where it is missing, empty, too long, no text, or has control characters.
    pub fn value(&self) -> Result<SecretValue, SecretError> {
        match &self.source {
            Source::Environment(name) => {
                let text = std::env::var(name)
                    .map_err(|_| SecretError::Environment { name: name.clone() })?;
                self.checked(text)
            }
            Source::File(path) => {
                let failed = |source| SecretError::File {
                    path: path.clone(),
                    source,
                };
                let state = FileState::of(&fs::metadata(path).map_err(failed)?);
                let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((known, value)) = &*read
                    && *known == state
                {
                    return Ok(value.clone());
                }
                let mut bytes = Vec::new();
                File::open(path)
                    .and_then(|file| file.take(SECRET_BYTES_MAX + 1).read_to_end(&mut bytes))
                    .map_err(failed)?;
                let text = String::from_utf8(bytes).map_err(|_| SecretError::NoText {
                    place: self.place(),
                })?;
                let value = self.checked(text)?;
                *read = Some((state, value.clone()));
                Ok(value)
            }
        }
    }

    /// Reads again even where nothing seems to have changed: for a server that no longer accepts the value.
    ///
    /// # Errors
    ///
    /// As [`Secret::value`].
    pub fn reread(&self) -> Result<SecretValue, SecretError> {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.value()
    }

    fn checked(&self, text: String) -> Result<SecretValue, SecretError> {
        let place = || self.place();
        if text.len() as u64 > SECRET_BYTES_MAX {
            return Err(SecretError::TooLong { place: place() });
        }
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(SecretError::Empty { place: place() });
        }
        if text.chars().any(char::is_control) {
            return Err(SecretError::Control { place: place() });
        }
        Ok(SecretValue(text.into()))
    }

    fn place(&self) -> String {
        match &self.source {
            Source::File(path) => path.display().to_string(),
            Source::Environment(name) => format!("environment variable {name}"),
        }
    }
}

impl SecretValue {
    /// The value, for whom it is meant.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Where it is, not what it is.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(formatter)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Secret {}

/// Tells whether a file was replaced or written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileState {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl FileState {
    fn of(found: &fs::Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

pub(crate) struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("where a secret is: `{file: PATH}` or `{env: NAME}`")
    }

    // Not through `invalid_type`, whose text would show the secret.
    fn visit_str<E: de::Error>(self, _literal: &str) -> Result<Secret, E> {
        Err(E::custom(
            "a secret must not stand in the configuration: write it into a file and say \
             `{file: PATH}`, or `{env: NAME}`",
        ))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
        let expected = || de::Error::custom("a secret is either `{file: PATH}` or `{env: NAME}`");
        let secret = match map.next_key::<String>()?.as_deref() {
            Some("file") => Secret::file(map.next_value::<PathBuf>()?),
            Some("env") => Secret::environment(map.next_value::<String>()?),
            _ => return Err(expected()),
        };
        match map.next_key::<String>()? {
            None => Ok(secret),
            Some(_) => Err(expected()),
        }
    }
}
