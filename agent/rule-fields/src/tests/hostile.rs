//! Records that no kernel would write.

use super::scene::Scene;
use crate::PathView;
use saker_event_decode::{EventBuilder, EventView};
use saker_event_schema::{EventHeader, ROWS, event};
use saker_rule_language::FieldArgument;
use std::mem::offset_of;

/// Bytes of noise behind the slots.
const DATA_BYTES: usize = 48;

/// Numbers that look random and are the same in every run (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// The record with about half of its slots and all of its data replaced.
fn disturbed(template: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut record = template.to_vec();
    record.extend((0..DATA_BYTES).map(|_| noise.next().to_le_bytes()[0]));
    let length = u32::try_from(record.len()).unwrap();
    let at = offset_of!(EventHeader, length);
    record[at..at + 4].copy_from_slice(&length.to_ne_bytes());
    let data = u64::try_from(template.len()).unwrap();
    for slot in (size_of::<EventHeader>()..template.len()).step_by(8) {
        let flags = noise.next() & 0x7c;
        let word = match noise.next() % 6 {
            0 => noise.next(),
            1 => u64::MAX,
            // A reference to all of the data.
            2 | 3 => data | 48 << 32 | flags << 48,
            _ => continue,
        };
        record[slot..slot + 8].copy_from_slice(&word.to_le_bytes());
    }
    record
}

#[test]
fn no_record_makes_a_field_panic() {
    let scene = Scene::new(EventBuilder::new(event::OPEN).set("name", "/x"));
    let arguments = [
        None,
        Some(FieldArgument::Index(1)),
        Some(FieldArgument::Key("name".into())),
    ];
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let mut read = 0;
    for row in ROWS {
        let template = EventBuilder::new(row.id).result(3).build();
        for _ in 0..40 {
            let record = disturbed(&template, &mut noise);
            let Ok(event) = EventView::parse(&record) else {
                continue;
            };
            read += 1;
            for view in [PathView::Requested, PathView::Resolved] {
                scene.with_event(&event, view, |context, fields| {
                    for (id, _) in fields.iter() {
                        for argument in &arguments {
                            drop(fields.extract(id, argument.as_ref(), context));
                        }
                    }
                    std::hint::black_box(context.views_differ());
                });
            }
        }
    }
    assert!(read > 500, "only {read} records were whole");
}
