//! Whole lines, however they come.

use std::io::{self, Read};

/// Bytes that are read at once.
const READ_BYTES: usize = 256 << 10;

/// Lines that are given at once: well within what a batch may have.
const LINES_MAX: usize = 1_000;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Whole lines.
    Lines(Vec<u8>),
    /// A line that is too long, of so many bytes.
    TooLong(u64),
}

impl Part {
    /// Bytes of what was read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Lines(lines) => wide(lines.len()),
            Self::TooLong(bytes) => *bytes,
        }
    }
}

/// Reads whole lines; what is not a whole line yet is kept until it is.
#[derive(Debug)]
pub struct LineReader<R> {
    reader: R,
    buffer: Vec<u8>,
    line_bytes_max: usize,
    /// Bytes of a line that is too long, whose end has not come.
    skipped: Option<u64>,
}

impl<R: Read> LineReader<R> {
    /// Reads lines of at most so many bytes.
    pub const fn new(reader: R, line_bytes_max: usize) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            line_bytes_max,
            skipped: None,
        }
    }

    /// What is read from.
    pub const fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The next lines; `None` where there is no whole line at the moment.
    ///
    /// # Errors
    ///
    /// What the reader says.
    pub fn next_part(&mut self) -> io::Result<Option<Part>> {
        loop {
            if let Some(part) = self.whole_lines() {
                return Ok(Some(part));
            }
            if self.buffer.len() > self.line_bytes_max || self.skipped.is_some() {
                let skipped = self.skipped.unwrap_or(0);
                self.skipped = Some(skipped.saturating_add(wide(self.buffer.len())));
                self.buffer.clear();
            }
            let step = u64::try_from(READ_BYTES).unwrap_or(u64::MAX);
            if self
                .reader
                .by_ref()
                .take(step)
                .read_to_end(&mut self.buffer)?
                == 0
            {
                return Ok(None);
            }
        }
    }

    /// What is left when there will be no more: a line without its end.
    pub fn rest(&mut self) -> Option<Part> {
        let rest = std::mem::take(&mut self.buffer);
        match self.skipped.take() {
            Some(skipped) => Some(Part::TooLong(skipped.saturating_add(wide(rest.len())))),
            None if rest.is_empty() => None,
            None if rest.len() > self.line_bytes_max => Some(Part::TooLong(wide(rest.len()))),
            None => Some(Part::Lines(rest)),
        }
    }

    fn whole_lines(&mut self) -> Option<Part> {
        let ends = self
            .buffer
            .iter()
            .zip(1_usize..)
            .filter(|(byte, _)| **byte == b'\n')
            .map(|(_, end)| end);
        let mut whole = 0;
        for end in ends.take(LINES_MAX) {
            if let Some(skipped) = self.skipped.take() {
                self.buffer.drain(..end);
                return Some(Part::TooLong(skipped.saturating_add(wide(end))));
            }
            if end.saturating_sub(whole) > self.line_bytes_max.saturating_add(1) {
                if whole > 0 {
                    break;
                }
                self.buffer.drain(..end);
                return Some(Part::TooLong(wide(end)));
            }
            whole = end;
        }
        (whole > 0).then(|| Part::Lines(self.buffer.drain(..whole).collect()))
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives the bytes in pieces.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.1.min(buffer.len()).min(self.0.len());
            let (piece, rest) = self.0.split_at(size);
            buffer[..size].copy_from_slice(piece);
            self.0 = rest;
            Ok(size)
        }
    }

    fn parts(text: &[u8], max: usize) -> Vec<Part> {
        let mut reader = LineReader::new(Pieces(text, 3), max);
        let mut parts = Vec::new();
        while let Some(part) = reader.next_part().expect("memory") {
            parts.push(part);
        }
        parts.extend(reader.rest());
        parts
    }

    #[test]
    fn lines_are_whole_and_none_is_too_long() {
        let lines = |text: &[u8]| Part::Lines(text.to_vec());
        assert_eq!(parts(b"", 4), []);
        assert_eq!(
            parts(b"a\nbc\n\nde", 4),
            [lines(b"a\nbc\n\n"), lines(b"de")]
        );
        assert_eq!(
            parts(b"a\nlonger\nb\n", 4),
            [lines(b"a\n"), Part::TooLong(7), lines(b"b\n")]
        );
        assert_eq!(parts(b"four\n", 4), [lines(b"four\n")]);
        assert_eq!(parts(b"longer", 4), [Part::TooLong(6)]);
    }

    #[test]
    fn a_line_of_megabytes_takes_no_more_than_permitted() {
        let mut text = vec![b'x'; 3 * READ_BYTES];
        text.extend_from_slice(b"\nshort\n");
        let parts = parts(&text, 100);
        let long = u64::try_from(3 * READ_BYTES + 1).expect("a length");
        assert_eq!(
            parts,
            [Part::TooLong(long), Part::Lines(b"short\n".to_vec())]
        );
    }

    proptest! {
        #[test]
        fn every_byte_is_accounted_for(text in prop::collection::vec(prop::sample::select(b"ab\n".to_vec()), 0..200), max in 1_usize..10) {
            let parts = parts(&text, max);
            let sum: u64 = parts.iter().map(Part::bytes).sum();
            prop_assert_eq!(sum, wide(text.len()));
            let kept: Vec<u8> = parts.into_iter().filter_map(|part| match part {
                Part::Lines(lines) => Some(lines),
                Part::TooLong(_) => None,
            }).flatten().collect();
            let wanted: Vec<u8> = text.split_inclusive(|byte| *byte == b'\n')
                .filter(|line| line.strip_suffix(b"\n").unwrap_or(line).len() <= max)
                .flatten().copied().collect();
            prop_assert_eq!(kept, wanted);
        }
    }
}
