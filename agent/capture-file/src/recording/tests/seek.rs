//! Reading from another place.

use super::sample::{events, recording};
use crate::recording::index::{ENTRIES_MAX, Index};
use crate::recording::{Item, RecordingReader};
use std::io::Cursor;

/// Numbers of the events after going to a place.
fn numbers(file: &[u8], seek: impl FnOnce(&mut RecordingReader<Cursor<&[u8]>>)) -> Vec<u64> {
    let mut reader = RecordingReader::new(Cursor::new(file)).expect("a recording");
    seek(&mut reader);
    let mut numbers = Vec::new();
    while let Some(item) = reader.next_item().expect("an item") {
        if let Item::Event { number, .. } = item {
            numbers.push(number);
        }
    }
    numbers
}

#[test]
fn reading_goes_on_at_a_number_or_a_time() {
    let whole = recording(100);
    // Without the index frames are looked for.
    let without_trailer = &whole[..whole.len() - 16];
    for file in [&whole[..], without_trailer] {
        for number in [0, 1, 2, 37, 99, 100, 101, u64::MAX] {
            let expected: Vec<u64> = (number.max(1)..=100).collect();
            let by_number = numbers(file, |reader| {
                reader.seek_to_number(number).expect("a place");
            });
            assert_eq!(by_number, expected, "number {number}");
            let by_time = numbers(file, |reader| {
                let time = number.saturating_mul(1000);
                reader.seek_to_time(time).expect("a place");
            });
            assert_eq!(by_time, expected, "time of {number}");
        }
    }
}

#[test]
fn reading_can_begin_again_after_the_end() {
    let file = recording(20);
    let found = numbers(&file, |reader| {
        while reader.next_item().expect("an item").is_some() {}
        reader.seek_to_number(19).expect("a place");
        let Ok(Some(Item::Event { record, .. })) = reader.next_item() else {
            panic!("no event");
        };
        assert_eq!(record, events(19)[18].2);
    });
    assert_eq!(found, [20]);
}

#[test]
fn an_index_that_lies_makes_nothing_worse() {
    let mut file = recording(20);
    let trailer = file.len() - 16;
    for offset in [0, 3, u64::MAX, trailer as u64] {
        file[trailer..trailer + 8].copy_from_slice(&offset.to_le_bytes());
        let found = numbers(&file, |reader| {
            reader.seek_to_number(15).expect("a place");
        });
        assert_eq!(found, (15..=20).collect::<Vec<_>>(), "{offset}");
    }
}

#[test]
fn the_index_is_bounded_and_keeps_the_first_frame() {
    let mut index = Index::default();
    for place in 0..3 * ENTRIES_MAX as u64 {
        index.add((place, place, place));
    }
    assert!(index.frames.len() <= ENTRIES_MAX);
    assert_eq!(index.frames[0].0, 0);
    assert!(index.frames.is_sorted());
    assert_eq!(
        index.frames.last().map(|entry| entry.0),
        Some(3 * ENTRIES_MAX as u64 - 1)
    );
}
