//! Flow collections that are indented no further than what they stand in.
//!
//! The YAML specification asks for `]` and `}` to be indented; nearly every parser does without, rules
//! files rely on it, and the scanner used here insists. So when it refuses such a place, blanks are put
//! in before it, which mean nothing within a flow collection, and the file is read again.

use std::borrow::Cow;

use saphyr_parser::ScanError;

/// Blanks put in at one place.
const BLANKS: &str = "                                                                ";

/// Bytes read at most over all attempts at one file.
const BYTES_READ_MAX: usize = 128 << 20;

/// A file's text with blanks put in.
pub(super) struct Relaxed<'t> {
    text: Cow<'t, str>,
    /// Where blanks start, in the text with blanks; ascending.
    insertions: Vec<usize>,
    bytes_read: usize,
}

impl<'t> Relaxed<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            insertions: Vec::new(),
            bytes_read: text.len(),
        }
    }

    /// The text to read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the original text.
    pub(super) fn original(&self, offset: usize) -> usize {
        let before = self.insertions.partition_point(|start| *start < offset);
        let Some(last) = before
            .checked_sub(1)
            .and_then(|last| self.insertions.get(last))
        else {
            return offset;
        };
        // Within blanks that were put in, the place is where they start.
        let within = last
            .saturating_add(BLANKS.len())
            .saturating_sub(offset)
            .min(BLANKS.len());
        offset
            .saturating_add(within)
            .saturating_sub(before.saturating_mul(BLANKS.len()))
    }

    /// Puts blanks in before `offset` if that is what an error calls for; whether it was.
    pub(super) fn relax(&mut self, error: &ScanError, offset: usize) -> bool {
        let indentation = matches!(
            error.info(),
            "invalid indentation" | "invalid indentation in flow construct"
        );
        self.bytes_read = self.bytes_read.saturating_add(self.text.len());
        let forward = self.insertions.last().is_none_or(|last| *last < offset);
        if !indentation
            || !forward
            || self.bytes_read > BYTES_READ_MAX
            || !self.text.is_char_boundary(offset)
        {
            return false;
        }
        self.text.to_mut().insert_str(offset, BLANKS);
        self.insertions.push(offset);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{BLANKS, Relaxed};

    #[test]
    fn places_are_those_of_the_original() {
        let relaxed = Relaxed {
            text: format!("ab{BLANKS}cd{BLANKS}e").into(),
            insertions: vec![2, 4 + BLANKS.len()],
            bytes_read: 0,
        };
        let places: Vec<usize> = [
            0,
            2,
            3,
            2 + BLANKS.len(),
            3 + BLANKS.len(),
            4 + 2 * BLANKS.len(),
            5 + 2 * BLANKS.len(),
        ]
        .into_iter()
        .map(|offset| relaxed.original(offset))
        .collect();
        assert_eq!(places, [0, 2, 2, 2, 3, 4, 5]);
    }
}
