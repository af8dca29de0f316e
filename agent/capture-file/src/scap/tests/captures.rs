//! Real captures, and which of their events Falco 0.44.1 shows.

use crate::scap::{Reader, Record, SnapshotItem, Stats};
use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What a capture holds.
struct Found {
    stats: Stats,
    times: Vec<u64>,
    items: Vec<SnapshotItem>,
}

fn read(path: &Path) -> Found {
    let mut reader = Reader::open(path).unwrap();
    let mut found = Found {
        stats: Stats::default(),
        times: Vec::new(),
        items: Vec::new(),
    };
    let mut last_offset = 0;
    while let Some(record) = reader.next_record().unwrap() {
        match record {
            Record::SectionStart | Record::SnapshotEnd => {}
            Record::Snapshot(item) => found.items.push(*item),
            Record::Event { offset, event, .. } => {
                assert!(offset > last_offset);
                last_offset = offset;
                found.times.push(event.header.time_ns);
            }
        }
    }
    found.stats = reader.stats().clone();
    found
}

/// The captures and the events of each that Falco shows.
fn captures() -> Vec<(PathBuf, PathBuf)> {
    let Some(folder) = saker_conformance::folder() else {
        return Vec::new();
    };
    let entries = fs::read_dir(folder.join("scap")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let captures: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "scap"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let events = folder.join(format!("fielddump/{name}.jsonl.gz"));
            (path, events)
        })
        .collect();
    assert_eq!(captures.len(), 11);
    captures
}

#[test]
fn every_capture_is_read_whole() {
    for (path, _) in captures() {
        let found = read(&path);
        let stats = &found.stats;
        assert_eq!(stats.skipped(), 0, "{}: {stats:?}", path.display());
        assert_eq!(stats.sections, 1);
        assert!(!stats.is_truncated && !stats.has_trailing_data);
        assert!(stats.threads > 50 && stats.descriptors > 300, "{stats:?}");
        // The capture with comments in its section header.
        let has_comments = path.ends_with("curl_google_comments.scap");
        assert_eq!(stats.section_options, u64::from(has_comments));
    }
}

#[test]
fn events_that_falco_shows_are_among_those_read() {
    for (path, events) in captures() {
        let mut times = read(&path).times.into_iter();
        for line in BufReader::new(MultiGzDecoder::new(File::open(events).unwrap())).lines() {
            let line = line.unwrap();
            let (_, rest) = line.split_once(r#""evt.time":"#).unwrap();
            let time = rest.trim_start().split(|c: char| !c.is_ascii_digit());
            let time: u64 = time.take(1).next().unwrap().parse().unwrap();
            assert!(
                times.any(|other| other == time),
                "{}: no event at {time}",
                path.display()
            );
        }
    }
}

/// Entries as `/proc` gives them, so that a field read from a wrong place would show.
#[test]
fn snapshots_make_sense() {
    for (path, _) in captures() {
        let found = read(&path);
        assert!(matches!(
            found.items.first(),
            Some(SnapshotItem::Machine(_))
        ));
        let mut has_root = false;
        for item in &found.items {
            match item {
                SnapshotItem::Machine(info) => {
                    assert!((1..=64).contains(&info.cpus), "{info:?}");
                    assert!(info.hostname.is_ascii() && !info.hostname.is_empty());
                }
                SnapshotItem::Interface(interface) => {
                    assert!(interface.name.is_ascii() && !interface.name.is_empty());
                }
                SnapshotItem::User(user) => {
                    has_root |= user.uid == 0 && *user.name == *b"root";
                    assert!(user.home.first().is_none_or(|byte| *byte == b'/'));
                }
                SnapshotItem::Group(group) => assert!(!group.name.is_empty()),
                SnapshotItem::Thread(thread) => {
                    assert!(thread.tid > 0 && thread.pid > 0, "{thread:?}");
                    assert!(thread.cwd.first().is_none_or(|byte| *byte == b'/'));
                    assert!((0..1 << 22).contains(&thread.ptid), "{thread:?}");
                }
                SnapshotItem::Descriptor { tid, snapshot } => {
                    assert!(*tid > 0 && (0..1 << 20).contains(&snapshot.number));
                }
            }
        }
        assert!(has_root, "{}", path.display());
    }
}
