//! Cases that Saker treats otherwise on purpose: the table of `docs/CONFORMANCE.md`.
//!
//! The document is the list. A row names a file, the source of a case, the case itself and the reason;
//! `*` in source and case stands for any text.

use saker_rule_language::matches_name;

use crate::data::Case;
use crate::suite::is_of_kind;

/// The document, as it was when the suite was built.
pub const DOCUMENT: &str = include_str!("../../../docs/CONFORMANCE.md");

/// The heading under which the table stands.
const HEADING: &str = "## Declined cases";

/// How many rows the table may have. Raising it is a decision to be reviewed, not a side effect.
#[cfg(test)]
const ROWS_MAX: usize = 6;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    /// Kind of the cases: the name of their file, without `.jsonl` and what tells files of one kind
    /// apart.
    pub file: String,
    /// Pattern of the case's source.
    pub source: String,
    /// Pattern of the case's subject.
    pub case: String,
    /// Why.
    pub reason: String,
}

impl Decline {
    /// Whether the row is about a case.
    #[must_use]
    pub fn covers(&self, case: &Case) -> bool {
        is_of_kind(&case.file, &self.file)
            && matches_name(&self.source, case.source())
            && matches_name(&self.case, &case.subject())
    }
}

/// The rows of the table in a document.
#[must_use]
pub fn parse(document: &str) -> Vec<Decline> {
    let section = document.split_once(HEADING).map_or("", |(_, rest)| rest);
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.trim().strip_prefix('|')?.strip_suffix('|'))
        // The heads of the columns and the line below.
        .skip(2)
        .filter_map(|row| {
            let cells: Vec<String> = row.split('|').map(|cell| plain(cell.trim())).collect();
            let [file, source, case, reason] = cells.try_into().ok()?;
            Some(Decline {
                file,
                source,
                case,
                reason,
            })
        })
        .collect()
}

/// A cell without the marks of code.
fn plain(cell: &str) -> String {
    let code = cell
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    code.unwrap_or(cell).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, ROWS_MAX, parse};
    use crate::data;

    const TABLE: &str = "\
# Title

## Declined cases

| File | Source | Case | Reason |
|---|---|---|---|
| `utils` | `*:42` | `1m*` | There is no such setting. |

## More

| a | b | c | d |
|---|---|---|---|
| `e` | `f` | `g` | h |
";

    #[test]
    fn the_table_is_read_from_its_section_alone() {
        let rows = parse(TABLE);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].file, "utils");
        assert_eq!(rows[0].reason, "There is no such setting.");
        let cases = "{\"source\":\"a.cpp:42\",\"in\":\"1ms\"}\n\
                     {\"source\":\"a.cpp:43\",\"in\":\"1ms\"}";
        let cases = data::parse("utils", cases).unwrap();
        assert!(rows[0].covers(&cases[0]));
        assert!(!rows[0].covers(&cases[1]));
    }

    #[test]
    fn the_list_does_not_grow_unseen() {
        let rows = parse(DOCUMENT);
        assert!(rows.len() <= ROWS_MAX, "{} rows", rows.len());
        assert!(rows.iter().all(|row| !row.reason.is_empty()));
        let lines = DOCUMENT.split_once("## Declined cases").unwrap().1;
        let written = lines.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows.len(), written, "a row is not in four cells");
    }
}
