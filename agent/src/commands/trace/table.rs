//! Events as lines of a table whose width nobody knows beforehand.

use crate::commands::layout::visible;
use std::fmt::Write as _;

/// Wider columns are not filled up: one long value would push all others aside for good.
const WIDTH_MAX: usize = 24;

/// Longer values are cut: an exec shows its whole environment. JSON has them whole.
const CELL_MAX: usize = 400;

/// What a missing value shows.
const MISSING: &str = "-";

/// Columns, each as wide as the widest value so far, within reason.
pub(super) struct EventTable {
    widths: Vec<usize>,
}

impl EventTable {
    /// A table of these fields.
    pub(super) fn new(fields: &[String]) -> Self {
        Self {
            widths: fields.iter().map(|field| field.chars().count()).collect(),
        }
    }

    /// The names of the fields.
    pub(super) fn head(&mut self, fields: &[String]) -> String {
        self.line(fields.iter().map(|field| field.to_uppercase()))
    }

    /// The values of one event.
    pub(super) fn event(&mut self, texts: &[Option<String>]) -> String {
        self.line(texts.iter().map(|text| match text.as_deref() {
            None | Some("") => MISSING.to_owned(),
            Some(text) => cut(visible(text)),
        }))
    }

    fn line(&mut self, cells: impl Iterator<Item = String>) -> String {
        let mut line = String::new();
        for (cell, width) in cells.zip(&mut self.widths) {
            let length = cell.chars().count();
            *width = (*width).max(length.min(WIDTH_MAX));
            // Writing to a String cannot fail.
            write!(line, "{cell:<width$}  ", width = *width).unwrap_or_default();
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// The text as far as there is room.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(CELL_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_grow_and_a_long_value_does_not_push_the_next_lines() {
        let mut table = EventTable::new(&["a".to_owned(), "b".to_owned()]);
        assert_eq!(table.head(&["a".to_owned(), "b".to_owned()]), "A  B");
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(table.event(&[text("four"), text("x")]), "four  x");
        assert_eq!(table.event(&[text("on"), None]), "on    -");
        let long = "l".repeat(60);
        assert_eq!(table.event(&[text(&long), text("x")]), format!("{long}  x"));
        let next = table.event(&[text("on"), text("x")]);
        assert_eq!(next.find('x'), Some(WIDTH_MAX + 2));
    }

    #[test]
    fn a_value_is_cut_between_characters() {
        let text = "ä".repeat(CELL_MAX + 1);
        assert_eq!(cut(text), format!("{}…", "ä".repeat(CELL_MAX)));
        assert_eq!(cut("short".to_owned()), "short");
    }
}
