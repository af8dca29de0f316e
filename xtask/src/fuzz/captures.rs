//! Real captures as inputs. They are no part of the project, so they come from where tests of Falco's
//! rules find them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;

use crate::cache::create_folder;
use crate::workspace::Workspace;

/// The target that reads them.
pub(super) const TARGET: &str = "scap";

/// What a file compressed with gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Puts the captures into `folder` as they are without compression, which would keep changes to them
/// from making sense. Nothing where there are none.
pub(super) fn unpack(workspace: &Workspace, folder: &Path) -> Result<Option<PathBuf>> {
    let data = workspace.conformance_data();
    let Ok(entries) = fs::read_dir(data.join("scap")) else {
        return Ok(None);
    };
    create_folder(folder)?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot list {}", data.display()))?
            .path();
        if let Some(name) = path.file_name()
            && path.extension() == Some(OsStr::new("scap"))
        {
            unpack_one(&path, &folder.join(name))
                .with_context(|| format!("cannot unpack {}", path.display()))?;
        }
    }
    Ok(Some(folder.to_owned()))
}

fn unpack_one(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = fs::read(from)?;
    if bytes.starts_with(&GZIP) {
        let mut file = File::create(to)?;
        io::copy(&mut MultiGzDecoder::new(bytes.as_slice()), &mut file)?;
        return Ok(());
    }
    fs::write(to, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    #[test]
    fn captures_are_unpacked_whether_compressed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
        compressed.write_all(b"blocks").unwrap();
        for bytes in [b"blocks".to_vec(), compressed.finish().unwrap()] {
            fs::write(&from, bytes).unwrap();
            unpack_one(&from, &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), b"blocks");
        }
    }
}
