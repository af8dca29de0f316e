//! The files of a folder.

use crate::error::LoadError;
use crate::limits::Limits;
use regorus::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most folders, one in the other.
const FOLDERS_DEEP_MAX: usize = 16;

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// Policies and their texts, by name.
    pub(crate) policies: Vec<(PathBuf, String)>,
    /// Data, each with the names under which it stands.
    pub(crate) data: Vec<(PathBuf, Value)>,
    bytes: usize,
}

impl Folder {
    /// Reads the policies and data of a folder and of those in it; or one file.
    pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Self, LoadError> {
        let mut folder = Self::default();
        let is_folder = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if is_folder.is_dir() {
            folder.enter(path, &mut Vec::new(), limits)?;
        } else {
            let text = folder.text(path, limits)?;
            folder.policies.push((path.to_owned(), text));
        }
        if folder.policies.is_empty() {
            return Err(LoadError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(folder)
    }

    fn enter(
        &mut self,
        path: &Path,
        names: &mut Vec<String>,
        limits: &Limits,
    ) -> Result<(), LoadError> {
        if names.len() > FOLDERS_DEEP_MAX {
            return Err(too_large(path, "too many folders, one in the other".into()));
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
            entries.push(entry.map_err(|error| unreadable(path, error))?.path());
        }
        entries.sort();
        for entry in entries {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            // Kubernetes keeps the files of a volume in a folder `..data`, and links to them.
            if name.starts_with('.') {
                continue;
            }
            if entry.is_dir() {
                names.push(name.into_owned());
                self.enter(&entry, names, limits)?;
                names.pop();
            } else if name.ends_with(".rego") {
                let text = self.text(&entry, limits)?;
                self.policies.push((entry, text));
            } else if matches!(&*name, "data.json" | "data.yaml" | "data.yml") {
                let text = self.text(&entry, limits)?;
                let data = parse_data(&entry, &text, names)?;
                self.data.push((entry, data));
            }
        }
        Ok(())
    }

    /// Reads one file, and no more of it than permitted.
    fn text(&mut self, path: &Path, limits: &Limits) -> Result<String, LoadError> {
        let files = self.policies.len().saturating_add(self.data.len());
        if files >= limits.files {
            let what = format!("more than {} files", limits.files);
            return Err(too_large(path, what));
        }
        let file = fs::File::open(path).map_err(|error| unreadable(path, error))?;
        let permitted = u64::try_from(limits.file_bytes).unwrap_or(u64::MAX);
        let mut text = Vec::new();
        file.take(permitted.saturating_add(1))
            .read_to_end(&mut text)
            .map_err(|error| unreadable(path, error))?;
        if text.len() > limits.file_bytes {
            let what = format!("more than {} bytes; split it", limits.file_bytes);
            return Err(too_large(path, what));
        }
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > limits.set_bytes {
            let what = format!(
                "all files together have more than {} bytes",
                limits.set_bytes
            );
            return Err(too_large(path, what));
        }
        String::from_utf8(text).map_err(|error| {
            unreadable(
                path,
                std::io::Error::new(std::io::ErrorKind::InvalidData, error),
            )
        })
    }
}

/// As in OPA's bundles, data of a folder inside stands below the folder's name.
fn parse_data(path: &Path, text: &str, names: &[String]) -> Result<Value, LoadError> {
    let wrong = |message: String| LoadError::Data {
        path: path.to_owned(),
        message,
    };
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let parsed: serde_json::Value = if is_json {
        serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?
    } else {
        serde_saphyr::from_str(text).map_err(|error| {
            let text = error.to_string();
            wrong(text.lines().next().unwrap_or_default().to_owned())
        })?
    };
    if !parsed.is_object() {
        return Err(wrong("not an object of names and values".to_owned()));
    }
    let nested = names.iter().rev().fold(parsed, |inner, name| {
        serde_json::Value::Object([(name.clone(), inner)].into_iter().collect())
    });
    Ok(Value::from(nested))
}

fn unreadable(path: &Path, source: std::io::Error) -> LoadError {
    LoadError::Read {
        path: path.to_owned(),
        source,
    }
}

fn too_large(path: &Path, what: String) -> LoadError {
    LoadError::TooLarge {
        path: path.to_owned(),
        what,
    }
}
