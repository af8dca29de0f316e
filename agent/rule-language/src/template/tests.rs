use std::cell::Cell;

use super::{OnMissing, TOKEN_BYTES_MAX, TemplatePart, check_template_text};
use crate::catalog::{FieldCatalog, FieldDefinition};
use crate::check::{CheckErrorKind, Scope};
use crate::origin::MappedText;
use crate::test_catalog::SmallCatalog;

fn parts(text: &str) -> Vec<String> {
    let scope = Scope {
        catalog: &SmallCatalog,
        source: "syscall",
    };
    let mapped = MappedText::standalone(text);
    let (template, _) = check_template_text(&mapped, OnMissing::Print, &scope).unwrap();
    let parts = template.parts.iter().map(|part| match part {
        TemplatePart::Text(text) => text.to_string(),
        TemplatePart::Token(token) => match token.width {
            Some(width) => format!("<{}:{width}>", token.text),
            None => format!("<{}>", token.text),
        },
    });
    parts.collect()
}

fn refused(text: &str) -> super::CheckError {
    let scope = Scope {
        catalog: &SmallCatalog,
        source: "syscall",
    };
    check_template_text(&MappedText::standalone(text), OnMissing::Print, &scope).unwrap_err()
}

#[test]
fn tokens_end_where_the_field_does() {
    assert_eq!(parts("a %proc.name b"), ["a ", "<proc.name>", " b"]);
    assert_eq!(
        parts("%proc.aname[2]and%proc.pid."),
        ["<proc.aname[2]>", "and", "<proc.pid>", "."]
    );
    assert_eq!(parts("%proc.names"), ["<proc.name>", "s"]);
    assert_eq!(parts("%proc.name.x"), ["<proc.name>", ".x"]);
    assert_eq!(parts("%proc.name[x]"), ["<proc.name>", "[x]"]);
    assert_eq!(parts("%evt.arg.flags)"), ["<evt.arg.flags>", ")"]);
    assert_eq!(parts("no tokens"), ["no tokens"]);
}

#[test]
fn widths_and_transforms_are_tokens() {
    assert_eq!(parts("%10proc.name|"), ["<proc.name:10>", "|"]);
    assert_eq!(parts("%2toupper( proc.name )"), ["<toupper(proc.name):2>"]);
}

#[test]
fn errors_point_at_the_token() {
    let error = refused("a %proc.nam b");
    assert_eq!((error.span.start, error.span.end), (3, 11));
    assert_eq!(error.kind, CheckErrorKind::Unknown);
    assert_eq!(
        error.remedy.as_deref(),
        Some("did you mean 'proc.name' or 'proc.aname'?")
    );
    assert_eq!(refused("100%").kind, CheckErrorKind::Mismatch);
    assert_eq!(refused("%10").kind, CheckErrorKind::Mismatch);
    assert_eq!(refused("").kind, CheckErrorKind::Mismatch);
    assert_eq!(refused("%99999proc.name").kind, CheckErrorKind::Mismatch);
}

/// Counts what it is asked.
#[derive(Default)]
struct CountingCatalog {
    lookups: Cell<usize>,
    searches: Cell<usize>,
}

impl FieldCatalog for CountingCatalog {
    fn field(&self, source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        self.lookups.set(self.lookups.get() + 1);
        SmallCatalog.field(source, name)
    }

    fn field_names(&self, source: &str) -> Vec<&str> {
        self.searches.set(self.searches.get() + 1);
        SmallCatalog.field_names(source)
    }

    fn has_source(&self, source: &str) -> bool {
        SmallCatalog.has_source(source)
    }

    fn event_types(&self, source: &str) -> Vec<&str> {
        SmallCatalog.event_types(source)
    }
}

#[test]
fn a_long_token_costs_little() {
    let long = "n".repeat(TOKEN_BYTES_MAX);
    for text in [
        format!("%no.{long}"),
        format!("%{}", "a.".repeat(TOKEN_BYTES_MAX)),
        format!("%proc.name.{long}"),
        format!("%proc.name[{long}]"),
        format!("%tolower(proc.{long})"),
    ] {
        let catalog = CountingCatalog::default();
        let scope = Scope {
            catalog: &catalog,
            source: "syscall",
        };
        let mapped = MappedText::standalone(&text);
        let found = check_template_text(&mapped, OnMissing::Print, &scope);
        assert_eq!(found.is_ok(), text.starts_with("%proc.name"));
        assert!(catalog.searches.get() <= 1, "{text:.20}");
        assert!(catalog.lookups.get() < 2 * TOKEN_BYTES_MAX, "{text:.20}");
    }
}
