//! Files of a runtime's state, read with a bound.

use crate::config::RuntimesConfig;
use crate::error::RuntimeError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest file, bytes. A specification of a container with a long environment has 100 KiB.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Longest id of a container, bytes.
const ID_BYTES_MAX: usize = 200;

/// Most folders that are looked into where a runtime keeps one for each of its namespaces.
const NAMESPACES_MAX: usize = 64;

/// Where the state of one container is looked for.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    config: &'a RuntimesConfig,
    id: &'a str,
}

impl<'a> Folder<'a> {
    /// The folders of a container; `None` for an id that cannot be a name in a folder.
    pub(super) fn of(config: &'a RuntimesConfig, id: &'a str) -> Option<Self> {
        is_safe(id).then_some(Self { config, id })
    }

    pub(super) const fn id(&self) -> &'a str {
        self.id
    }

    pub(super) const fn label_max_len(&self) -> usize {
        self.config.label_max_len
    }

    /// As it is looked for another container of the same runtime.
    pub(super) fn other(&self, id: &'a str) -> Option<Self> {
        Self::of(self.config, id)
    }

    /// Path for the agent of `<parent>/<id>/<file>` on the host.
    pub(super) fn path(&self, parent: &str, file: &str) -> PathBuf {
        let parent = self.config.on_host(Path::new(parent));
        parent.join(self.id).join(file)
    }

    /// Path for the agent of a file on the host.
    pub(super) fn on_host(&self, path: &Path) -> PathBuf {
        self.config.on_host(path)
    }

    /// The namespaces of a runtime that know the container: `<parent>/<namespace>/<id>`.
    pub(super) fn namespaces(&self, parent: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.config.on_host(Path::new(parent))) else {
            return Vec::new();
        };
        entries
            .take(NAMESPACES_MAX)
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let is_here = entry.path().join(self.id).is_dir();
                is_here.then(|| entry.file_name().into_string().ok())?
            })
            .collect()
    }
}

/// Whether an id can only be the name of something in a folder.
fn is_safe(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=ID_BYTES_MAX).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(is_plain)
}

/// Nanoseconds since the epoch of a time as RFC 3339 writes it.
pub(super) fn time(text: &str) -> Option<u64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(time.as_nanosecond())
        .ok()
        .filter(|wall_ns| *wall_ns > 0)
}

/// Reads `null`, which programs in Go write for an empty list, as the empty value.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a file of JSON; `None` where there is none.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RuntimeError> {
    let text = match read_bounded(path) {
        Ok(text) => text,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(source) => {
            return Err(RuntimeError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|source| RuntimeError::Format {
            path: path.to_owned(),
            source,
        })
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Only regular files: opening a pipe would wait for somebody who writes.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut text = Vec::new();
    let limit = FILE_BYTES_MAX.saturating_add(1);
    let length = File::open(path)?.take(limit).read_to_end(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length > FILE_BYTES_MAX) {
        let message = format!("more than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_become_part_of_a_path() {
        for id in ["4c01db0b339c", "web-1", "a.b_c", &"a".repeat(200)] {
            assert!(is_safe(id), "{id}");
        }
        for id in [
            "",
            ".",
            "..",
            ".hidden",
            "a/b",
            "../../etc",
            "a\0b",
            "a b",
            "ü",
            "*",
            &"a".repeat(201),
        ] {
            assert!(!is_safe(id), "{id}");
        }
    }

    #[test]
    fn what_is_too_large_or_no_file_is_an_error_not_a_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        let file = File::create(&path).unwrap();
        file.set_len(FILE_BYTES_MAX + 1).unwrap();
        let error = read::<serde_json::Value>(&path).unwrap_err();
        assert!(error.reason().contains("more than 8388608 bytes"));
        let error = read::<serde_json::Value>(folder.path()).unwrap_err();
        assert!(error.reason().contains("not a regular file"));
        let missing = folder.path().join("missing.json");
        assert!(read::<serde_json::Value>(&missing).unwrap().is_none());
        let below_a_file = path.join("config.json");
        assert!(read::<serde_json::Value>(&below_a_file).unwrap().is_none());
    }

    #[test]
    fn an_error_of_format_names_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, "{\n  \"a\": }").unwrap();
        let error = read::<serde_json::Value>(&path).unwrap_err().to_string();
        assert!(error.contains("config.json, line 2, column 8"), "{error}");
    }
}
