//! Tables as text.

use saker_alert::escaped;
use std::fmt::{self, Write};

/// Rows of cells; columns are as wide as their widest cell, the last one as long as it likes.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Adds a row. Cells are one line, without characters that a terminal would act on: they may come
    /// from rules files.
    pub(super) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let cells = cells.into_iter().map(|cell| visible(&cell.into()));
        self.rows.push(cells.collect());
    }

    /// Writes the rows below one another, each after `indentation` blanks.
    pub(super) fn write(&self, text: &mut String, indentation: usize) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = " ".repeat(indentation);
            for (cell, width) in row.iter().zip(&widths) {
                // Writing to a String cannot fail.
                write!(line, "{cell:<width$}  ").unwrap_or_default();
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
}

/// Appends a line.
pub(super) fn line(text: &mut String, arguments: fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    text.write_fmt(arguments).unwrap_or_default();
    text.push('\n');
}

/// The text with an attribute of a terminal (`31`, red), if it is to be coloured and there is one.
pub(super) fn painted(text: &str, attribute: &str, colour: bool) -> String {
    if colour && !attribute.is_empty() {
        format!("\x1b[{attribute}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// The text on one line, without characters that a terminal would act on.
pub(super) fn visible(text: &str) -> String {
    escaped(text.replace('\n', " ").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::default();
        table.row(["a", "b", "c"]);
        table.row(["äöü", "", "d"]);
        let mut text = String::new();
        table.write(&mut text, 1);
        assert_eq!(text, " a    b  c\n äöü     d\n");
    }
}
