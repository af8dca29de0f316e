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
    use crate::event_type::{Direction, EventFlags, ParameterKind};
    use crate::syscalls::syscall_name;

    #[test]
    fn each_row_stands_at_its_code() {
        for (code, row) in (0..).zip(event_types()) {
            assert_eq!(row.code, EventCode(code), "{}", row.name);
            assert_eq!(event_type(EventCode(code)), Some(row));
        }
        assert_eq!(event_types().count(), 454);
        assert_eq!(event_type(EventCode(454)), None);
    }

    /// A row of events.tsv: name, what it is, category, whether it modifies state, code, parameters.
    fn check(columns: &[&str]) {
        let &[name, kind, category, modifies, code, parameters, ..] = columns else {
            panic!("{columns:?}");
        };
        if code.is_empty() {
            let mut numbers = 0..u16::MAX;
            let is_known = numbers.any(|number| syscall_name(number) == Some(name));
            // A number that Falco gave to no call has such a name there.
            assert!(is_known || name == "na_1", "{name}");
            return;
        }
        let direction = match code.ends_with("_X") {
            true => Direction::Exit,
            false => Direction::Enter,
        };
        let is_gone = kind.contains("old version only");
        let is_current = |row: &&EventType| {
            let is_old = row.flags.contains(EventFlags::OLD_VERSION);
            row.name == name && row.code.direction() == direction && (is_gone || !is_old)
        };
        let row = event_types().filter(is_current).last();
        let row = row.unwrap_or_else(|| panic!("no current form of {name}"));
        let names: Vec<&str> = row.parameters.iter().map(|it| it.name).collect();
        if !is_gone {
            assert_eq!(names.join(","), parameters, "{name}");
        }
        let category = category.strip_prefix("INTERNAL|").unwrap_or(category);
        let debug = format!("{:?}", row.category);
        assert_eq!(category.replace('_', ""), debug.to_uppercase(), "{name}");
        let does_modify = row.flags.contains(EventFlags::MODIFIES_STATE);
        assert_eq!(does_modify, modifies == "yes", "{name}");
    }

    #[test]
    fn current_forms_are_falcos() {
        let Some(folder) = saker_conformance::folder() else {
            return;
        };
        let table = std::fs::read_to_string(folder.join("events.tsv")).unwrap();
        let rows = table.lines().skip(1).map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            check(&columns);
        });
        assert!(rows.count() > 480);
    }

    #[test]
    fn relative_paths_name_a_descriptor() {
        for row in event_types() {
            for parameter in row.parameters {
                let ParameterKind::PathRelativeTo(index) = parameter.kind else {
                    continue;
                };
                let base = row.parameters.get(usize::from(index)).unwrap();
                assert_eq!(base.kind, ParameterKind::Fd, "{} {}", row.name, base.name);
            }
        }
    }
}
