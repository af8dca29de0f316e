//! Records that no kernel made.

use crate::render::{NoNames, argument_text, arguments_text};
use crate::{EventBuilder, EventView, SocketAddressView, SocketView, Value, normalise, strings};
use proptest::collection::vec;
use proptest::num::u8::ANY as BYTE;
use proptest::prelude::*;
use saker_event_schema::{EventHeader, Kind, ROWS};

/// Reads all that a view offers.
fn read_all(bytes: &[u8]) {
    let Ok(view) = EventView::parse(bytes) else {
        return;
    };
    let mut out = Vec::new();
    for slot in 0..=view.row().arguments.len() {
        let _argument = view.argument(slot);
        argument_text(&view, slot, &NoNames, &mut out);
        view.host_path(slot, &mut out);
        view.requested_path(slot, &mut out);
        if let Some(data) = view.data(slot) {
            assert!(data.strings().count() <= data.bytes.len());
        }
    }
    arguments_text(&view, &NoNames, &mut out);
    assert!(view.comm().len() <= 16);
}

/// A valid record of any row, its data of any content.
fn any_record() -> impl Strategy<Value = Vec<u8>> {
    (0..ROWS.len(), vec(BYTE, 0..200), any::<u64>()).prop_map(|(row, bytes, number)| {
        let row = &ROWS[row];
        let mut builder = EventBuilder::new(row.id).result(number.cast_signed());
        for argument in row.arguments {
            let value = match argument.kind {
                Kind::Socket => Value::socket(Default::default(), &bytes),
                kind if kind.is_data() => Value::from(bytes.as_slice()),
                _ => Value::Unsigned(number >> 1),
            };
            builder.try_set(argument.name, value).expect(argument.name);
        }
        builder.build()
    })
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(BYTE, 0..600)) {
        read_all(&bytes);
    }

    #[test]
    fn any_slots_behind_a_sound_head(row in 0..ROWS.len(), slots in vec(BYTE, 0..600)) {
        let whole = EventBuilder::new(ROWS[row].id).build();
        let mut record = whole[..size_of::<EventHeader>()].to_vec();
        record.extend_from_slice(&slots);
        let length = std::mem::offset_of!(EventHeader, length);
        let total = u32::try_from(record.len()).expect("small");
        record[length..length + 4].copy_from_slice(&total.to_ne_bytes());
        read_all(&record);
    }

    #[test]
    fn mutated_records(
        mut record in any_record(),
        changes in vec((any::<prop::sample::Index>(), BYTE), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        read_all(&record);
        for (place, byte) in changes {
            let place = place.index(record.len());
            record[place] = byte;
        }
        read_all(&record);
        read_all(&record[..cut.index(record.len())]);
    }

    #[test]
    fn any_addresses(bytes in vec(BYTE, 0..140)) {
        let _address = SocketAddressView::parse(&bytes);
        let _socket = SocketView::parse(&bytes);
    }

    #[test]
    fn normal_paths_stay_as_they_are(base in vec(BYTE, 0..60), path in vec(BYTE, 0..60)) {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        normalise(&base, &path, &mut once);
        prop_assert!(once.starts_with(b"/"));
        normalise(b"/", &once, &mut twice);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn strings_are_found_again(parts in vec(vec(1_u8.., 0..20), 0..10)) {
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied().chain([0])).collect();
        let found: Vec<Vec<u8>> = strings(&bytes).map(<[u8]>::to_vec).collect();
        prop_assert_eq!(found, parts);
    }
}
