//! Any bytes as a recording of Saker, and as what a frame of one holds: a checksum would keep most changes
//! to a file from being looked at.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use saker_capture_file::recording::{
    FORMAT_VERSION, Header, MAGIC, RecordingReader, RecordingWriter, WriterOptions,
};
use saker_capture_replay::{Options, Replay};
use saker_fuzz::scene::FIELDS;
use saker_rule_fields::EventContext;
use saker_rule_language::FieldArgument;

/// Events whose fields are read; all of those of a whole recording would take too long.
const EVENTS_WITH_FIELDS: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    play(bytes.to_vec());
    seek(bytes);
    let with_header = [
        &MAGIC[..],
        &FORMAT_VERSION.to_le_bytes(),
        &[1, 0, 0, 0, 0, 0],
        bytes,
    ];
    play(with_header.concat());
    for header in [Header::default(), of_another_version()] {
        let mut file = Vec::new();
        let mut writer = RecordingWriter::new(&mut file, &header, WriterOptions::default())
            .expect("a recording");
        if writer.frame(bytes).is_ok() {
            drop(writer);
            play(file);
        }
    }
});

/// A table in which every event has lost its first argument and got another one.
fn of_another_version() -> Header {
    let mut header = Header::default();
    for row in &mut header.rows {
        if let Some(first) = row.arguments.first_mut() {
            first.name = "gone".to_owned();
        }
        row.arguments.reverse();
    }
    header
}

fn play(bytes: Vec<u8>) {
    let Ok(mut replay) = Replay::read("input", Cursor::new(bytes), &Options::default()) else {
        return;
    };
    let mut shown = 0;
    while let Ok(Some(())) = replay.next(|context| {
        if shown < EVENTS_WITH_FIELDS {
            read_fields(context);
        }
        shown += 1;
    }) {}
    assert!(matches!(replay.next(|_| ()), Ok(None)));
    assert_eq!(replay.stats().shown, shown as u64);
}

fn seek(bytes: &[u8]) {
    let Ok(mut reader) = RecordingReader::new(Cursor::new(bytes)) else {
        return;
    };
    reader.seek_to_number(3).expect("memory can be read");
    while reader.next_item().expect("memory can be read").is_some() {}
}

fn read_fields(context: &EventContext<'_>) {
    let arguments = [
        None,
        Some(FieldArgument::Index(1)),
        Some(FieldArgument::Key("name".into())),
    ];
    for (id, _) in FIELDS.iter() {
        for argument in &arguments {
            drop(FIELDS.extract(id, argument.as_ref(), context));
        }
    }
}
