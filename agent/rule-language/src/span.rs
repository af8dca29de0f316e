//! Places in rules files: byte ranges, files and human positions.
//!
//! A [`Span`] always refers to the bytes of one loaded file, whatever YAML quoting, folding or joining
//! the text went through on its way into a condition.

use std::fmt;
use std::sync::Arc;

/// Which of the loaded files a [`Span`] lies in: its index in the slice given to
/// [`load`](crate::load).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileIndex(pub u32);

/// A range of bytes of one file, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file.
    pub file: FileIndex,
    /// First byte.
    pub start: u32,
    /// One past the last byte; never less than `start`.
    pub end: u32,
}

impl Span {
    /// A span over `start..end` of a file.
    #[must_use]
    pub fn new(file: FileIndex, start: u32, end: u32) -> Self {
        Self {
            file,
            start,
            end: end.max(start),
        }
    }

    /// The smallest span that covers both, or `self` when they lie in different files.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self::new(
            self.file,
            self.start.min(other.start),
            self.end.max(other.end),
        )
    }
}

/// A human position in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
    /// Byte offset, from 0.
    pub offset: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One rules file: a name for messages and its whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Name shown in diagnostics, usually the path.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

impl SourceFile {
    /// A file from its name and text.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// The human position of a byte offset; an offset past the end gives the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        LineIndex::new(&self.text).position(&self.text, offset)
    }
}

/// Where the lines of a text start: for whoever asks for many positions in one text.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Finds the lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = breaks.map(|(at, _)| at.saturating_add(1));
        Self {
            starts: [0].into_iter().chain(starts).collect(),
        }
    }

    /// The human position of a byte offset in the text that the index was made of; an offset past the
    /// end gives the end.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let mut at = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(text.len());
        while !text.is_char_boundary(at) {
            at = at.saturating_sub(1);
        }
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let column = text
            .get(start..at)
            .map_or(0, |before| before.chars().count());
        Position {
            line: to_u32(line),
            column: to_u32(column.saturating_add(1)),
            offset: to_u32(at),
        }
    }
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
