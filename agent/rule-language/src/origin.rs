//! Text that remembers where it came from.
//!
//! A condition is put together from YAML scalars (folded, quoted, escaped), appended parts, list items
//! and exceptions. [`MappedText`] holds the resulting text beside the file spans of its pieces, so that
//! whatever is found in the text can be shown in the file.

use std::ops::Range;

use crate::span::{FileIndex, Span};

/// Text with the file spans of its pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct MappedText {
    text: String,
    /// Sorted by `start`; a piece reaches to the start of the next.
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    origin: Origin,
}

#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Byte for byte the file's text from this offset on.
    Verbatim(FileIndex, u32),
    /// All of it stands for this span.
    Whole(Span),
}

impl MappedText {
    /// Text that is the whole of file 0, for conditions given by themselves.
    pub(crate) fn standalone(text: &str) -> Self {
        let mut mapped = Self::default();
        mapped.push_verbatim(text, FileIndex(0), 0);
        mapped
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Appends text that stands byte for byte at `offset` of a file.
    pub(crate) fn push_verbatim(&mut self, text: &str, file: FileIndex, offset: u32) {
        self.push(text, Origin::Verbatim(file, offset));
    }

    /// Appends text made from (or out of place of) `span`.
    pub(crate) fn push_whole(&mut self, text: &str, span: Span) {
        self.push(text, Origin::Whole(span));
    }

    /// Appends a part of another text with its origins.
    pub(crate) fn push_part(&mut self, other: &Self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let index = other.piece_index(at);
            let Some(piece) = other.pieces.get(index) else {
                break;
            };
            let next = other
                .pieces
                .get(index.saturating_add(1))
                .map_or(other.len(), |p| p.start);
            let end = next.min(range.end);
            let Some(text) = other.text.get(at..end) else {
                break;
            };
            let origin = match piece.origin {
                Origin::Verbatim(file, offset) => Origin::Verbatim(
                    file,
                    offset.saturating_add(to_u32(at.saturating_sub(piece.start))),
                ),
                whole @ Origin::Whole(_) => whole,
            };
            self.push(text, origin);
            at = end;
        }
    }

    /// Appends all of another text.
    pub(crate) fn push_all(&mut self, other: &Self) {
        self.push_part(other, 0..other.len());
    }

    /// The text without blanks at both ends.
    pub(crate) fn trimmed(&self) -> Self {
        let start = self.len().saturating_sub(self.text.trim_start().len());
        let mut trimmed = Self::default();
        trimmed.push_part(self, start..start.saturating_add(self.text.trim().len()));
        trimmed
    }

    /// The file span of a range of the text.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let first = self.point(range.start);
        if range.end <= range.start {
            return first;
        }
        first.join(self.point(range.end.saturating_sub(1)))
    }

    /// The span of one byte; past the end, the place just after the last byte.
    fn point(&self, at: usize) -> Span {
        let Some(piece) = self.pieces.get(self.piece_index(at)) else {
            return Span::default();
        };
        match piece.origin {
            Origin::Verbatim(file, offset) => {
                let start = offset.saturating_add(to_u32(at.saturating_sub(piece.start)));
                Span::new(
                    file,
                    start,
                    start.saturating_add(u32::from(at < self.len())),
                )
            }
            Origin::Whole(span) => span,
        }
    }

    /// Index of the piece that holds byte `at`, or of the last one.
    fn piece_index(&self, at: usize) -> usize {
        self.pieces
            .partition_point(|piece| piece.start <= at)
            .saturating_sub(1)
    }

    fn push(&mut self, text: &str, origin: Origin) {
        if text.is_empty() {
            return;
        }
        if !self.continues(origin) {
            self.pieces.push(Piece {
                start: self.text.len(),
                origin,
            });
        }
        self.text.push_str(text);
    }

    /// Whether text of this origin merely prolongs the last piece.
    fn continues(&self, origin: Origin) -> bool {
        let Some(last) = self.pieces.last() else {
            return false;
        };
        match (last.origin, origin) {
            (Origin::Verbatim(file, start), Origin::Verbatim(next_file, next)) => {
                let length = to_u32(self.text.len().saturating_sub(last.start));
                file == next_file && start.saturating_add(length) == next
            }
            (Origin::Whole(span), Origin::Whole(next)) => span == next,
            _ => false,
        }
    }
}

/// File offsets fit: larger files are refused before anything is mapped.
fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
