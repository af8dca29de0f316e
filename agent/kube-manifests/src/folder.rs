//! Folders of manifests.

use crate::documents::{DocumentError, Objects, objects};
use saker_kube_metadata::{Cluster, Kind, Object, Scope};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Most bytes of one file.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Most bytes of all files.
const BYTES_MAX: u64 = 256 << 20;

/// Most files and folders.
const ENTRIES_MAX: usize = 100_000;

/// Most folders inside each other.
const DEPTH_MAX: usize = 32;

/// All objects of a folder of files, or of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// What the files say.
    pub read: Objects,
    /// How many files were read.
    pub files: usize,
}

/// Why manifests cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file or folder cannot be read.
    #[error("cannot read manifests {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no text.
    #[error("manifest {} is not UTF-8 from byte {offset} on", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where the first byte is that is no text.
        offset: usize,
    },
    /// A document is not understood.
    #[error("manifest {}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// Which, and why.
        source: DocumentError,
    },
    /// There is more than is read.
    #[error("manifests {} are too much: {bound} at most", path.display())]
    TooMuch {
        /// The file or folder.
        path: PathBuf,
        /// What is read.
        bound: &'static str,
    },
    /// There is nothing to read.
    #[error("no manifests in {}: it has no file that ends in .yaml, .yml or .json", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl Manifests {
    /// Reads a file, or all files of a folder and those inside it that end in `.yaml`, `.yml` or `.json`,
    /// in the order of their names. Hidden ones are left out: Kubernetes keeps old states there.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let failed = |source| ManifestError::Read {
            path: path.to_owned(),
            source,
        };
        let mut walk = Walk::default();
        if fs::metadata(path).map_err(failed)?.is_dir() {
            walk.folder(path, 0)?;
        } else {
            walk.files.push(path.to_owned());
        }
        if walk.files.is_empty() {
            return Err(ManifestError::Empty {
                path: path.to_owned(),
            });
        }
        let mut manifests = Self::default();
        let mut bytes_left = BYTES_MAX;
        for file in &walk.files {
            let text = read_file(file, bytes_left)?;
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            bytes_left = bytes_left.saturating_sub(length);
            let read = objects(&text).map_err(|source| ManifestError::Document {
                path: file.clone(),
                source,
            })?;
            manifests.read.append(read);
            manifests.files = manifests.files.saturating_add(1);
        }
        Ok(manifests)
    }

    /// Tells a cluster all that the files say, and that there is nothing else: what they do not say any
    /// more is gone.
    pub fn tell(&self, cluster: &Cluster, scope: Scope) {
        cluster.set_scope(scope);
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|k| k.is_in(scope)).collect();
        for kind in &kinds {
            cluster.begin_list(*kind);
        }
        for object in &self.read.objects {
            if kinds.contains(&object.kind()) {
                cluster.learn(Object::clone(object));
            }
        }
        for kind in kinds {
            cluster.end_list(kind);
        }
    }
}

#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    entries: usize,
}

impl Walk {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), ManifestError> {
        let failed = |source| ManifestError::Read {
            path: folder.to_owned(),
            source,
        };
        let too_much = |bound| ManifestError::TooMuch {
            path: folder.to_owned(),
            bound,
        };
        // Links may go round in circles.
        if depth > DEPTH_MAX {
            return Err(too_much("32 folders inside each other"));
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            self.entries = self.entries.saturating_add(1);
            if self.entries > ENTRIES_MAX {
                return Err(too_much("100,000 files and folders"));
            }
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default();
            if !name.as_encoded_bytes().starts_with(b".") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            if path.is_dir() {
                self.folder(&path, depth.saturating_add(1))?;
            } else if path.is_file() && is_manifest(&path) {
                self.files.push(path);
            }
        }
        Ok(())
    }
}

/// Whether a file is read as a manifest, by its name.
#[must_use]
pub fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

fn read_file(path: &Path, bytes_left: u64) -> Result<String, ManifestError> {
    let failed = |source| ManifestError::Read {
        path: path.to_owned(),
        source,
    };
    let bytes_max = FILE_BYTES_MAX.min(bytes_left);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    let mut file = file.take(bytes_max.saturating_add(1));
    let length = file.read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > bytes_max {
        return Err(ManifestError::TooMuch {
            path: path.to_owned(),
            bound: "64 MiB in a file, and 256 MiB in all",
        });
    }
    String::from_utf8(bytes).map_err(|error| ManifestError::NotText {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })
}

#[cfg(test)]
mod tests;
