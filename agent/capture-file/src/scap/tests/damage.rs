//! Captures that are cut, damaged, put together, or from elsewhere.

use super::sample::{capture, event, header, owned_event, read, thread};
use crate::scap::{BlockType, Problem, Reader, ScapError, SnapshotItem, Writer};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use saker_falco_events::EventCode;
use std::io::{self, Read, Write};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Where blocks begin, and the end.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    let mut start = 0;
    while let Some(length) = bytes.get(start + 4..start + 8) {
        start += usize::try_from(u32::from_le_bytes(length.try_into().unwrap())).unwrap();
        starts.push(start);
    }
    starts
}

#[test]
fn a_cut_file_yields_what_came_before() {
    let whole = capture();
    let starts = starts(&whole);
    let all = read(&whole);
    for cut in 1..whole.len() {
        let content = read(&whole[..cut]);
        assert!(all.items.starts_with(&content.items), "cut at {cut}");
        assert!(all.events.starts_with(&content.events), "cut at {cut}");
        let begun = starts.iter().filter(|start| **start < cut).count();
        let block = starts[begun - 1];
        if starts.contains(&cut) {
            assert!(content.error.is_none(), "cut at {cut}: {:?}", content.error);
            continue;
        }
        assert!(content.stats.is_truncated, "cut at {cut}");
        match content.error {
            Some(ScapError::Block {
                offset,
                problem: Problem::Truncated,
                ..
            }) => assert_eq!(offset, u64::try_from(block).unwrap(), "cut at {cut}"),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
    assert!(matches!(read(&[]).error, Some(ScapError::Empty)));
}

#[test]
fn a_cut_compressed_file_yields_what_came_before() {
    let whole = gzip(&capture());
    let all = read(&whole);
    assert!(all.error.is_none() && all.events.len() == 2);
    for cut in 3..whole.len() {
        let content = read(&whole[..cut]);
        assert!(all.items.starts_with(&content.items), "cut at {cut}");
        assert!(all.events.starts_with(&content.events), "cut at {cut}");
        assert!(content.error.is_some(), "cut at {cut}");
        assert!(content.stats.is_truncated, "cut at {cut}");
    }
}

#[test]
fn damaged_compression_is_told_from_a_cut() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    (0..10_000).for_each(|number| event(&mut writer, number));
    let mut bytes = gzip(&writer.into_inner());
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xff);
    let content = read(&bytes);
    assert!(
        matches!(content.error, Some(ScapError::Read { offset, .. }) if offset > 100_000),
        "{:?}",
        content.error
    );
    assert!(content.events.len() > 1000, "{}", content.events.len());
    assert!(!content.stats.is_truncated);
}

#[test]
fn members_of_gzip_follow_one_another() {
    let whole = capture();
    let (first, second) = whole.split_at(whole.len() / 2);
    let mut bytes = [gzip(first), gzip(&[]), gzip(second)].concat();
    assert_eq!(read(&bytes).events, [owned_event(0), owned_event(1)]);
    bytes.extend([0; 512]);
    let content = read(&bytes);
    assert!(content.error.is_none() && content.events.len() == 2);
    assert!(content.stats.has_trailing_data);
}

/// As a pipe gives it: a few bytes at a time, with interruptions.
#[test]
fn small_reads_make_no_difference() {
    struct Dripping<'a>(&'a [u8], bool);
    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = buffer.len().min(3);
            self.0.read(&mut buffer[..count])
        }
    }
    for bytes in [capture(), gzip(&capture())] {
        let mut reader = Reader::new(Dripping(&bytes, false)).unwrap();
        while reader.next_record().unwrap().is_some() {}
        assert_eq!(*reader.stats(), read(&capture()).stats);
    }
}

/// Concatenated captures: each begins anew.
#[test]
fn captures_follow_one_another() {
    let content = read(&[capture(), capture()].concat());
    assert!(content.error.is_none(), "{:?}", content.error);
    assert_eq!((content.sections, content.snapshot_ends), (2, 2));
    assert_eq!(content.events.len(), 4);
    assert_eq!(content.items.len(), 2 * read(&capture()).items.len());
}

#[test]
fn what_is_not_known_is_skipped_and_counted() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.section(b"comment.").unwrap();
    writer
        .block(BlockType(0x777), b"of a later version")
        .unwrap();
    event(&mut writer, 0);
    writer.block(BlockType(0x777), b"again").unwrap();
    writer.threads(BlockType(0x215), &[thread()]).unwrap();
    writer
        .event(header(0), EventCode(60000), &[b"later"])
        .unwrap();
    event(&mut writer, 1);
    let content = read(&writer.into_inner());
    assert!(content.error.is_none(), "{:?}", content.error);
    assert_eq!(content.events, [owned_event(0), owned_event(1)]);
    assert!(content.items.is_empty());
    let stats = content.stats;
    assert_eq!((stats.unknown_blocks, stats.misplaced_blocks), (2, 1));
    assert_eq!((stats.unknown_events, stats.section_options), (1, 1));
    assert_eq!((stats.skipped(), stats.first_problem), (4, None));
}

/// A damaged entry takes the rest of its list with it, but not what follows.
#[test]
fn a_damaged_entry_ends_its_list() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer
        .threads(BlockType(0x214), &[thread(), thread(), thread()])
        .unwrap();
    event(&mut writer, 0);
    let whole = writer.into_inner();
    let second = whole
        .windows(8)
        .enumerate()
        .filter(|(_, window)| *window == 42_i64.to_le_bytes())
        .nth(1)
        .unwrap()
        .0;
    let mut bytes = whole;
    // The length of its comm.
    bytes[second + 40..second + 42].fill(0xff);
    let content = read(&bytes);
    assert!(content.error.is_none(), "{:?}", content.error);
    assert_eq!((content.items.len(), content.events.len()), (1, 1));
    assert_eq!(content.stats.malformed_lists, 1);
    let problem = Problem::Entry { entry: 1 };
    assert_eq!(
        content.stats.first_problem,
        Some((28, BlockType(0x214), problem))
    );
}

#[test]
fn a_damaged_event_is_skipped() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    (0..3).for_each(|number| event(&mut writer, number));
    let whole = writer.into_inner();
    let starts = starts(&whole);
    let second = starts[2];
    // Length, number of parameters, length of the first parameter.
    for (place, expected) in [
        (second + 26, Problem::EventLength { length: 65324 }),
        (second + 32, Problem::Parameters { code: 7 }),
        (second + 36, Problem::Parameters { code: 7 }),
    ] {
        let mut bytes = whole.clone();
        bytes[place + 1] = 0xff;
        let content = read(&bytes);
        assert!(content.error.is_none(), "{:?}", content.error);
        assert_eq!(content.events, [owned_event(0), owned_event(2)]);
        assert_eq!(content.stats.malformed_events, 1);
        let (offset, block, problem) = content.stats.first_problem.unwrap();
        assert_eq!(
            (offset, block),
            (u64::try_from(second).unwrap(), BlockType(0x216))
        );
        match (problem, expected) {
            (Problem::EventLength { .. }, Problem::EventLength { .. }) => {}
            (problem, expected) => assert_eq!(problem, expected),
        }
    }
}

#[test]
fn errors_name_the_place_and_what_is_wrong() {
    let text = |bytes: &[u8]| read(bytes).error.unwrap().to_string();
    let whole = capture();
    let with = |offset: usize, value: [u8; 4]| {
        let mut bytes = whole.clone();
        bytes[offset..offset + 4].copy_from_slice(&value);
        text(&bytes)
    };
    expect(
        &with(8, [0x1a, 0x2b, 0x3c, 0x4d]),
        "the capture section at byte 0 was written on a big-endian machine, which is not supported",
    );
    expect(
        &with(8, [1, 0, 0, 0]),
        "section header block (type 0xa0d0d0a) at byte 0: its magic number is 0x00000001",
    );
    expect(
        &with(12, [2, 0, 3, 0]),
        "the capture section at byte 0 has version 2.3; versions up to 1.x are known",
    );
    expect(
        &with(32, [5, 0, 0, 0]),
        "machine info block (type 0x201) at byte 28: it is 5 bytes long, less than the 12 bytes of \
         every block",
    );
    expect(
        &with(28 + 188, [5, 0, 0, 0]),
        "machine info block (type 0x201) at byte 28: it is 192 bytes long by its beginning, 5 by \
         its end",
    );
    expect(
        &text(b"#!/bin/sh"),
        "not a .scap capture: it begins with 0x622f2123, not with a section header",
    );
    expect(
        &text(&whole[..40]),
        "machine info block (type 0x201) at byte 28: the capture ends within it",
    );
    let events = starts(&whole);
    let event = events[events.len() - 2];
    expect(
        &with(event + 4, [0, 0, 0, 0x10]),
        &format!(
            "event block (type 0x216) at byte {event}: it is 268435456 bytes long, more than 67108864"
        ),
    );
}

fn expect(found: &str, expected: &str) {
    assert_eq!(found, expected);
}

/// A block that claims to be large takes no more memory than the file has bytes for.
#[test]
fn lengths_are_not_trusted() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    event(&mut writer, 0);
    let mut bytes = writer.into_inner();
    bytes.extend(0x216_u32.to_le_bytes());
    bytes.extend(((64_u32 << 20) - 1).to_le_bytes());
    bytes.extend([0; 1000]);
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    while let Ok(Some(_)) = reader.next_record() {}
    assert!(reader.stats().is_truncated);
    assert!(
        reader.buffer_bytes() <= 512 << 10,
        "{}",
        reader.buffer_bytes()
    );
}

/// A list is longer than any block may be when it is read at once.
#[test]
fn long_lists_are_read_in_parts() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let mut large = thread();
    large.environment = vec![b'x'; 60_000].into();
    let threads = vec![large; 100];
    writer.threads(BlockType(0x215), &threads).unwrap();
    let bytes = writer.into_inner();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    while reader.next_record().unwrap().is_some() {}
    assert_eq!(reader.stats().threads, 100);
    assert!(
        reader.buffer_bytes() <= 2 << 20,
        "{}",
        reader.buffer_bytes()
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        read(&bytes);
        let mut with_header = Writer::new(Vec::new()).unwrap().into_inner();
        with_header.extend(bytes);
        read(&with_header);
    }

    #[test]
    fn any_damage_is_survived(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = capture();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let content = read(&bytes);
        let threads = content.items.iter();
        let threads = threads.filter(|item| matches!(item, SnapshotItem::Thread(_)));
        prop_assert_eq!(threads.count() as u64, content.stats.threads);
        prop_assert_eq!(content.events.len() as u64, content.stats.events);
    }
}
