//! Checked rules without a rules file.

use saker_rule_language::{
    Capture, CheckedRule, CheckedRuleSet, Condition, Digest, EventTypeSet, OnMissing, Priority,
    Span, Template,
};

/// Where nothing is written.
pub(crate) fn span() -> Span {
    Span::default()
}

/// A rule for every type of event.
pub(crate) fn rule(name: &str, condition: Condition) -> CheckedRule {
    CheckedRule {
        name: name.into(),
        description: "".into(),
        condition,
        condition_text: "".into(),
        output: Template {
            parts: Vec::new(),
            on_missing: OnMissing::Print,
            text: "".into(),
        },
        priority: Priority::Notice,
        tags: Vec::new(),
        source: "syscall".into(),
        enabled: true,
        event_types: EventTypeSet::all(),
        warn_evttypes: true,
        capture: Capture::default(),
        digest: Digest([0; 32]),
        span: span(),
    }
}

/// A set of rules.
pub(crate) fn rule_set(rules: impl IntoIterator<Item = CheckedRule>) -> CheckedRuleSet {
    CheckedRuleSet {
        rules: rules.into_iter().collect(),
        files: Vec::new(),
        required_plugins: Vec::new(),
        digest: Digest([0; 32]),
    }
}
