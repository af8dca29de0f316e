//! Records that no kernel wrote: the decoder, the process table, every field and what it prints.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use saker_event_decode::render::{NoNames, argument_text, arguments_text};
use saker_event_decode::{EventBuilder, EventView, Value};
use saker_event_schema::{Kind, ROWS};
use saker_fuzz::scene::{FIELDS, Scene};
use saker_rule_fields::{EventContext, PathView};
use saker_rule_language::FieldArgument;

/// Most records of one input.
const RECORDS_MAX: usize = 4;

/// Longest data of one argument, in bytes.
const DATA_BYTES_MAX: usize = 300;

/// Records one after the other, whole or damaged.
#[derive(Debug)]
struct Records(Vec<Vec<u8>>);

impl<'a> Arbitrary<'a> for Records {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let count = u.int_in_range(1..=RECORDS_MAX)?;
        (0..count)
            .map(|_| record(u))
            .collect::<Result<_>>()
            .map(Self)
    }
}

/// A record of any row with any arguments, of which a few bytes may be replaced.
fn record(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let row = u.choose(ROWS)?;
    let mut builder = EventBuilder::new(row.id)
        .pid(u.int_in_range(0..=3)?)
        .ppid(u.int_in_range(0..=3)?)
        .exec_id(u.int_in_range(0..=3)?)
        .comm(u.arbitrary::<[u8; 4]>()?)
        .result(u.arbitrary()?);
    for argument in row.arguments {
        let value = value(u, argument.kind)?;
        builder
            .try_set(argument.name, value)
            .unwrap_or_else(|error| panic!("{}: {error}", argument.name));
    }
    let mut record = builder.build();
    for _ in 0..u.int_in_range(0..=8)? {
        let place = u.choose_index(record.len())?;
        record[place] = u.arbitrary()?;
    }
    Ok(record)
}

fn value(u: &mut Unstructured<'_>, kind: Kind) -> Result<Value> {
    if !kind.is_data() {
        // Every kind takes numbers of 63 bits.
        return Ok(Value::Unsigned(u.arbitrary::<u64>()? >> 1));
    }
    if u.ratio(1, 8)? {
        return Ok(Value::Missing);
    }
    let length = u.int_in_range(0..=DATA_BYTES_MAX)?;
    let bytes = u.bytes(length.min(u.len()))?;
    Ok(match kind {
        Kind::Socket if u.arbitrary()? => Value::unix(bytes),
        _ => Value::flagged(bytes, u.arbitrary()?),
    })
}

fuzz_target!(|records: Records| {
    let mut scene = Scene::default();
    for record in &records.0 {
        let Ok(event) = EventView::parse(record) else {
            continue;
        };
        read_arguments(&event);
        let process = scene.apply(&event);
        scene.with(&event, &process, |context| {
            read_fields(context);
            if context.views_differ() {
                read_fields(&context.with_path_view(PathView::Resolved));
            }
        });
    }
});

fn read_arguments(event: &EventView<'_>) {
    let mut text = Vec::new();
    for slot in 0..=event.row().arguments.len() {
        argument_text(event, slot, &NoNames, &mut text);
        event.host_path(slot, &mut text);
        event.requested_path(slot, &mut text);
        if let Some(data) = event.data(slot) {
            assert!(data.strings().count() <= data.bytes.len());
        }
    }
    arguments_text(event, &NoNames, &mut text);
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
