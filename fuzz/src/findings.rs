//! What must hold for every diagnostic.

use saker_rule_language::{ColorChoice, Diagnostic, SourceFile, Span, render};

/// Checks that each diagnostic points into one of the files and can be shown.
///
/// # Panics
///
/// When one does not.
pub fn inspect(diagnostics: &[Diagnostic], files: &[SourceFile]) {
    for diagnostic in diagnostics {
        let file = file_of(diagnostic.span, files, diagnostic);
        assert_eq!(file.name, diagnostic.file, "{diagnostic:?}");
        assert_eq!(
            file.position(diagnostic.span.start),
            diagnostic.position,
            "{diagnostic:?}"
        );
        for item in &diagnostic.context {
            file_of(item.span, files, diagnostic);
        }
        assert!(!diagnostic.to_string().is_empty());
        for color in [ColorChoice::Never, ColorChoice::Always] {
            assert!(render(diagnostic, file, color).contains(diagnostic.code.name()));
        }
    }
}

/// The file that a span lies in.
fn file_of<'f>(span: Span, files: &'f [SourceFile], diagnostic: &Diagnostic) -> &'f SourceFile {
    let inside = files
        .get(span.file.0 as usize)
        .filter(|file| span.start <= span.end && span.end as usize <= file.text.len());
    inside.unwrap_or_else(|| panic!("{span:?} lies in no file: {diagnostic:?}"))
}
