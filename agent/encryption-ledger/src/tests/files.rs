//! Files that are torn, foreign or of another node.

use super::scene::{NODE, call, empty, ledger};
use crate::file::{self, InvalidLedger, LedgerFileError};
use crate::{Interval, Ledger, NodeName};
use saker_flow_inspection::SecurityClass;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn name() -> NodeName {
    NodeName::new("prod", NODE)
}

#[test]
fn a_ledger_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down/node.ledger");
    let before = ledger(vec![call("a", "b", 1, SecurityClass::Tls)], 60_000);
    file::write(&path, &before).unwrap();
    assert_eq!(file::read(&path).unwrap(), Ledger::from(before.clone()));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let resumed = file::resume(&path, name(), 90_000).unwrap();
    assert!(resumed.replaced.is_none());
    assert_eq!(resumed.ledger.edges, before.edges);
    assert_eq!(resumed.ledger.begun_wall_ms, before.begun_wall_ms);
    assert!(resumed.ledger.revision > before.revision);
    // However short the pause was: connections of that time may have been missed.
    let intervals = [(0, 60_000), (90_000, 90_000)].map(|(begin_wall_ms, end_wall_ms)| Interval {
        begin_wall_ms,
        end_wall_ms,
    });
    assert_eq!(resumed.ledger.coverage.observed, intervals);
    // Nothing is left beside it.
    file::write(&path, &resumed.ledger).unwrap();
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn where_there_is_no_file_one_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let resumed = file::resume(&folder.path().join("none"), name(), 7).unwrap();
    assert!(resumed.replaced.is_none());
    assert_eq!(resumed.ledger.begun_wall_ms, 7);
}

#[test]
fn what_cannot_be_used_is_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.ledger");
    let whole = file::encode(&empty());
    let other = file::encode(&crate::NodeLedger::begin(
        NodeName::new("prod", "worker-2"),
        0,
    ));
    let contents: [(&[u8], &str); 4] = [
        (
            b"PK\x03\x04 a zip file, say, and some more of it",
            "does not begin",
        ),
        (&whole[..whole.len() - 1], "bytes follow"),
        (b"", "does not begin"),
        (&other, "is of the node 'worker-2'"),
    ];
    for (content, expected) in contents {
        fs::write(&path, content).unwrap();
        let resumed = file::resume(&path, name(), 7).unwrap();
        assert_eq!(resumed.ledger.begun_wall_ms, 7);
        let error = chain(&resumed.replaced.unwrap());
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("node.ledger"), "{error}");
        assert_eq!(fs::read(aside(&path)).unwrap(), content);
        assert!(!path.exists());
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let whole = file::encode(&empty());
    assert!(matches!(
        file::decode(&whole[..20]),
        Err(InvalidLedger::Torn { .. })
    ));
    let mut newer = whole.clone();
    newer[8] = 2;
    assert!(matches!(
        file::decode(&newer),
        Err(InvalidLedger::NewerVersion(2))
    ));
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert!(matches!(
        file::decode(&flipped),
        Err(InvalidLedger::Checksum)
    ));
    // A right checksum over a message that is none.
    let mut wrong = whole[..32].to_vec();
    let body = [3_u8, 0xff, 0xff, 0xff];
    wrong[16..24].copy_from_slice(&4_u64.to_le_bytes());
    wrong[24..32].copy_from_slice(&xxhash_rust::xxh3::xxh3_64(&body).to_le_bytes());
    wrong.extend(body);
    assert!(matches!(
        file::decode(&wrong),
        Err(InvalidLedger::Message { offset: 32, .. })
    ));
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = file::resume(folder.path(), name(), 0).unwrap_err();
    assert!(matches!(error, LedgerFileError::Read { .. }));
}

fn aside(path: &Path) -> std::path::PathBuf {
    path.with_file_name("node.ledger.damaged")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
