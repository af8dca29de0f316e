//! What a rule set promises beside the truth of its conditions.

use saker_event_schema::event;
use saker_rule_engine::{
    CompileError, CompileOptions, Evaluation, Event, EventKind, FieldValue, Matching, PathView,
    RuleSet, RuleState,
};
use saker_rule_fields::EventName;
use saker_rule_language::{
    CheckedRule, CheckedRuleSet, Condition, EventTypeSet, FieldArgument, FieldRef, Literal,
    Operand, Operator, Priority, Right, Span, Test,
};

#[path = "support/fields.rs"]
mod fields;

use fields::{FIELDS, field};

/// An event with a path under each view.
struct Opened {
    requested: FieldValue<'static>,
    resolved: FieldValue<'static>,
}

impl Event for Opened {
    fn kind(&self) -> EventKind {
        EventKind::Row(event::OPENAT)
    }

    fn views_differ(&self) -> bool {
        self.requested != self.resolved
    }

    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_> {
        match (&*field.name, view) {
            ("path", PathView::Requested) => self.requested.clone(),
            ("path", PathView::Resolved) => self.resolved.clone(),
            ("evt.type", _) => FieldValue::text(b"openat"),
            _ => FieldValue::Missing,
        }
    }
}

fn test(name: &str, operator: Operator, value: &str) -> Condition {
    Condition::Test(Test {
        left: Operand::Field(field(name)),
        operator,
        modifier: None,
        right: Right::Values(vec![Literal::String(value.as_bytes().into())]),
        span: Span::default(),
    })
}

fn path_is(value: &str) -> Condition {
    test("path", Operator::Equal, value)
}

fn opened(requested: &'static str, resolved: &'static str) -> Opened {
    Opened {
        requested: FieldValue::text(requested.as_bytes()),
        resolved: FieldValue::text(resolved.as_bytes()),
    }
}

fn fired(rules: Vec<CheckedRule>, matching: Matching, event: &Opened) -> Vec<(usize, PathView)> {
    let options = CompileOptions {
        matching,
        ..CompileOptions::default()
    };
    RuleSet::compile(&CheckedRuleSet::from_iter(rules), &options)
        .unwrap()
        .evaluate(event, &mut Evaluation::new())
        .iter()
        .map(|found| (found.rule.index(), found.view))
        .collect()
}

#[test]
fn definition_order_comes_before_the_order_of_views() {
    let rules = || {
        vec![
            CheckedRule::bare("resolved", path_is("/b")),
            CheckedRule::bare("requested", path_is("/a")),
        ]
    };
    let event = opened("/a", "/b");
    assert_eq!(
        fired(rules(), Matching::First, &event),
        [(0, PathView::Resolved)]
    );
    assert_eq!(
        fired(rules(), Matching::All, &event),
        [(0, PathView::Resolved), (1, PathView::Requested)]
    );
}

#[test]
fn a_rule_fires_once_for_both_views() {
    let either = Condition::Or(vec![path_is("/a"), path_is("/b")]);
    assert_eq!(
        fired(
            vec![CheckedRule::bare("either", either)],
            Matching::All,
            &opened("/a", "/b")
        ),
        [(0, PathView::Requested)]
    );
}

/// Two rules that wait for a path, and one that fires without it.
fn waiting_rules() -> CheckedRuleSet {
    CheckedRuleSet::from_iter([
        CheckedRule::bare("waits", path_is("/a")),
        CheckedRule::bare("waits negated", Condition::Not(Box::new(path_is("/a")))),
        CheckedRule::bare(
            "knows",
            Condition::Or(vec![
                path_is("/a"),
                test("evt.type", Operator::Equal, "openat"),
            ]),
        ),
    ])
}

const UNKNOWN_PATH: Opened = Opened {
    requested: FieldValue::Pending,
    resolved: FieldValue::Pending,
};

#[test]
fn a_pending_field_keeps_a_rule_from_firing_and_is_counted() {
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    let compiled = RuleSet::compile(&waiting_rules(), &options).unwrap();
    let mut evaluation = Evaluation::new();
    let found = compiled.evaluate(&UNKNOWN_PATH, &mut evaluation);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule.index(), 2);
    assert_eq!(evaluation.pending(), 2);
}

#[test]
fn no_rule_overtakes_a_pending_one_where_only_the_first_fires() {
    let compiled = RuleSet::compile(&waiting_rules(), &CompileOptions::default()).unwrap();
    let mut evaluation = Evaluation::new();
    assert_eq!(compiled.evaluate(&UNKNOWN_PATH, &mut evaluation), []);
    assert_eq!(evaluation.pending(), 1);
    // A later one that is pending does not take back what is decided.
    let mut rules = waiting_rules();
    rules.rules.reverse();
    let compiled = RuleSet::compile(&rules, &CompileOptions::default()).unwrap();
    let found = compiled.evaluate(&UNKNOWN_PATH, &mut evaluation);
    assert_eq!(found.len(), 1);
    assert_eq!(evaluation.pending(), 0);
}

#[test]
fn only_needed_events_are_asked_for() {
    let of_type = |name: &str| test("evt.type", Operator::Equal, name);
    let mut disabled = CheckedRule::bare("disabled", of_type("connect"));
    disabled.enabled = false;
    let mut debug = CheckedRule::bare("too quiet", of_type("execve"));
    debug.priority = Priority::Debug;
    let mut never = CheckedRule::bare("not emitted", of_type("userfaultfd"));
    never.event_types = EventTypeSet::Only(["userfaultfd".into()].into());
    let set = CheckedRuleSet::from_iter([
        CheckedRule::bare(
            "opened",
            Condition::And(vec![of_type("openat"), path_is("/a")]),
        ),
        disabled,
        debug,
        never,
    ]);
    let options = CompileOptions {
        minimum_priority: Some(Priority::Informational),
        ..CompileOptions::default()
    };
    let compiled = RuleSet::compile(&set, &options).unwrap();
    assert_eq!(compiled.event_ids().collect::<Vec<_>>(), [event::OPENAT]);
    let states: Vec<RuleState> = compiled.rules().iter().map(|rule| rule.state).collect();
    assert_eq!(
        states,
        [
            RuleState::Enabled,
            RuleState::Disabled,
            RuleState::Disabled,
            RuleState::NeverMatches
        ]
    );
}

#[test]
fn a_rule_about_an_argument_is_for_the_calls_that_have_it() {
    let of = |text: &str, argument: &str| {
        let mut test = test("text", Operator::Equal, "/a");
        if let Condition::Test(test) = &mut test
            && let Operand::Field(field) = &mut test.left
        {
            field.name = text.into();
            field.argument = Some(FieldArgument::Key(argument.into()));
        }
        let rule = CheckedRule::bare("argument", test);
        let set = CheckedRuleSet::from_iter([rule]);
        let compiled = RuleSet::compile(&set, &CompileOptions::default()).unwrap();
        compiled.event_ids().collect::<Vec<_>>()
    };
    let with_argument: Vec<_> = saker_event_schema::ROWS
        .iter()
        .filter(|row| row.slot("oldpath").is_some())
        .map(|row| row.id)
        .collect();
    assert!(!with_argument.is_empty());
    assert_eq!(of("evt.arg.oldpath", "oldpath"), with_argument);
    assert_eq!(of("evt.arg[oldpath]", "oldpath"), with_argument);
}

#[test]
fn rules_share_their_comparisons() {
    let both = |last| Condition::And(vec![path_is("/a"), test("text", Operator::Contains, last)]);
    let set = CheckedRuleSet::from_iter([
        CheckedRule::bare("one", both("x")),
        CheckedRule::bare("two", both("y")),
        CheckedRule::bare("three", both("x")),
    ]);
    let size = RuleSet::compile(&set, &CompileOptions::default())
        .unwrap()
        .size();
    assert_eq!(size.comparisons, 3);
    assert_eq!(size.values, 2);
    assert!(size.values < FIELDS.len());
}

#[test]
fn a_pattern_over_its_limit_names_the_rule() {
    let set = CheckedRuleSet::from_iter([CheckedRule::bare(
        "large",
        test("path", Operator::Glob, "a*[b-x]?*c*d"),
    )]);
    let mut options = CompileOptions::default();
    options.patterns.pattern_bytes = 4;
    let error = RuleSet::compile(&set, &options).unwrap_err();
    assert!(matches!(&error, CompileError::Pattern { rule, .. } if &**rule == "large"));
    assert!(
        error
            .to_string()
            .starts_with("rule 'large': pattern 'a*[b-x]?*c*d' of 'path'")
    );
}

#[test]
fn deep_conditions_neither_overflow_nor_panic() {
    let mut deep = path_is("/a");
    for level in 0..1000 {
        deep = if level % 2 == 0 {
            Condition::And(vec![
                deep,
                Condition::Not(Box::new(path_is(&format!("/{level}")))),
            ])
        } else {
            Condition::Or(vec![path_is(&format!("/x{level}")), deep])
        };
    }
    assert_eq!(
        fired(
            vec![CheckedRule::bare("deep", deep)],
            Matching::All,
            &opened("/a", "/a")
        )
        .len(),
        1
    );
}

/// An event with the name of a row, but with an argument that the row does not have.
struct CapturedOpen;

impl Event for CapturedOpen {
    fn kind(&self) -> EventKind {
        EventName::new("openat").map_or(EventKind::Unlisted, EventKind::Captured)
    }

    fn views_differ(&self) -> bool {
        false
    }

    fn field(&self, field: &FieldRef, _: PathView) -> FieldValue<'_> {
        match &*field.name {
            "evt.type" => FieldValue::text(b"openat"),
            "evt.arg" => FieldValue::text(b"here"),
            _ => FieldValue::Missing,
        }
    }
}

#[test]
fn a_captured_event_has_other_arguments_than_the_row_with_its_name() {
    let argument = Operand::Field(FieldRef {
        name: "evt.arg".into(),
        argument: Some(FieldArgument::Key("made_up".into())),
        ..field("text")
    });
    let has_argument = Condition::Test(Test {
        left: argument,
        operator: Operator::Equal,
        modifier: None,
        right: Right::Values(vec![Literal::String(b"here"[..].into())]),
        span: Span::default(),
    });
    let of_type = |name| test("evt.type", Operator::Equal, name);
    let rules = [
        (
            "argument",
            Condition::And(vec![of_type("openat"), has_argument]),
        ),
        ("type", of_type("openat")),
        ("other type", of_type("open")),
        ("no type", Condition::Not(Box::new(of_type("open")))),
    ];
    let rules = rules.map(|(name, condition)| CheckedRule::bare(name, condition));
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    let set = RuleSet::compile(&CheckedRuleSet::from_iter(rules), &options).unwrap();
    let mut evaluation = Evaluation::new();
    let mut fired = |event: &dyn Event| -> Vec<usize> {
        let matches = set.evaluate(event, &mut evaluation).iter();
        matches.map(|found| found.rule.index()).collect()
    };
    assert_eq!(fired(&CapturedOpen), [0, 1, 3]);
    assert_eq!(
        fired(&opened("", "")),
        [1, 3],
        "the row has no such argument"
    );
}
