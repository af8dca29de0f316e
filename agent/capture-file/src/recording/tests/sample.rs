//! Small recordings, and what was read of them.

use crate::recording::{
    Header, Item, Note, RecordingError, RecordingReader, RecordingWriter, Room, Stats, Visibility,
    WriterOptions,
};
use saker_event_decode::EventBuilder;
use saker_event_schema::event;

/// An event of a recording: number, visibility, record.
pub(super) type Played = (u64, Visibility, Vec<u8>);

/// The event with this number.
pub(super) fn record(number: u64) -> Vec<u8> {
    EventBuilder::new(event::OPENAT)
        .time_boot_ns(1_000 * number)
        .result(3)
        .set("name", format!("/tmp/{number}").as_str())
        .build()
}

/// Frames of a few events each.
pub(super) fn small_frames() -> WriterOptions {
    WriterOptions {
        frame_bytes: 1000,
        ..WriterOptions::default()
    }
}

/// Events 1 to `count`, every third hidden.
pub(super) fn recording(count: u64) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = RecordingWriter::new(&mut file, &header(), small_frames()).expect("a writer");
    assert_eq!(writer.note(&Note::Started).expect("a note"), Room::Left);
    for number in 1..=count {
        let room = writer.event(&record(number), number, visibility(number));
        assert_eq!(room.expect("an event"), Room::Left);
    }
    writer.finish(7).expect("an end");
    file
}

pub(super) fn visibility(number: u64) -> Visibility {
    if number.is_multiple_of(3) {
        Visibility::Hidden
    } else {
        Visibility::Shown
    }
}

pub(super) fn header() -> Header {
    Header {
        hostname: "node-1".to_owned(),
        boot_id: "b00t".to_owned(),
        ..Header::default()
    }
}

/// Everything in a recording.
pub(super) fn play(file: &[u8]) -> Result<(Vec<Played>, Vec<Note>, Stats), RecordingError> {
    let mut reader = RecordingReader::new(file)?;
    let (mut events, mut notes) = (Vec::new(), Vec::new());
    while let Some(item) = reader.next_item()? {
        match item {
            Item::Event {
                number,
                visibility,
                record,
            } => events.push((number, visibility, record.to_vec())),
            Item::Note(note) => notes.push(note),
        }
    }
    Ok((events, notes, reader.stats()))
}

/// What [`recording`] has.
pub(super) fn events(count: u64) -> Vec<Played> {
    (1..=count)
        .map(|number| (number, visibility(number), record(number)))
        .collect()
}
