//! From the event table of a recording to today's.

use super::header::StoredRow;
use saker_event_schema::{
    DataRef, EventHeader, EventId, RECORD_BYTES_MAX, ROWS, Row, RowArgument, data_flag, row,
};
use std::collections::HashMap;
use zerocopy::{FromBytes, IntoBytes};

/// Bytes of one slot.
const SLOT_BYTES: usize = 8;

/// The rows of a recording, each with its row of today.
pub(super) enum Table {
    /// Both tables are the same.
    Today,
    /// They are not.
    Other(HashMap<EventId, Mapping>),
}

/// What becomes of the events of a row.
pub(super) enum Mapping {
    /// Row and arguments are the same.
    Same,
    /// Arguments differ.
    Differs {
        row: &'static Row,
        /// Slots of the recording.
        slots: usize,
        /// For each slot of today the one of the recording, if it has it.
        sources: Vec<Option<usize>>,
    },
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mapped {
    /// It is in today's layout.
    AsItIs,
    /// It was brought into it.
    Translated,
    /// Today's table has no such event.
    Unknown,
    /// It is not what its row says.
    Malformed,
}

impl Table {
    pub(super) fn new(rows: &[StoredRow]) -> Self {
        let today: Vec<StoredRow> = ROWS.iter().map(StoredRow::of).collect();
        if rows == today {
            return Self::Today;
        }
        let mappings = rows.iter().filter_map(|stored| {
            let id = EventId::new(stored.id);
            Some((id, Mapping::new(stored, row(id)?)?))
        });
        Self::Other(mappings.collect())
    }

    /// Brings a record into today's layout, in `out` if something has to be changed.
    pub(super) fn map(&self, record: &[u8], out: &mut Vec<u8>) -> Mapped {
        let Self::Other(mappings) = self else {
            return Mapped::AsItIs;
        };
        let Ok((head, _)) = EventHeader::read_from_prefix(record) else {
            return Mapped::Malformed;
        };
        match mappings.get(&head.event) {
            None => Mapped::Unknown,
            Some(Mapping::Same) => Mapped::AsItIs,
            Some(Mapping::Differs {
                row,
                slots,
                sources,
            }) => match translate(head, record, row, *slots, sources, out) {
                Some(()) => Mapped::Translated,
                None => Mapped::Malformed,
            },
        }
    }
}

impl Mapping {
    /// `None` when the row of today is another event.
    fn new(stored: &StoredRow, row: &'static Row) -> Option<Self> {
        if stored.name != row.name {
            return None;
        }
        if *stored == StoredRow::of(row) {
            return Some(Self::Same);
        }
        let source = |argument: &RowArgument| {
            stored.arguments.iter().position(|stored| {
                // A kind of another name may mean its bytes otherwise.
                stored.name == argument.name && stored.kind == argument.kind.name()
            })
        };
        Some(Self::Differs {
            row,
            slots: stored.arguments.len(),
            sources: row.arguments.iter().map(source).collect(),
        })
    }
}

/// Writes a record of today's row: the head as it is, arguments by name, those that the recording does
/// not have missing (data) or 0 (numbers).
fn translate(
    mut head: EventHeader,
    record: &[u8],
    row: &Row,
    slots: usize,
    sources: &[Option<usize>],
    out: &mut Vec<u8>,
) -> Option<()> {
    let record = record.get(..usize::try_from(head.length).ok()?)?;
    let (stored, _) = record
        .get(size_of::<EventHeader>()..)?
        .get(..slots.checked_mul(SLOT_BYTES)?)?
        .as_chunks::<SLOT_BYTES>();
    let slots_bytes = row.arguments.len().checked_mul(SLOT_BYTES)?;
    let data_start = size_of::<EventHeader>().checked_add(slots_bytes)?;
    out.clear();
    out.resize(data_start, 0);
    for (slot, (argument, source)) in row.arguments.iter().zip(sources).enumerate() {
        let word = source.and_then(|source| stored.get(source).copied());
        let word = if argument.kind.is_data() {
            let reference = match word {
                Some(word) => moved(zerocopy::transmute!(word), record, out)?,
                None => DataRef {
                    offset: 0,
                    length: 0,
                    flags: data_flag::MISSING,
                },
            };
            zerocopy::transmute!(reference)
        } else {
            word.unwrap_or_default()
        };
        let begin = size_of::<EventHeader>().checked_add(slot.checked_mul(SLOT_BYTES)?)?;
        out.get_mut(begin..)?
            .first_chunk_mut()
            .map(|to| *to = word)?;
    }
    if out.len() > RECORD_BYTES_MAX {
        return None;
    }
    head.length = u32::try_from(out.len()).ok()?;
    out.get_mut(..size_of::<EventHeader>())?
        .copy_from_slice(head.as_bytes());
    Some(())
}

/// Copies the data of an argument to the end of `out`.
fn moved(reference: DataRef, record: &[u8], out: &mut Vec<u8>) -> Option<DataRef> {
    let begin = usize::try_from(reference.offset).ok()?;
    let end = begin.checked_add(usize::from(reference.length))?;
    let offset = u32::try_from(out.len()).ok()?;
    out.extend_from_slice(record.get(begin..end)?);
    Some(DataRef {
        offset,
        ..reference
    })
}
