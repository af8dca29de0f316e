//! Diagnostics as text for people: the place, the offending line, what is wrong and what to do.
//!
//! ```text
//! error[LOAD_ERR_COMPILE_CONDITION]: nonexistent field 'proc.nam'
//!  --> rules.yaml:3:14
//!   |
//! 3 |   condition: proc.nam = cat
//!   |              ^^^^^^^^
//!   |
//!   = note: in rule 'cat'
//!   = help: did you mean 'proc.name'?
//! ```

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, normalize_untrusted_str};

use crate::diagnostic::{Diagnostic, Severity};
use crate::span::SourceFile;

/// Bytes of the file shown around the place at most: a line may be as long as a file.
const EXCERPT_BYTES_MAX: usize = 2000;

/// Whether to use terminal colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// Plain text.
    #[default]
    Never,
    /// ANSI escapes.
    Always,
}

/// Renders a diagnostic with the lines of the file it is about. `file` is the one that
/// [`Diagnostic::file`] names. The file's text is shown with control characters replaced.
#[must_use]
pub fn render(diagnostic: &Diagnostic, file: &SourceFile, color: ColorChoice) -> String {
    let level = match diagnostic.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let title = level
        .primary_title(normalize_untrusted_str(&diagnostic.message))
        .id(diagnostic.code.name());
    let excerpt = Excerpt::new(diagnostic, &file.text);
    let snippet = Snippet::source(excerpt.text)
        .line_start(excerpt.line)
        .path(file.name.to_string())
        .annotation(AnnotationKind::Primary.span(excerpt.span.clone()));
    let mut group = title.element(snippet);
    if let Some(item) = diagnostic.item().filter(|item| !item.name.is_empty()) {
        let name = normalize_untrusted_str(&item.name);
        group = group.element(Level::NOTE.message(format!("in {} '{name}'", item.kind)));
    }
    if let Some(remedy) = &diagnostic.remedy {
        group = group.element(Level::HELP.message(normalize_untrusted_str(remedy)));
    }
    let renderer = match color {
        ColorChoice::Never => Renderer::plain(),
        ColorChoice::Always => Renderer::styled(),
    };
    renderer.render(&[group])
}

/// The lines that are shown.
struct Excerpt<'t> {
    text: &'t str,
    line: usize,
    span: std::ops::Range<usize>,
}

impl<'t> Excerpt<'t> {
    fn new(diagnostic: &Diagnostic, text: &'t str) -> Self {
        let clamp = |offset: u32| {
            let mut at = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(text.len());
            while !text.is_char_boundary(at) {
                at = at.saturating_sub(1);
            }
            at
        };
        let (start, end) = (clamp(diagnostic.span.start), clamp(diagnostic.span.end));
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let tail = text.get(start..).unwrap_or_default();
        // Only the first line of the place: it may be a whole rule.
        let line_end = tail
            .find('\n')
            .map_or(text.len(), |length| start.saturating_add(length));
        let end = end.min(line_end).max(start);
        let first = clamp_to(
            text,
            line_start.max(start.saturating_sub(EXCERPT_BYTES_MAX)),
        );
        let last = clamp_to(text, line_end.min(start.saturating_add(EXCERPT_BYTES_MAX)));
        let end = end.min(last);
        Self {
            text: text.get(first..last).unwrap_or_default(),
            line: usize::try_from(diagnostic.position.line).unwrap_or(1),
            span: start.saturating_sub(first)..end.saturating_sub(first),
        }
    }
}

/// The nearest place at or before `at` that is not within a character.
fn clamp_to(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}

#[cfg(test)]
mod tests;
