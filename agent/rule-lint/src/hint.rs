//! What the linter says.

use saker_rule_language::Span;
use std::fmt;
use std::sync::Arc;

/// The kinds of hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HintCode {
    /// No event can make the condition true.
    NeverTrue,
    /// The rule only looks at events that nothing reports.
    UnreportedEvents,
    /// The condition needs a field that has no values yet.
    UnfilledField,
    /// An earlier rule fires for every event that this one matches.
    Shadowed,
    /// A part of the condition holds whatever the event is.
    AlwaysTrue,
    /// A pattern that a cheaper operator could replace.
    SimplerOperator,
    /// A regular expression that is tried at every place of a value.
    UnanchoredPattern,
    /// A list that names a value twice.
    DuplicateValue,
}

impl HintCode {
    /// Every code.
    pub const ALL: [Self; 8] = [
        Self::NeverTrue,
        Self::UnreportedEvents,
        Self::UnfilledField,
        Self::Shadowed,
        Self::AlwaysTrue,
        Self::SimplerOperator,
        Self::UnanchoredPattern,
        Self::DuplicateValue,
    ];

    /// Its name, as it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NeverTrue => "LINT_NEVER_TRUE",
            Self::UnreportedEvents => "LINT_UNREPORTED_EVENTS",
            Self::UnfilledField => "LINT_UNFILLED_FIELD",
            Self::Shadowed => "LINT_SHADOWED",
            Self::AlwaysTrue => "LINT_ALWAYS_TRUE",
            Self::SimplerOperator => "LINT_SIMPLER_OPERATOR",
            Self::UnanchoredPattern => "LINT_UNANCHORED_PATTERN",
            Self::DuplicateValue => "LINT_DUPLICATE_VALUE",
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::NeverTrue => "condition can never be true",
            Self::UnreportedEvents => "rule looks at events that are never reported",
            Self::UnfilledField => "condition needs a field that has no values yet",
            Self::Shadowed => "an earlier rule always fires instead",
            Self::AlwaysTrue => "part of the condition is always true",
            Self::SimplerOperator => "pattern could be a simpler operator",
            Self::UnanchoredPattern => "pattern is tried at every place of the value",
            Self::DuplicateValue => "list names a value twice",
        }
    }
}

impl fmt::Display for HintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Its kind.
    pub code: HintCode,
    /// Name of the rule that it is about.
    pub rule: Arc<str>,
    /// Where the rule is defined.
    pub rule_span: Span,
    /// The part that it is about; it may lie in a macro.
    pub span: Span,
    /// What is to be said, in lower case.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}
