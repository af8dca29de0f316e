//! A pattern (the first line) and a value (the rest): every text operator, compiled into rules and
//! compared with a naive model.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use saker_event_schema::event;
use saker_fuzz::naive::{self, Case};
use saker_fuzz::sample::{quoted, rules_file};
use saker_fuzz::scene::FIELDS;
use saker_rule_engine::{
    CompileError, CompileOptions, Evaluation, Event, EventKind, FieldValue, Matching, PathView,
    RuleSet,
};
use saker_rule_language::{FieldRef, LoadOptions, SourceFile, load};

type Model = fn(&[u8], &[u8]) -> bool;

/// What each operator says about a value and a pattern.
const MODELS: [(&str, Model); 10] = [
    ("=", |value, text| value == text),
    ("!=", |value, text| value != text),
    ("in", |value, text| value == text),
    ("contains", naive::contains),
    ("icontains", |value, part| {
        naive::contains(&value.to_ascii_lowercase(), &part.to_ascii_lowercase())
    }),
    ("startswith", |value, text| value.starts_with(text)),
    ("endswith", |value, text| value.ends_with(text)),
    ("glob", |value, pattern| {
        naive::glob(pattern, value, Case::Sensitive)
    }),
    ("iglob", |value, pattern| {
        naive::glob(pattern, value, Case::Ignored)
    }),
    ("pmatch", |value, prefix| naive::path_prefix(prefix, value)),
];

/// An event of which every field has the same text.
struct Text<'v>(&'v [u8]);

impl Event for Text<'_> {
    fn kind(&self) -> EventKind {
        EventKind::Row(event::OPENAT)
    }

    fn views_differ(&self) -> bool {
        false
    }

    fn field(&self, _field: &FieldRef, _view: PathView) -> FieldValue<'_> {
        FieldValue::text(self.0)
    }
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else {
        return Corpus::Reject;
    };
    let (pattern, value) = (&data[..end], &data[end + 1..]);
    let literal = quoted(pattern);
    let conditions = MODELS.map(|(operator, _)| match operator {
        "in" | "pmatch" => format!("fd.name {operator} ({literal})"),
        _ => format!("fd.name {operator} {literal}"),
    });
    if let Some(fired) = fired(&conditions, value) {
        for (number, (operator, model)) in MODELS.iter().enumerate() {
            assert_eq!(
                fired.contains(&number),
                model(value, pattern),
                "{operator} {literal} on {value:?}"
            );
        }
    }
    regex(pattern, value);
    Corpus::Keep
});

fn regex(pattern: &[u8], value: &[u8]) {
    let condition = format!("fd.name regex {}", quoted(pattern));
    let Some(fired) = fired(&[condition], value) else {
        return;
    };
    if pattern.iter().all(u8::is_ascii_alphanumeric) {
        assert_eq!(!fired.is_empty(), pattern == value);
    }
}

/// Which of the conditions hold; nothing when one is refused, as a bad regular expression is.
fn fired(conditions: &[String], value: &[u8]) -> Option<Vec<usize>> {
    let text = rules_file(conditions.iter().map(String::as_str));
    let file = SourceFile::new("rules.yaml", &text);
    let rules = load(&[file], &*FIELDS, &LoadOptions::default()).rules?;
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    let rules = match RuleSet::compile(&rules, &options) {
        Ok(rules) => rules,
        Err(CompileError::Pattern { .. }) => return None,
        Err(error) => panic!("{error:?}"),
    };
    let mut evaluation = Evaluation::new();
    let matches = rules.evaluate(&Text(value), &mut evaluation);
    Some(matches.iter().map(|found| found.rule.index()).collect())
}
