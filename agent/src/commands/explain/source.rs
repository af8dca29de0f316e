//! Where a comparison is written, and how.

use saker_alert::escaped;
use saker_rule_language::{SourceFile, Span};

/// Longest text of a comparison that is shown, in characters.
const TEXT_CHARACTERS_MAX: usize = 160;

/// The files that rules were read from.
pub(super) struct Origins<'s> {
    sources: &'s [SourceFile],
}

impl<'s> Origins<'s> {
    pub(super) fn new(sources: &'s [SourceFile]) -> Self {
        Self { sources }
    }

    /// `file:line` of a span.
    pub(super) fn place(&self, span: Span) -> Option<String> {
        let source = self.source(span)?;
        let line = source.position(span.start).line;
        Some(format!("{}:{line}", source.name))
    }

    /// The author's text of a span on one line, if it begins as it must: what was put together from
    /// several places has no text of its own.
    pub(super) fn text(&self, span: Span, begins: &str) -> Option<String> {
        let text = self.source(span)?.text.get(range(span)?)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        let is_whole = text.starts_with(begins) && text.chars().count() <= TEXT_CHARACTERS_MAX;
        is_whole.then(|| escaped(text.as_bytes()))
    }

    /// Name of the macro whose item a span lies in.
    pub(super) fn macro_name(&self, span: Span) -> Option<String> {
        let before = self.source(span)?.text.get(..range(span)?.start)?;
        // Items begin with a dash in the first column that has one; what begins with another key than
        // the macro's name stays without.
        let column = indentation(
            before
                .lines()
                .find(|line| line.trim_start().starts_with('-'))?,
        );
        let item = before
            .lines()
            .rev()
            .find(|line| line.trim_start().starts_with('-') && indentation(line) == column)?;
        let name = item
            .trim_start()
            .strip_prefix('-')?
            .trim_start()
            .strip_prefix("macro:")?;
        let name = name.split('#').next().unwrap_or(name);
        Some(name.trim().trim_matches(['"', '\'']).to_owned())
    }

    fn source(&self, span: Span) -> Option<&'s SourceFile> {
        self.sources.get(usize::try_from(span.file.0).ok()?)
    }
}

fn range(span: Span) -> Option<std::ops::Range<usize>> {
    Some(usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use saker_rule_language::FileIndex;

    #[test]
    fn a_span_has_a_place_a_text_and_a_macro() {
        let text = "- list: l\n  items: [a]\n- macro: opened # for reading\n  condition: >\n    (evt.type in\n       (open)\n    - 1)\n- condition: x = 1\n  macro: late\n";
        let sources = [SourceFile::new("a.yaml", text)];
        let origins = Origins::new(&sources);
        let span = |part: &str| {
            let start = u32::try_from(text.find(part).expect("is there")).expect("short");
            Span::new(
                FileIndex(0),
                start,
                start + u32::try_from(part.len()).expect("short"),
            )
        };
        let opened = span("evt.type in\n       (open)");
        assert_eq!(origins.place(opened).as_deref(), Some("a.yaml:5"));
        let written = origins.text(opened, "evt.type");
        assert_eq!(written.as_deref(), Some("evt.type in (open)"));
        assert_eq!(origins.text(opened, "fd.name"), None);
        assert_eq!(origins.macro_name(opened).as_deref(), Some("opened"));
        assert_eq!(origins.macro_name(span("a]")), None);
        assert_eq!(origins.macro_name(span("x = 1")), None);
        let elsewhere = Span::new(FileIndex(7), 0, 1);
        assert_eq!(origins.place(elsewhere), None);
    }
}
