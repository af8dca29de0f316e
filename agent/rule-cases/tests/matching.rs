//! What matching relies on and promises, with the agent's own records and fields.

use std::path::Path;

use saker_event_decode::{EventBuilder, EventView, WallClock};
use saker_event_schema::{ROWS, event};
use saker_process_state::{Limits, NoSource, ProcessState, Users};
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::{EventContext, FieldValue, Fields, Host, Payload, Scratch, Surroundings};
use saker_rule_language::{LoadOptions, SourceFile, load};

/// Runs `work` on the context of a record.
fn with_context<T>(
    record: &[u8],
    scratch: &Scratch,
    work: impl FnOnce(&EventContext<'_>) -> T,
) -> T {
    let mut processes =
        ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(NoSource));
    let event = EventView::parse(record).unwrap();
    let process = processes.apply(&event);
    let host = Host::new("test", Users::new(Path::new("/nonexistent")));
    let surroundings = Surroundings {
        processes: Some(&processes),
        clock: &WallClock::new(0),
        host: &host,
        scratch,
    };
    work(&EventContext::new(
        Payload::Syscall(&event),
        Some(&process),
        surroundings,
        1,
    ))
}

#[test]
fn the_type_of_an_event_is_the_name_of_its_row() {
    // The compiler takes tests of evt.type out of the conditions of each type of event.
    let fields = Fields::new();
    let field = fields.id("evt.type").unwrap();
    for row in ROWS {
        let record = EventBuilder::new(row.id).build();
        with_context(&record, &Scratch::new(), |context| {
            let found = fields.extract(field, None, context);
            assert_eq!(found, FieldValue::text(row.name.as_bytes()));
        });
    }
}

#[test]
fn an_event_that_matches_nothing_allocates_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let sources: Vec<SourceFile> = [
        "00-macros.yaml",
        "10-process.yaml",
        "20-files.yaml",
        "30-network.yaml",
        "40-container.yaml",
        "50-kernel.yaml",
    ]
    .into_iter()
    .map(|name| SourceFile::new(name, &std::fs::read_to_string(folder.join(name)).unwrap()))
    .collect();
    let checked = load(&sources, &Fields::new(), &LoadOptions::default())
        .rules
        .unwrap();
    let rules = RuleSet::compile(&checked, &CompileOptions::default()).unwrap();
    let record = EventBuilder::new(event::OPENAT)
        .result(3)
        .set("name", "/usr/lib/../lib/x86_64-linux-gnu/libc.so.6")
        .set("flags", 0)
        .set("file_path", "/usr/lib/x86_64-linux-gnu/libc.so.6")
        .set("file_mode", 0o100_644)
        .build();
    let scratch = Scratch::new();
    let mut evaluation = Evaluation::new();
    with_context(&record, &scratch, |context| {
        assert!(
            rules
                .evaluate(&rules.event(context), &mut evaluation)
                .is_empty()
        );
    });
    with_context(&record, &scratch, |context| {
        let counted = allocation_counter::measure(|| {
            let event = rules.event(context);
            assert!(rules.evaluate(&event, &mut evaluation).is_empty());
        });
        assert_eq!(counted.count_total, 0, "{counted:?}");
        let control = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
        assert_eq!(control.count_total, 1, "the counter counts");
    });
}
