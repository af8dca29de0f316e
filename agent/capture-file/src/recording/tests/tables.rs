//! Recordings with another event table.

use super::sample::{header, small_frames};
use crate::recording::{
    Header, Item, RecordingReader, RecordingWriter, Room, Stats, StoredArgument, Visibility,
};
use saker_event_decode::{EventBuilder, EventView};
use saker_event_schema::{DataRef, EventHeader, event};
use zerocopy::{FromBytes, IntoBytes};

/// A record with this head whose slots hold these values; texts lie behind them.
enum Slot<'a> {
    Number(u64),
    Text(&'a [u8]),
}

fn record(head: &[u8], slots: &[Slot<'_>]) -> Vec<u8> {
    let (mut head, _) = EventHeader::read_from_prefix(head).expect("a head");
    let data_start = size_of::<EventHeader>() + 8 * slots.len();
    let (mut words, mut data) = (Vec::new(), Vec::new());
    for slot in slots {
        match slot {
            Slot::Number(number) => words.extend(number.to_ne_bytes()),
            Slot::Text(text) => {
                let reference = DataRef {
                    offset: (data_start + data.len()) as u32,
                    length: text.len() as u16,
                    flags: 0,
                };
                words.extend(reference.as_bytes());
                data.extend_from_slice(text);
            }
        }
    }
    head.length = (data_start + data.len()) as u32;
    [head.as_bytes(), &words, &data].concat()
}

fn argument(name: &str, kind: &str, is_data: bool) -> StoredArgument {
    StoredArgument {
        name: name.to_owned(),
        kind: kind.to_owned(),
        is_data,
    }
}

/// The header with other arguments of `openat`.
fn header_with(arguments: Vec<StoredArgument>) -> Header {
    let mut header = header();
    let row = header.rows.iter_mut().find(|row| row.name == "openat");
    row.expect("its row").arguments = arguments;
    header
}

fn play(header: &Header, records: &[Vec<u8>]) -> (Vec<Vec<u8>>, Stats) {
    let mut file = Vec::new();
    let mut writer = RecordingWriter::new(&mut file, header, small_frames()).expect("a writer");
    for (record, number) in records.iter().zip(1..) {
        let room = writer.event(record, number, Visibility::Shown);
        assert_eq!(room.expect("an event"), Room::Left);
    }
    writer.finish(0).expect("an end");
    let mut reader = RecordingReader::new(file.as_slice()).expect("a recording");
    let mut played = Vec::new();
    while let Some(item) = reader.next_item().expect("an item") {
        if let Item::Event { record, .. } = item {
            played.push(record.to_vec());
        }
    }
    (played, reader.stats())
}

#[test]
fn arguments_are_found_by_name_whatever_their_place() {
    // In another order, with one that is gone since, and most of today's not there yet.
    let header = header_with(vec![
        argument("name", "UserPath", true),
        argument("gone", "Uint", false),
        argument("gone_text", "UserPath", true),
        argument("flags", "OpenFlags", false),
        argument("fd", "Fd", false),
    ]);
    let head = EventBuilder::new(event::OPENAT).pid(42).result(3).build();
    let old = record(
        &head,
        &[
            Slot::Text(b"/etc/shadow"),
            Slot::Number(1),
            Slot::Text(b"nobody asks"),
            Slot::Number(0o2_000_000),
            Slot::Number(3),
        ],
    );
    let (played, stats) = play(&header, &[old]);
    let today = EventBuilder::new(event::OPENAT)
        .pid(42)
        .result(3)
        .set("name", "/etc/shadow")
        .set("flags", 0o2_000_000);
    let view = EventView::parse(&played[0]).expect("a record of today");
    let expected = today.build();
    let expected = EventView::parse(&expected).expect("a record");
    for slot in 0..view.row().arguments.len() {
        assert_eq!(view.argument(slot), expected.argument(slot), "slot {slot}");
    }
    assert_eq!(view.header().pid, 42);
    assert_eq!((stats.events, stats.events_malformed), (1, 0));
}

#[test]
fn an_argument_of_another_kind_is_another_argument() {
    let header = header_with(vec![
        argument("name", "KernelPath", true),
        argument("flags", "Hex", false),
    ]);
    let head = EventBuilder::new(event::OPENAT).build();
    let old = record(&head, &[Slot::Text(b"/x"), Slot::Number(7)]);
    let (played, _) = play(&header, &[old]);
    let view = EventView::parse(&played[0]).expect("a record of today");
    let slot = |name| view.row().slot(name).expect("its slot");
    assert_eq!(view.path(slot("name")), None);
    assert_eq!(view.unsigned(slot("flags")), Some(0));
}

#[test]
fn events_that_are_unknown_today_are_counted() {
    let mut header = header();
    // Its id means another event there, and one id is not known here at all.
    for row in &mut header.rows {
        match row.name.as_str() {
            "openat" => row.name = "teleport".to_owned(),
            "execve" => row.id = 127,
            _ => {}
        }
    }
    let chdir = EventBuilder::new(event::CHDIR).build();
    let mut unknown = EventBuilder::new(event::EXECVE);
    unknown.header_mut().event = saker_event_schema::EventId::new(127);
    let records = [
        EventBuilder::new(event::OPENAT).build(),
        chdir.clone(),
        unknown.build(),
    ];
    let (played, stats) = play(&header, &records);
    assert_eq!(played, [chdir]);
    assert_eq!((stats.events, stats.events_unknown), (1, 2));
}

#[test]
fn records_that_are_not_what_their_row_says_are_counted() {
    let header = header_with(vec![argument("name", "UserPath", true)]);
    let head = EventBuilder::new(event::OPENAT).build();
    let whole = record(&head, &[Slot::Text(b"/etc/shadow")]);
    let mut outside = whole.clone();
    let slot = size_of::<EventHeader>();
    outside[slot..slot + 4].copy_from_slice(&u32::MAX.to_ne_bytes());
    let mut longer = whole.clone();
    let length = std::mem::offset_of!(EventHeader, length);
    longer[length..length + 4].copy_from_slice(&u32::MAX.to_ne_bytes());
    let records = [
        vec![],
        head[..50].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        outside,
        longer,
        whole,
    ];
    let (played, stats) = play(&header, &records);
    assert_eq!(played.len(), 1);
    assert_eq!((stats.events, stats.events_malformed), (1, 5));
}
