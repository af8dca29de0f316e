//! Conditions in negation normal form: `not` stands at comparisons only, constants are taken out.

use crate::fact::{Fact, unfilled};
use crate::values::Values;
use saker_rule_fields::Fields;
use saker_rule_language::{Condition, Literal, Modifier, Operand, Right, Test};

/// Modifiers with more values are not taken apart.
const ALTERNATIVES_MAX: usize = 64;

/// The number of an event counts from one, and every event has one.
const EVENT_NUMBER: &str = "evt.num";

/// A condition.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// It never holds, because of a test.
    Never(Box<Test>),
    /// It always holds.
    Always,
    /// All hold; none of them is a constant or an `And`.
    And(Vec<Node>),
    /// One holds; none of them is a constant or an `Or`.
    Or(Vec<Node>),
    /// A fact.
    Fact(Box<Fact>),
}

/// What is taken to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// What the language says.
    Language,
    /// Also which fields have no values yet.
    FieldsToday,
}

/// Brings a condition to normal form. Recurses by the nesting of the condition, which is bounded.
pub(crate) fn normalize(condition: &Condition, fields: &Fields, knowledge: Knowledge) -> Node {
    let normalizer = Normalizer { fields, knowledge };
    normalizer.node(condition, true)
}

struct Normalizer<'f> {
    fields: &'f Fields,
    knowledge: Knowledge,
}

impl Normalizer<'_> {
    fn node(&self, condition: &Condition, holds: bool) -> Node {
        match condition {
            Condition::And(parts) if holds => all(self.nodes(parts, holds)),
            Condition::Or(parts) if !holds => all(self.nodes(parts, holds)),
            Condition::And(parts) | Condition::Or(parts) => any(self.nodes(parts, holds)),
            Condition::Not(inner) => self.node(inner, !holds),
            Condition::Test(test) => self.test(test, holds),
        }
    }

    fn nodes(&self, parts: &[Condition], holds: bool) -> Vec<Node> {
        parts.iter().map(|part| self.node(part, holds)).collect()
    }

    #[inline(never)]
    fn test(&self, test: &Test, holds: bool) -> Node {
        let (Some(modifier), Right::Values(values)) = (test.modifier, &test.right) else {
            return self.plain(test, holds);
        };
        if values.is_empty() {
            return constant(test, !holds);
        }
        let is_plain = Fact::new(&single(test, values.first()), true, self.fields)
            .is_some_and(|fact| fact.is_single());
        if modifier == Modifier::OneOf || values.len() > ALTERNATIVES_MAX || !is_plain {
            return self.plain(test, holds);
        }
        let parts = values
            .iter()
            .map(|value| self.plain(&single(test, Some(value)), holds))
            .collect();
        if (modifier == Modifier::AnyOf) == holds {
            any(parts)
        } else {
            all(parts)
        }
    }

    fn plain(&self, test: &Test, holds: bool) -> Node {
        if self.knowledge == Knowledge::FieldsToday && unfilled(&test.left, self.fields).is_some() {
            return constant(test, !holds);
        }
        let Some(fact) = Fact::new(test, holds, self.fields) else {
            return constant(test, !holds);
        };
        if is_event_number(&test.left) {
            let numbers = Values::Range(1, i128::MAX);
            if numbers.is_apart(&fact.values) {
                return constant(test, !holds);
            }
            if numbers.is_within(&fact.values) {
                return constant(test, holds);
            }
        }
        Node::Fact(Box::new(fact))
    }
}

/// A test of one value out of several, without the modifier.
fn single(test: &Test, value: Option<&Literal>) -> Test {
    Test {
        left: test.left.clone(),
        operator: test.operator,
        modifier: None,
        right: Right::Values(value.into_iter().cloned().collect()),
        span: test.span,
    }
}

fn is_event_number(operand: &Operand) -> bool {
    matches!(operand, Operand::Field(field) if &*field.name == EVENT_NUMBER)
}

fn constant(test: &Test, value: bool) -> Node {
    if value {
        Node::Always
    } else {
        Node::Never(Box::new(test.clone()))
    }
}

/// A conjunction, flat and without constants.
fn all(parts: Vec<Node>) -> Node {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Node::Never(test) => return Node::Never(test),
            Node::Always => {}
            Node::And(inner) => flat.extend(inner),
            part => flat.push(part),
        }
    }
    match flat.len() {
        0 => Node::Always,
        1 => flat.pop().unwrap_or(Node::Always),
        _ => Node::And(flat),
    }
}

/// A disjunction, flat and without constants.
fn any(parts: Vec<Node>) -> Node {
    let mut flat = Vec::with_capacity(parts.len());
    let mut never = None;
    for part in parts {
        match part {
            Node::Always => return Node::Always,
            Node::Never(test) => never = never.or(Some(test)),
            Node::Or(inner) => flat.extend(inner),
            part => flat.push(part),
        }
    }
    match (flat.len(), never) {
        (0, Some(test)) => Node::Never(test),
        (0, None) => Node::Always,
        (1, _) => flat.pop().unwrap_or(Node::Always),
        _ => Node::Or(flat),
    }
}
