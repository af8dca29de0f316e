//! Any bytes as a capture of Falco: its blocks, the conversion of old events, threads and descriptors,
//! and every field of the first events.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use saker_capture_replay::{Options, Replay};
use saker_capture_state::Limits;
use saker_fuzz::scene::FIELDS;
use saker_rule_fields::EventContext;
use saker_rule_language::FieldArgument;

/// Events whose fields are read. Whole captures are among the inputs, and all fields of all of their
/// events would take longer than an input may.
const EVENTS_WITH_FIELDS: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let source = Cursor::new(bytes.to_vec());
    let Ok(mut replay) = Replay::read("input", source, &options()) else {
        return;
    };
    let mut shown = 0;
    // The first error ends the capture.
    while let Ok(Some(())) = replay.next(|context| {
        if shown < EVENTS_WITH_FIELDS {
            read_fields(context);
        }
        shown += 1;
    }) {}
    assert!(matches!(replay.next(|_| ()), Ok(None)));
    assert_eq!(replay.stats().shown, shown as u64);
});

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

/// Bounds low enough for the fuzzer to reach them.
fn options() -> Options {
    Options {
        limits: Limits {
            threads: 300,
            descriptors_per_process: 20,
            descriptors: 1000,
            text_bytes: 300,
            thread_text_bytes: 20_000,
            descriptor_text_bytes: 20_000,
            user_text_bytes: 2_000,
            enter_bytes: 20_000,
            users: 10,
            containers: 5,
            container_bytes: 2_000,
            interfaces: 5,
        },
        ..Options::default()
    }
}
