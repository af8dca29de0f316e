//! What came out of the queue and is no alert.
//!
//! Ingest looks at each alert, but not at all of it. What only a worker finds to be damaged is kept in a file, one JSON
//! object a line, with the reason. The file is bounded: beyond that only the counter
//! `saker_collector_worker_alerts_total{result="undecodable"}` and the log tell of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Name of the file, in the data folder.
const FILE: &str = "undecodable.jsonl";

/// It does not grow beyond this.
const BYTES_MAX: u64 = 64 << 20;

/// What is no alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable {
    /// As it came.
    pub(crate) payload: Bytes,
    /// Why it is none.
    pub(crate) reason: String,
}

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    time_unix_ms: u128,
    reason: &'a str,
    payload_base64: String,
}

/// The file for what is no alert; made when there is something.
#[derive(Debug)]
pub(crate) struct UndecodableFile {
    path: PathBuf,
    bytes_max: u64,
}

impl UndecodableFile {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            path: data_dir.join(FILE),
            bytes_max: BYTES_MAX,
        }
    }

    /// Keeps these as far as there is room. That they cannot be kept is logged and stops nobody.
    pub(crate) async fn keep(&self, undecodable: Vec<Undecodable>) {
        let (path, bytes_max) = (self.path.clone(), self.bytes_max);
        let count = undecodable.len();
        let reason = undecodable.first().map(|first| first.reason.clone());
        let write = move || append(&path, bytes_max, &undecodable);
        let file = self.path.display();
        match tokio::task::spawn_blocking(write)
            .await
            .map_err(io::Error::other)
            .flatten()
        {
            Ok(kept) => {
                tracing::error!(count, kept, reason, %file, "what came is no alert");
            }
            Err(error) => {
                tracing::error!(count, reason, %file, %error, "what came is no alert, and is not kept");
            }
        }
    }
}

/// Writes as many as there is room for; tells how many.
fn append(path: &Path, bytes_max: u64, undecodable: &[Undecodable]) -> io::Result<usize> {
    if let Some(folder) = path.parent() {
        // With other queues and stores there may be none yet.
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let mut bytes = file.metadata()?.len();
    for (kept, one) in undecodable.iter().enumerate() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut line = serde_json::to_vec(&Line {
            time_unix_ms: now.map_or(0, |now| now.as_millis()),
            reason: &one.reason,
            payload_base64: STANDARD.encode(&one.payload),
        })?;
        line.push(b'\n');
        bytes = bytes.saturating_add(line.len().try_into().unwrap_or(u64::MAX));
        if bytes > bytes_max {
            return Ok(kept);
        }
        file.write_all(&line)?;
    }
    file.sync_data()?;
    Ok(undecodable.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_reason_and_payload_and_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let one = Undecodable {
            payload: Bytes::from_static(b"\xff\x00"),
            reason: "no \"alert\"".to_owned(),
        };
        assert_eq!(
            append(&path, 1 << 20, std::slice::from_ref(&one)).unwrap(),
            1
        );
        let text = fs::read_to_string(&path).unwrap();
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["reason"], "no \"alert\"");
        assert_eq!(line["payload_base64"], "/wA=");
        let room_for_two = u64::try_from(text.len()).unwrap() * 3;
        let many = vec![one; 10];
        assert_eq!(append(&path, room_for_two, &many).unwrap(), 2);
        assert_eq!(append(&path, room_for_two, &many).unwrap(), 0);
    }
}
