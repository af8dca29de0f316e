use std::collections::BTreeMap;

use saker_event_schema::{EventId, event, row};
use saker_rule_fields::{FieldValue, Fields, PathView};
use saker_rule_language::{CheckedRuleSet, FieldRef, LoadOptions, SourceFile, load};

use super::*;
use crate::event::EventKind;

/// An event with values by name.
struct Facts {
    id: EventId,
    requested: BTreeMap<&'static str, FieldValue<'static>>,
    resolved: Option<BTreeMap<&'static str, FieldValue<'static>>>,
}

impl Facts {
    fn new(id: EventId, facts: &[(&'static str, &'static str)]) -> Self {
        let name = row(id).unwrap().name;
        Self {
            id,
            requested: facts
                .iter()
                .chain([&("evt.type", name)])
                .map(|(field, value)| (*field, FieldValue::text(value.as_bytes())))
                .collect(),
            resolved: None,
        }
    }
}

impl Event for Facts {
    fn kind(&self) -> EventKind {
        EventKind::Row(self.id)
    }

    fn views_differ(&self) -> bool {
        self.resolved.is_some()
    }

    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_> {
        let resolved = self
            .resolved
            .as_ref()
            .filter(|_| view == PathView::Resolved);
        resolved
            .and_then(|values| values.get(&*field.name))
            .or_else(|| self.requested.get(&*field.name))
            .cloned()
            .unwrap_or_default()
    }
}

fn rules(conditions: &[&str]) -> CheckedRuleSet {
    let text: String = conditions
        .iter()
        .enumerate()
        .map(|(position, condition)| {
            format!(
                "- rule: r{position}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: NOTICE\n"
            )
        })
        .collect();
    let loaded = load(
        &[SourceFile::new("test.yaml", &text)],
        &Fields::new(),
        &LoadOptions::default(),
    );
    loaded
        .rules
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

fn with_explanation(condition: &str, event: &Facts, work: impl FnOnce(&Explanation<'_>)) {
    let rules = rules(&[condition]);
    let mut explainer = Explainer::new(CompileOptions::default());
    work(&explainer.explain(&rules.rules[0], event).unwrap());
}

fn cat_shadow() -> Facts {
    Facts::new(
        event::OPENAT,
        &[("fd.name", "/etc/shadow"), ("proc.name", "cat")],
    )
}

#[test]
fn the_first_false_part_of_an_and_decides() {
    let condition = "evt.type=openat and proc.name=vi and fd.name=/etc/passwd";
    with_explanation(condition, &cat_shadow(), |explanation| {
        assert_eq!(explanation.outcome, Outcome::Rests);
        let view = &explanation.views[0];
        assert_eq!(view.deciding, Some(1));
        assert_eq!(view.flips, Some(vec![1, 2]));
        let BranchKind::All(parts) = &view.tree.kind else {
            panic!("{:?}", view.tree);
        };
        let facts: Vec<_> = parts
            .iter()
            .map(|part| (part.truth, part.is_needed))
            .collect();
        assert_eq!(
            facts,
            [
                (Truth::True, true),
                (Truth::False, true),
                (Truth::False, false)
            ]
        );
        let value = &view.tree.comparison(2).unwrap().left;
        assert_eq!(
            *value,
            Reading::Value(FieldValue::text(b"/etc/shadow")),
            "also of what is not needed"
        );
    });
}

#[test]
fn a_negated_alternative_decides() {
    let condition = "evt.type=openat and not (proc.name=vi or proc.name=cat or proc.name=less)";
    with_explanation(condition, &cat_shadow(), |explanation| {
        assert_eq!(explanation.outcome, Outcome::Rests);
        assert_eq!(explanation.views[0].deciding, Some(2));
        assert_eq!(explanation.flips(), Some(1));
    });
}

#[test]
fn a_match_needs_no_change() {
    let condition = "evt.type in (open, openat) and fd.name startswith /etc/";
    with_explanation(condition, &cat_shadow(), |explanation| {
        assert_eq!(explanation.outcome, Outcome::Matches(PathView::Requested));
        assert_eq!(explanation.flips(), Some(0));
    });
}

#[test]
fn another_type_of_event_is_an_obstacle() {
    let condition = "evt.type in (open, openat) and proc.name=cat";
    let event = Facts::new(event::EXECVE, &[("proc.name", "cat")]);
    with_explanation(condition, &event, |explanation| {
        let obstacle = Outcome::NotTried(Obstacle::OtherEventType);
        assert_eq!(explanation.outcome, obstacle);
        assert_eq!(explanation.flips(), None, "the type is taken as given");
        let types: Vec<&str> = event_types_of_rule(explanation.rule).collect();
        assert_eq!(types, ["open", "openat"]);
    });
}

#[test]
fn the_reason_for_a_missing_value_is_told() {
    let event = Facts::new(event::OPENAT, &[]);
    let fields = Fields::new();
    let (_, unfilled) = fields
        .iter()
        .find(|(_, row)| {
            matches!(
                row.availability,
                saker_rule_fields::Availability::NotYet { .. }
            ) && row.argument == saker_rule_language::ArgumentRule::None
        })
        .unwrap();
    let condition = format!(
        "evt.type=openat and ({} exists or fd.name=a)",
        unfilled.name
    );
    with_explanation(&condition, &event, |explanation| {
        let tree = &explanation.views[0].tree;
        let reading = |number| tree.comparison(number).unwrap().left.clone();
        assert!(matches!(
            reading(1),
            Reading::Missing(Absence::NotYet { field, .. }) if field == unfilled.name
        ));
        assert_eq!(reading(2), Reading::Missing(Absence::NotOfEvent));
    });
}

#[test]
fn a_pending_value_decides_only_where_nothing_else_does() {
    let mut event = cat_shadow();
    event.requested.insert("container.id", FieldValue::Pending);
    let pending = "evt.type=openat and container.id=host and proc.name=cat";
    with_explanation(pending, &event, |explanation| {
        assert_eq!(explanation.outcome, Outcome::Pending);
        assert_eq!(explanation.views[0].deciding, Some(1));
        assert_eq!(explanation.flips(), Some(1));
    });
    let settled = "evt.type=openat and container.id=host and proc.name=vi";
    with_explanation(settled, &event, |explanation| {
        assert_eq!(explanation.outcome, Outcome::Rests);
        assert_eq!(explanation.views[0].deciding, Some(2));
    });
}

#[test]
fn the_resolved_view_is_tried_after_the_requested() {
    let mut event = Facts::new(event::OPENAT, &[("fd.name", "/tmp/link")]);
    let resolved = [("fd.name", FieldValue::text(b"/etc/shadow"))];
    event.resolved = Some(resolved.into_iter().collect());
    with_explanation(
        "evt.type=openat and fd.name=/etc/shadow",
        &event,
        |explanation| {
            assert_eq!(explanation.outcome, Outcome::Matches(PathView::Resolved));
            assert_eq!(explanation.views[0].tree.truth, Truth::False);
            assert_eq!(explanation.flips(), Some(0));
        },
    );
}

#[test]
fn the_closest_rules_come_first() {
    let rules = rules(&[
        "evt.type=openat and fd.name=a and proc.name=b",
        "evt.type=openat and (fd.name=a or proc.name=b)",
        "evt.type=openat and fd.name=/etc/shadow",
        "evt.type=execve and fd.name=/etc/shadow",
        "evt.type=openat and not proc.name=cat",
        "evt.type=openat and fd.name in ()",
    ]);
    let event = cat_shadow();
    let mut explainer = Explainer::new(CompileOptions::default());
    let explanations: Vec<_> = rules
        .rules
        .iter()
        .map(|rule| explainer.explain(rule, &event).unwrap())
        .collect();
    let names = |count| -> Vec<&str> {
        near_misses(&explanations, count)
            .iter()
            .map(|explanation| &*explanation.rule.name)
            .collect()
    };
    assert_eq!(names(9), ["r1", "r4", "r0"]);
    assert_eq!(names(1), ["r1"]);
}

#[test]
fn a_rule_that_is_off_is_not_tried() {
    let mut rules = rules(&["evt.type=openat", "evt.type=openat"]);
    rules.rules[0].enabled = false;
    let mut explainer = Explainer::new(CompileOptions {
        minimum_priority: Some(saker_rule_language::Priority::Error),
        ..CompileOptions::default()
    });
    let event = cat_shadow();
    let mut outcome = |rule| explainer.explain(rule, &event).unwrap().outcome;
    assert_eq!(
        outcome(&rules.rules[0]),
        Outcome::NotTried(Obstacle::Disabled)
    );
    assert_eq!(
        outcome(&rules.rules[1]),
        Outcome::NotTried(Obstacle::LessUrgent)
    );
}
