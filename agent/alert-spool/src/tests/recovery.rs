//! What is there after a crash, and after damage.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use bytes::Bytes;
use proptest::prelude::*;
use saker_proto::v1::Priority;

use super::scene::{Scene, append, assert_genuine, drain, entry, limits, number};
use crate::error::{Holder, SpoolError};
use crate::frame::{Frames, Piece, SEGMENT_HEADER_BYTES, SegmentHeader, encode};
use crate::record::Record;
use crate::spool::Spool;
use crate::spool::recovery::contents;

const SALT: u32 = 0x5A17;

/// A segment with records of different sizes, and where each begins and ends.
fn segment() -> (Vec<u8>, Vec<std::ops::Range<usize>>) {
    let header = SegmentHeader {
        priority: 3,
        sequence: 1,
        salt: SALT,
    };
    let mut file = header.encode();
    let mut frames = Vec::new();
    for (number, length) in (0_u64..).zip([0, 1, 40, 7, 130, 3, 64]) {
        let start = file.len();
        encode(
            &entry(number, Priority::Notice, length),
            9,
            start as u64,
            SALT,
            &mut file,
        );
        frames.push(start..file.len());
    }
    (file, frames)
}

fn records(file: &[u8]) -> Vec<u64> {
    let body = Bytes::copy_from_slice(&file[SEGMENT_HEADER_BYTES as usize..]);
    Frames::new(body, SEGMENT_HEADER_BYTES, SALT)
        .filter_map(|piece| match piece {
            Piece::Frame(frame) => {
                assert_eq!(frame.spooled_unix_ns, 9);
                assert_genuine(&Record {
                    id: frame.id,
                    priority: Priority::Notice,
                    spooled_unix_ns: 9,
                    payload: frame.payload,
                });
                Some(number(frame.id))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_file_cut_anywhere_keeps_the_records_before() {
    let (file, frames) = segment();
    for cut in SEGMENT_HEADER_BYTES as usize..=file.len() {
        let whole = frames.iter().filter(|frame| frame.end <= cut).count();
        assert_eq!(
            records(&file[..cut]),
            (0..whole as u64).collect::<Vec<_>>(),
            "cut at {cut}"
        );
        let found = contents(Bytes::copy_from_slice(&file[..cut]), SALT, 0);
        let end = frames[..whole]
            .last()
            .map_or(SEGMENT_HEADER_BYTES as usize, |frame| frame.end);
        assert_eq!((found.records, found.end), (whole as u64, end as u64));
        assert_eq!(found.torn_bytes, (cut - end) as u64);
        assert_eq!((found.damaged_bytes, found.damaged_records), (0, 0));
    }
}

#[test]
fn every_flipped_bit_costs_one_record() {
    let (file, frames) = segment();
    for byte in SEGMENT_HEADER_BYTES as usize..file.len() {
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[byte] ^= 1 << bit;
            let hit = frames
                .iter()
                .position(|frame| frame.contains(&byte))
                .unwrap() as u64;
            let left: Vec<u64> = (0..frames.len() as u64)
                .filter(|number| *number != hit)
                .collect();
            assert_eq!(records(&damaged), left, "bit {bit} of byte {byte}");
        }
    }
}

#[test]
fn one_damage_never_costs_the_header() {
    let header = SegmentHeader {
        priority: 3,
        sequence: 77,
        salt: SALT,
    };
    let bytes = header.encode();
    assert_eq!(bytes.len() as u64, SEGMENT_HEADER_BYTES);
    for byte in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[byte] ^= 0x10;
        assert_eq!(SegmentHeader::parse(&damaged), Ok(header));
    }
}

#[test]
fn frames_of_elsewhere_are_no_records() {
    let (file, frames) = segment();
    let frame = &file[frames[2].clone()];
    // At another offset, in a payload whose own frame is damaged, under another salt.
    let mut smuggled = file[..frames[3].start].to_vec();
    smuggled.extend_from_slice(&[0xFF; 5]);
    smuggled.extend_from_slice(frame);
    assert_eq!(records(&smuggled), [0, 1, 2]);
    assert_eq!(contents(Bytes::from(file.clone()), SALT + 1, 0).records, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_damage_leaves_what_it_does_not_touch(
        damages in prop::collection::vec((64_usize..600, prop::collection::vec(any::<u8>(), 1..40)), 0..6),
        cut in 64_usize..700,
    ) {
        let (file, frames) = segment();
        let mut damaged = file.clone();
        for (at, bytes) in damages {
            for (index, byte) in bytes.into_iter().enumerate() {
                if let Some(place) = damaged.get_mut(at + index) {
                    *place = byte;
                }
            }
        }
        damaged.truncate(cut);
        let found = records(&damaged);
        let unharmed: Vec<u64> = (0_u64..)
            .zip(&frames)
            .filter(|(_, frame)| damaged.get((*frame).clone()) == Some(&file[(*frame).clone()]))
            .map(|(number, _)| number)
            .collect();
        prop_assert_eq!(&found, &unharmed);
        let counted = contents(Bytes::from(damaged.clone()), SALT, 0);
        prop_assert_eq!(counted.records, found.len() as u64);
        prop_assert_eq!(counted.end + counted.torn_bytes, damaged.len() as u64);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let counted = contents(Bytes::from(bytes.clone()), SALT, 0);
        prop_assert_eq!(counted.end.max(bytes.len() as u64), bytes.len() as u64);
        let parsed = SegmentHeader::parse(&bytes);
        prop_assert!(parsed.is_err());
    }
}

#[test]
fn a_damaged_file_is_counted_and_the_rest_delivered() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..18, Priority::Notice);
    drop(spool);
    let files = scene.segment_files();
    assert_eq!(files.len(), 3);
    let mut first = fs::read(&files[0]).unwrap();
    // In the body of record 1, and in the header of record 3.
    first[64 + 136 + 50] ^= 1;
    first[64 + 3 * 136 + 2] ^= 1;
    fs::write(&files[0], &first).unwrap();
    let second = fs::read(&files[1]).unwrap();
    fs::write(&files[1], &second[..second.len() - 20]).unwrap();
    let mut third = fs::read(&files[2]).unwrap();
    third.extend_from_slice(&[0; 100]);
    fs::write(&files[2], &third).unwrap();

    let (mut spool, recovery) = scene.open();
    assert_eq!(recovery.records, 15);
    assert_eq!(
        (recovery.corrupt_records, recovery.corrupt_bytes),
        (1, 2 * 136)
    );
    assert_eq!(recovery.torn_bytes, 116 + 100);
    assert!(!recovery.position_lost);
    let left: Vec<u64> = (0..18)
        .filter(|number| ![1, 3, 11].contains(number))
        .collect();
    assert_eq!(drain(&mut spool), left);
}

#[test]
fn a_damaged_position_delivers_again_and_never_less() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..5, Priority::Notice);
    let batch = spool.next_batch(limits(2)).unwrap();
    spool.acknowledge(batch.id);
    drop(spool);
    let file = scene.directory.path().join("acknowledged");
    let whole = fs::read(&file).unwrap();
    for length in 0..=whole.len() + 1 {
        let mut bytes = whole.clone();
        bytes.resize(length, 0);
        fs::write(&file, &bytes).unwrap();
        let copy = scene.snapshot();
        let (mut spool, recovery) = scene.open_at(copy.path());
        let is_whole = length == whole.len();
        assert_eq!(recovery.position_lost, !is_whole);
        let first = if is_whole { 2 } else { 0 };
        assert_eq!(drain(&mut spool), (first..5).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_damaged_while_the_spool_is_open_is_counted() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..12, Priority::Notice);
    let files = scene.segment_files();
    let mut first = fs::read(&files[0]).unwrap();
    first[200 + 40] ^= 1;
    fs::write(&files[0], &first).unwrap();
    fs::remove_file(&files[1]).unwrap();
    append(&mut spool, 12..14, Priority::Notice);
    assert_eq!(drain(&mut spool), [0, 2, 3, 4, 5, 12, 13]);
    let stats = spool.stats();
    assert_eq!(
        stats.lost.get(Priority::Notice, crate::LossReason::Corrupt),
        7
    );
    assert_eq!(stats.records, 0);
}

#[test]
fn foreign_files_are_left_alone_and_hostile_ones_read_no_further_than_bounds() {
    let scene = Scene::roomy();
    let path = |name: &str| scene.directory.path().join(name);
    fs::write(path("notes.txt"), "mine").unwrap();
    fs::write(path("notice-99999999999999999999.segment"), "too great").unwrap();
    symlink("/dev/zero", path("notice-00000000000000000003.segment")).unwrap();
    fs::create_dir(path("notice-00000000000000000004.segment")).unwrap();
    fs::write(path("notice-00000000000000000005.segment"), [0xAB; 500]).unwrap();
    let endless = fs::File::create(path("notice-00000000000000000006.segment")).unwrap();
    endless.set_len(1 << 40).unwrap();
    let (mut spool, recovery) = scene.open();
    assert_eq!((recovery.unreadable_segments, recovery.records), (4, 0));
    assert_eq!(append(&mut spool, 0..1, Priority::Notice).durable, 1);
    assert!(path("notice-00000000000000000007.segment").exists());
    assert!(path("notes.txt").exists());
    assert!(!path("notice-00000000000000000006.segment").exists());
}

#[test]
fn a_later_version_is_refused() {
    let scene = Scene::roomy();
    let path = scene
        .directory
        .path()
        .join("notice-00000000000000000001.segment");
    let mut copy = b"SKRSPOOL".to_vec();
    copy.extend_from_slice(&2_u32.to_le_bytes());
    copy.extend_from_slice(&[0; 16]);
    let checksum = crate::frame::checksum(0, &[&copy]);
    copy.extend_from_slice(&checksum.to_le_bytes());
    fs::write(&path, copy.repeat(2)).unwrap();
    let error = Spool::open(scene.directory.path(), &crate::SpoolSettings::default()).unwrap_err();
    assert!(
        matches!(error, SpoolError::Version { version: 2, .. }),
        "{error}"
    );
    assert!(path.exists());
}

#[test]
fn a_directory_has_one_owner_who_is_named() {
    let scene = Scene::roomy();
    let (spool, _) = scene.open();
    let error = Spool::open(scene.directory.path(), &crate::SpoolSettings::default()).unwrap_err();
    let us = std::process::id();
    assert!(matches!(error, SpoolError::InUse { holder: Holder::Process(pid), .. } if pid == us));
    assert!(
        error.to_string().contains(&format!("process {us}")),
        "{error}"
    );
    drop(spool);
    Spool::open(scene.directory.path(), &crate::SpoolSettings::default()).unwrap();
}

#[test]
fn only_the_owner_reads_the_files() {
    let scene = Scene::roomy();
    let below = scene.directory.path().join("a/b");
    let (mut spool, _) = scene.open_at(&below);
    append(&mut spool, 0..1, Priority::Notice);
    assert_eq!(spool.flush(), 0);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&below), 0o700);
    for file in fs::read_dir(&below).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn errors_name_the_file() {
    let scene = Scene::roomy();
    let file = scene.directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Spool::open(&file.join("spool"), &crate::SpoolSettings::default()).unwrap_err();
    let text = crate::error::chain(&error);
    assert!(
        text.contains(&file.display().to_string()) && text.contains("irectory"),
        "{text}"
    );
}
