//! The table of events, one row a code.
//!
//! Codes, names, categories, layouts and flags are those of Falco's drivers (`event_table.c` of its
//! libraries); without them no capture could be read. A code never changes its meaning.

mod codes_000;
mod codes_114;
mod codes_228;
mod codes_342;
mod names;
mod rows;

use crate::event_type::{EventCode, EventType};

/// The rows, in parts that follow one another.
static PARTS: [&[EventType]; 4] = [
    codes_000::ROWS,
    codes_114::ROWS,
    codes_228::ROWS,
    codes_342::ROWS,
];

/// Rows of each part but the last.
const PART_ROWS: usize = 114;

/// All events of a code; `None` for a code that nobody knows.
#[must_use]
pub fn event_type(code: EventCode) -> Option<&'static EventType> {
    let code = usize::from(code.0);
    let part = PARTS.get(code.checked_div(PART_ROWS)?)?;
    part.get(code.checked_rem(PART_ROWS)?)
}

/// Every kind of event, by code.
pub fn event_types() -> impl Iterator<Item = &'static EventType> {
    PARTS.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_at_its_code() {
        for (code, row) in (0..).zip(event_types()) {
            assert_eq!(row.code, EventCode(code), "{}", row.name);
            assert_eq!(event_type(EventCode(code)), Some(row));
        }
        assert_eq!(event_types().count(), 454);
        assert_eq!(event_type(EventCode(454)), None);
    }
}
