//! The strict shape of rules files, which Falco publishes as a JSON schema.
//!
//! It says less than the loader about which keys belong together and more about their spelling: every
//! key must be known and priorities are in upper case. A file that does not fit may still load.

use crate::span::Span;
use crate::yaml::{Mapping, Node};

/// Whether a file has the shape of the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SchemaStatus {
    /// The file could not be read.
    #[default]
    Unchecked,
    /// Every document fits.
    Valid,
    /// What does not fit, in the order of the file; further findings are dropped beyond a bound.
    Invalid(Vec<SchemaFinding>),
}

/// A place that does not fit the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFinding {
    /// What is wrong.
    pub message: String,
    /// The way to the value: `[2].override.items`.
    pub path: String,
    /// The value.
    pub span: Span,
}

/// Findings kept of one file.
const FINDINGS_MAX: usize = 100;

/// What a value may be.
#[derive(Clone, Copy)]
enum Shape {
    Any,
    Text,
    Flag,
    Integer,
    OneOf(&'static [&'static str]),
    Sequence(&'static Shape),
    Mapping(&'static Keys),
}

/// Which keys a mapping may have and must have.
struct Keys {
    known: &'static [(&'static str, Shape)],
    required: &'static [&'static str],
    /// Whether it may be empty.
    may_be_empty: bool,
}

const PRIORITIES: &[&str] = &[
    "EMERGENCY",
    "ALERT",
    "CRITICAL",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "INFORMATIONAL",
    "DEBUG",
];

const OPERATION: Shape = Shape::OneOf(&["append", "replace"]);

const OVERRIDE: Keys = Keys {
    known: &[
        ("items", OPERATION),
        ("desc", OPERATION),
        ("condition", OPERATION),
        ("output", OPERATION),
        ("priority", OPERATION),
        ("enabled", OPERATION),
        ("exceptions", OPERATION),
        ("capture", OPERATION),
        ("capture_duration", OPERATION),
        ("tags", OPERATION),
        ("warn_evttypes", OPERATION),
        ("skip-if-unknown-filter", OPERATION),
    ],
    required: &[],
    may_be_empty: false,
};

const EXCEPTION: Keys = Keys {
    known: &[
        ("name", Shape::Text),
        ("fields", Shape::Any),
        ("comps", Shape::Any),
        ("values", Shape::Any),
    ],
    required: &["name"],
    may_be_empty: false,
};

const ALTERNATIVE: Keys = Keys {
    known: &[("name", Shape::Text), ("version", Shape::Text)],
    required: &["name", "version"],
    may_be_empty: false,
};

const PLUGIN: Keys = Keys {
    known: &[
        ("name", Shape::Text),
        ("version", Shape::Text),
        (
            "alternatives",
            Shape::Sequence(&Shape::Mapping(&ALTERNATIVE)),
        ),
    ],
    required: &["name", "version"],
    may_be_empty: false,
};

const ITEM: Keys = Keys {
    known: &[
        ("required_engine_version", Shape::Text),
        (
            "required_plugin_versions",
            Shape::Sequence(&Shape::Mapping(&PLUGIN)),
        ),
        ("macro", Shape::Text),
        ("condition", Shape::Text),
        ("list", Shape::Text),
        ("items", Shape::Sequence(&Shape::Text)),
        ("rule", Shape::Text),
        ("desc", Shape::Text),
        ("enabled", Shape::Flag),
        ("output", Shape::Text),
        ("append", Shape::Flag),
        ("priority", Shape::OneOf(PRIORITIES)),
        ("capture", Shape::Flag),
        ("capture_duration", Shape::Integer),
        ("source", Shape::Text),
        ("exceptions", Shape::Sequence(&Shape::Mapping(&EXCEPTION))),
        ("override", Shape::Mapping(&OVERRIDE)),
        ("tags", Shape::Sequence(&Shape::Text)),
        ("warn_evttypes", Shape::Flag),
        ("skip-if-unknown-filter", Shape::Flag),
    ],
    required: &[],
    may_be_empty: true,
};

const DOCUMENT: Shape = Shape::Sequence(&Shape::Mapping(&ITEM));

/// Compares the documents of a file with the schema; documents without content fit.
pub(crate) fn check_schema(documents: &[Node]) -> SchemaStatus {
    let mut run = Run {
        findings: Vec::new(),
        path: String::new(),
    };
    for document in documents.iter().filter(|document| !document.is_null()) {
        run.node(document, &DOCUMENT);
    }
    if run.findings.is_empty() {
        SchemaStatus::Valid
    } else {
        SchemaStatus::Invalid(run.findings)
    }
}

struct Run {
    findings: Vec<SchemaFinding>,
    path: String,
}

impl Run {
    /// Recurses no deeper than the schema, which is finite.
    fn node(&mut self, node: &Node, shape: &Shape) {
        match (shape, node) {
            (Shape::Any, _) | (Shape::Text, Node::Scalar(_)) => {}
            // Of the words for truth that the loader takes, the schema knows these two.
            (Shape::Flag, Node::Scalar(scalar)) if matches!(&*scalar.value, "true" | "false") => {}
            (Shape::Integer, Node::Scalar(scalar)) if scalar.value.parse::<i64>().is_ok() => {}
            (Shape::OneOf(names), Node::Scalar(scalar)) if names.contains(&&*scalar.value) => {}
            (Shape::Sequence(shape), Node::Sequence(sequence)) => {
                for (index, item) in sequence.items.iter().enumerate() {
                    self.within(&format!("[{index}]"), |run| run.node(item, shape));
                    if self.is_full() {
                        return;
                    }
                }
            }
            (Shape::Mapping(keys), Node::Mapping(mapping)) => self.mapping(mapping, keys),
            (shape, _) => self.refuse(expectation(shape), node.span()),
        }
    }

    fn mapping(&mut self, mapping: &Mapping, keys: &Keys) {
        if mapping.entries.is_empty() && !keys.may_be_empty {
            self.refuse("expected at least one key".to_owned(), mapping.span);
        }
        for name in keys.required {
            if mapping.get(name).is_none() {
                self.refuse(format!("missing key '{name}'"), mapping.span);
            }
        }
        for (key, value) in &mapping.entries {
            if self.is_full() {
                return;
            }
            let Node::Scalar(name) = key else {
                self.refuse("expected a name as the key".to_owned(), key.span());
                continue;
            };
            match keys.known.iter().find(|(known, _)| **known == *name.value) {
                Some((known, shape)) => {
                    self.within(&format!(".{known}"), |run| run.node(value, shape));
                }
                None => self.refuse(format!("unknown key '{}'", name.value), name.span),
            }
        }
    }

    fn within(&mut self, step: &str, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        check(self);
        self.path.truncate(length);
    }

    fn is_full(&self) -> bool {
        self.findings.len() >= FINDINGS_MAX
    }

    fn refuse(&mut self, message: String, span: Span) {
        if !self.is_full() {
            self.findings.push(SchemaFinding {
                message,
                path: self.path.clone(),
                span,
            });
        }
    }
}

fn expectation(shape: &Shape) -> String {
    match shape {
        Shape::Any => "expected a value".to_owned(),
        Shape::Text => "expected a text".to_owned(),
        Shape::Flag => "expected true or false".to_owned(),
        Shape::Integer => "expected a whole number".to_owned(),
        Shape::OneOf(names) => format!("expected one of {}", names.join(", ")),
        Shape::Sequence(_) => "expected a sequence".to_owned(),
        Shape::Mapping(_) => "expected a mapping".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{SchemaStatus, check_schema};
    use crate::options::Limits;
    use crate::span::{FileIndex, SourceFile};

    fn paths(text: &str) -> Vec<String> {
        let source = SourceFile::new("rules.yaml", text);
        let documents = crate::yaml::read(FileIndex(0), &source, &Limits::default()).unwrap();
        match check_schema(&documents) {
            SchemaStatus::Invalid(findings) => findings.into_iter().map(|it| it.path).collect(),
            other => {
                assert_eq!(other, SchemaStatus::Valid);
                Vec::new()
            }
        }
    }

    #[test]
    fn a_file_that_uses_everything_fits() {
        let text = "- required_engine_version: 0.40.0\n- required_plugin_versions:\n  - name: json\n    \
                    version: 0.7.0\n    alternatives: [{name: other, version: 1.0.0}]\n---\n---\n- list: l\n  \
                    items: [a, 1]\n  override: {items: append}\n- rule: r\n  condition: c\n  priority: \
                    WARNING\n  capture_duration: 10\n  enabled: true\n  tags: [t]\n  exceptions:\n  - \
                    {name: e, fields: [f], values: [[x]]}\n";
        assert!(paths(text).is_empty(), "{:?}", paths(text));
        assert!(paths("").is_empty());
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        assert_eq!(paths("rule: r\n"), [""]);
        assert_eq!(paths("- r\n- rule: [x]\n"), ["[0]", "[1].rule"]);
        assert_eq!(paths("- rule: r\n  prio: INFO\n"), ["[0]"]);
        assert_eq!(paths("- rule: r\n  priority: info\n"), ["[0].priority"]);
        assert_eq!(paths("- rule: r\n  enabled: yes\n"), ["[0].enabled"]);
        assert_eq!(paths("- rule: r\n  tags: t\n"), ["[0].tags"]);
        assert_eq!(paths("- list: l\n  items: [[a]]\n"), ["[0].items[0]"]);
        assert_eq!(paths("- rule: r\n  override: {}\n"), ["[0].override"]);
        assert_eq!(
            paths("- rule: r\n  override: {source: append, desc: add}\n"),
            ["[0].override", "[0].override.desc"]
        );
        assert_eq!(
            paths("- rule: r\n  exceptions: [{fields: [f]}]\n"),
            ["[0].exceptions[0]"]
        );
        let many = "- wrong: 1\n".repeat(1000);
        assert_eq!(paths(&many).len(), super::FINDINGS_MAX);
    }
}
