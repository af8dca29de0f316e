//! Captures, and what Falco gave for them.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;

use super::Object;

/// A capture with its name, which its dump shares.
pub(super) struct CaptureFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// The captures of a folder, by name.
pub(super) fn captures(folder: &Path) -> Result<Vec<CaptureFile>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.and_then(|name| {
            let name = name.strip_suffix(".gz").unwrap_or(name);
            name.strip_suffix(".scap").map(str::to_owned)
        });
        if let Some(name) = name {
            found.push(CaptureFile { name, path });
        }
    }
    found.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(found)
}

/// The events of a dump, one object each; `None` where the capture has no dump.
pub(super) fn read(folder: &Path, name: &str) -> Result<Option<Vec<Object>>> {
    for (extension, is_compressed) in [("jsonl.gz", true), ("jsonl", false)] {
        let path = folder.join(format!("{name}.{extension}"));
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let source: Box<dyn Read> = if is_compressed {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        let place = |line: usize| format!("{}:{line}", path.display());
        let lines = (1..).zip(BufReader::new(source).lines());
        let events = lines.map(|(line, text)| {
            let text = text.with_context(|| place(line))?;
            serde_json::from_str(&text).with_context(|| place(line))
        });
        return events.collect::<Result<_>>().map(Some);
    }
    Ok(None)
}
