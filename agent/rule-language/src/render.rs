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

use crate::diagnostic::{Diagnostic, ItemKind, Severity};
use crate::span::{SourceFile, Span};

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

/// How urgent a [`Notice`] looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeLevel {
    /// As an error of the set.
    Error,
    /// As a warning.
    Warning,
    /// As something worth knowing.
    Note,
}

/// A finding of whatever origin, as [`render_notice`] shows it.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// How urgent it looks.
    pub level: NoticeLevel,
    /// Its code.
    pub code: &'a str,
    /// What is to be said.
    pub message: &'a str,
    /// Where; the file is given beside the notice.
    pub span: Span,
    /// The line where `span` starts, from 1.
    pub line: u32,
    /// Kind and name of the item that it is about.
    pub item: Option<(ItemKind, &'a str)>,
    /// What to do about it.
    pub remedy: Option<&'a str>,
}

impl<'a> From<&'a Diagnostic> for Notice<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        Self {
            level: match diagnostic.severity {
                Severity::Warning => NoticeLevel::Warning,
                Severity::Error => NoticeLevel::Error,
            },
            code: diagnostic.code.name(),
            message: &diagnostic.message,
            span: diagnostic.span,
            line: diagnostic.position.line,
            item: diagnostic.item().map(|item| (item.kind, &*item.name)),
            remedy: diagnostic.remedy.as_deref(),
        }
    }
}

/// Renders a diagnostic with the lines of the file it is about. `file` is the one that
/// [`Diagnostic::file`] names. The file's text is shown with control characters replaced.
#[must_use]
pub fn render(diagnostic: &Diagnostic, file: &SourceFile, color: ColorChoice) -> String {
    render_notice(&Notice::from(diagnostic), file, color)
}

/// Renders a notice as [`render`] does a diagnostic.
#[must_use]
pub fn render_notice(notice: &Notice<'_>, file: &SourceFile, color: ColorChoice) -> String {
    let level = match notice.level {
        NoticeLevel::Error => Level::ERROR,
        NoticeLevel::Warning => Level::WARNING,
        NoticeLevel::Note => Level::NOTE,
    };
    let title = level
        .primary_title(normalize_untrusted_str(notice.message))
        .id(notice.code);
    let excerpt = Excerpt::new(notice, &file.text);
    let snippet = Snippet::source(excerpt.text)
        .line_start(excerpt.line)
        .path(file.name.to_string())
        .annotation(AnnotationKind::Primary.span(excerpt.span.clone()));
    let mut group = title.element(snippet);
    if let Some((kind, name)) = notice.item.filter(|(_, name)| !name.is_empty()) {
        let name = normalize_untrusted_str(name);
        group = group.element(Level::NOTE.message(format!("in {kind} '{name}'")));
    }
    if let Some(remedy) = notice.remedy {
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
    fn new(notice: &Notice<'_>, text: &'t str) -> Self {
        let clamp = |offset: u32| {
            let mut at = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(text.len());
            while !text.is_char_boundary(at) {
                at = at.saturating_sub(1);
            }
            at
        };
        let (start, end) = (clamp(notice.span.start), clamp(notice.span.end));
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
            line: usize::try_from(notice.line).unwrap_or(1),
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
