//! Recordings that are not what was written.

use super::sample::{events, header, play, recording};
use crate::recording::frame::{FrameHead, FrameKind, file_head};
use crate::recording::{
    Damage, Header, RecordingError, RecordingReader, RecordingWriter, WriterOptions,
};
use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

/// Where each frame of a whole file begins.
fn frames(file: &[u8]) -> Vec<(usize, FrameHead)> {
    let mut places = Vec::new();
    let mut at = 16;
    while let Some(head) = file.get(at..).and_then(|rest| rest.first_chunk()) {
        let Some(head) = FrameHead::parse(head) else {
            break;
        };
        places.push((at, head));
        at += 48 + head.stored_bytes as usize;
    }
    places
}

#[test]
fn a_flipped_byte_costs_one_frame_at_most() {
    let file = recording(60);
    let whole = events(60);
    let places = frames(&file);
    let header_end = places[1].0;
    let per_frame = 60 / (places.len() - 3) + 2;
    for at in header_end..places[places.len() - 1].0 {
        let mut damaged = file.clone();
        damaged[at] ^= 0x5a;
        let (played, _, stats) = play(&damaged).expect("the header is whole");
        assert!(played.len() + per_frame >= 60, "byte {at}");
        assert!(
            played.iter().all(|event| whole.contains(event)),
            "byte {at}"
        );
        assert_eq!(stats.frames_damaged, 1, "byte {at}");
        let (offset, _) = stats.first_damage.expect("the damage");
        let frame = places.iter().rev().find(|(begin, _)| *begin <= at);
        assert_eq!(offset, frame.expect("its frame").0 as u64, "byte {at}");
        assert!(stats.is_complete, "byte {at}");
    }
}

#[test]
fn damage_to_the_header_is_an_error_that_names_its_place() {
    let file = recording(3);
    let end = frames(&file)[1].0;
    for at in 0..end {
        let mut damaged = file.clone();
        damaged[at] ^= 0x5a;
        // What is behind version and byte order is for later versions.
        match play(&damaged) {
            Err(RecordingError::NotARecording) => assert!(at < 8 || at == 10, "byte {at}"),
            Err(RecordingError::Version { .. }) => assert!((8..10).contains(&at), "byte {at}"),
            Err(RecordingError::Header { offset, .. }) => {
                assert!(offset == 16 && at >= 16, "byte {at}");
            }
            Err(error) => panic!("byte {at}: {error}"),
            Ok(_) => assert!((11..16).contains(&at), "byte {at}"),
        }
    }
}

#[test]
fn other_files_and_other_machines_are_refused() {
    let error = |bytes: &[u8]| match RecordingReader::new(bytes) {
        Ok(_) => panic!("it was read"),
        Err(error) => error.to_string(),
    };
    assert_eq!(error(b""), "not a recording of Saker");
    assert_eq!(
        error(b"\x7fELF and what follows"),
        "not a recording of Saker"
    );
    let mut file = recording(1);
    file[8] = 9;
    assert!(error(&file).contains("format 9"), "{}", error(&file));
    let mut file = recording(1);
    file[10] ^= 3;
    let text = error(&file);
    assert!(text.contains("-endian machine"), "{text}");
    let mut file = Vec::new();
    let mut other = header();
    other.event_head_bytes += 8;
    other.saker_version = "9.1".to_owned();
    let writer = RecordingWriter::new(&mut file, &other, WriterOptions::default());
    drop(writer.expect("a writer"));
    assert!(error(&file).contains("(9.1)"), "{}", error(&file));
}

/// A file with a header and a frame with this content, whose checksums are right.
fn forged(content: &[u8], content_bytes: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let writer = RecordingWriter::new(&mut file, &Header::default(), WriterOptions::default());
    drop(writer.expect("a writer"));
    let stored = zstd::bulk::compress(content, 3).expect("compressed");
    let head = FrameHead {
        kind: FrameKind::Entries,
        stored_bytes: stored.len().try_into().expect("short"),
        content_bytes,
        number_before: u64::MAX,
        time_boot_ns: 0,
        checksum: xxh3_64(&stored),
    };
    file.extend(head.to_bytes());
    file.extend(stored);
    file
}

#[test]
fn content_of_another_length_is_damage() {
    let content = [0; 100];
    for stated in [0, 99, 101, 1 << 22] {
        let (played, _, stats) = play(&forged(&content, stated)).expect("the header is whole");
        assert!(played.is_empty());
        let damage = stats.first_damage.expect("the damage").1;
        assert_eq!(damage, Damage::Compression, "{stated}");
    }
    // A length beyond the bound is no head of a frame at all.
    let (_, _, stats) = play(&forged(&content, (1 << 22) + 1)).expect("the header is whole");
    assert_eq!(stats.first_damage.expect("the damage").1, Damage::NoFrame);
}

#[test]
fn entries_that_reach_beyond_their_frame_are_damage() {
    for length in [0_u32, 9, u32::MAX] {
        let mut content = length.to_le_bytes().to_vec();
        content.extend([1, 0, 0, 0, 0, 7]);
        let bytes = content.len() as u32;
        let (_, _, stats) = play(&forged(&content, bytes)).expect("the header is whole");
        let damage = stats.first_damage.map(|(_, damage)| damage);
        assert_eq!(damage, Some(Damage::Entry { entry: 0 }), "{length}");
    }
    // Whole entries of no known kind, a note that is none, an event without its number.
    let entries = [
        &[1, 0, 0, 0, 77][..],
        &[2, 0, 0, 0, 3, 0xff],
        &[3, 0, 0, 0, 1, 0, 0],
    ];
    let content = entries.concat();
    let bytes = content.len() as u32;
    let (played, notes, stats) = play(&forged(&content, bytes)).expect("the header is whole");
    assert!(played.is_empty() && notes.is_empty());
    assert_eq!((stats.unknown, stats.events_malformed), (2, 1));
    assert_eq!(stats.frames_damaged, 0);
}

proptest! {
    // Each writes and reads whole recordings.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut file = file_head().to_vec();
        file.extend(&bytes);
        prop_assert!(play(&file).is_err());
        let content_bytes = bytes.len() as u32;
        prop_assert!(play(&forged(&bytes, content_bytes)).is_ok());
    }
}
