//! A naive interpreter that walks the condition tree: the oracle.

use std::net::IpAddr;

use saker_rule_engine::{Event, EventKind, FieldValue, Matching, PathView};
use saker_rule_language::{
    Condition, FieldRef, Literal, Modifier, Operand, Operator, Right, Test, TransformArgument,
    TransformKind,
};

use crate::fields::FIRST_ID;

/// What an event says about the fields of [`FIELDS`], under each view.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) kind: EventKind,
    pub(crate) requested: Vec<FieldValue<'static>>,
    pub(crate) resolved: Option<Vec<FieldValue<'static>>>,
}

impl Event for Sample {
    fn kind(&self) -> EventKind {
        self.kind
    }

    fn views_differ(&self) -> bool {
        self.resolved.is_some()
    }

    fn field(&self, field: &FieldRef, view: PathView) -> FieldValue<'_> {
        let values = match (view, &self.resolved) {
            (PathView::Resolved, Some(values)) => values,
            _ => &self.requested,
        };
        values[usize::from(field.id.0 - FIRST_ID)].clone()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kleene {
    No,
    Maybe,
    Yes,
}

pub(crate) fn interpret(condition: &Condition, event: &Sample, view: PathView) -> Kleene {
    let rank = |verdict: &Kleene| *verdict as u8;
    match condition {
        Condition::And(parts) => parts
            .iter()
            .map(|part| interpret(part, event, view))
            .min_by_key(rank)
            .unwrap_or(Kleene::Yes),
        Condition::Or(parts) => parts
            .iter()
            .map(|part| interpret(part, event, view))
            .max_by_key(rank)
            .unwrap_or(Kleene::No),
        Condition::Not(inner) => match interpret(inner, event, view) {
            Kleene::No => Kleene::Yes,
            Kleene::Maybe => Kleene::Maybe,
            Kleene::Yes => Kleene::No,
        },
        Condition::Test(test) => interpret_test(test, event, view),
    }
}

pub(crate) fn value_of(operand: &Operand, event: &Sample, view: PathView) -> FieldValue<'static> {
    match operand {
        Operand::Field(field) => match event.field(field, view) {
            FieldValue::Text(text) => FieldValue::Text(text.into_owned().into()),
            FieldValue::List(list) => {
                FieldValue::List(list.iter().map(|value| text_value(value.clone())).collect())
            }
            FieldValue::Int(number) => FieldValue::Int(number),
            FieldValue::Uint(number) => FieldValue::Uint(number),
            FieldValue::Bool(value) => FieldValue::Bool(value),
            FieldValue::Double(value) => FieldValue::Double(value),
            FieldValue::Ip(value) => FieldValue::Ip(value),
            FieldValue::Port(value) => FieldValue::Port(value),
            FieldValue::Bytes(bytes) => FieldValue::Bytes(bytes.into_owned().into()),
            FieldValue::Pending => FieldValue::Pending,
            _ => FieldValue::Missing,
        },
        Operand::Transform(transform) => {
            let TransformArgument::Operand(inner) = &transform.arguments[0] else {
                return FieldValue::Missing;
            };
            match (transform.kind, value_of(inner, event, view)) {
                (TransformKind::ToUpper, FieldValue::Text(text)) => {
                    FieldValue::Text(text.to_ascii_uppercase().into())
                }
                (TransformKind::Length, FieldValue::Text(text)) => {
                    FieldValue::Uint(text.len() as u64)
                }
                (_, FieldValue::Pending) => FieldValue::Pending,
                _ => FieldValue::Missing,
            }
        }
    }
}

pub(crate) fn text_value(value: FieldValue<'_>) -> FieldValue<'static> {
    match value {
        FieldValue::Text(text) => FieldValue::Text(text.into_owned().into()),
        _ => FieldValue::Missing,
    }
}

pub(crate) fn interpret_test(test: &Test, event: &Sample, view: PathView) -> Kleene {
    if matches!(&test.right, Right::Values(values) if values.is_empty()) {
        return Kleene::No;
    }
    let left = value_of(&test.left, event, view);
    let right = match &test.right {
        Right::Operand(operand) => Some(value_of(operand, event, view)),
        _ => None,
    };
    if left == FieldValue::Pending || right == Some(FieldValue::Pending) {
        return Kleene::Maybe;
    }
    if left == FieldValue::Missing || right == Some(FieldValue::Missing) {
        return Kleene::No;
    }
    let holds = match (&test.right, right) {
        (Right::None, _) => true,
        (_, Some(right)) => relate(test.operator, &left, &right),
        (Right::Values(values), _) => {
            let one = |value: &FieldValue<'_>| interpret_values(test, values, value);
            match &left {
                FieldValue::List(elements) if test.operator == Operator::In => {
                    elements.iter().all(one)
                }
                FieldValue::List(elements) => elements.iter().any(one),
                single => one(single),
            }
        }
        (Right::Operand(_), None) => false,
    };
    if holds { Kleene::Yes } else { Kleene::No }
}

pub(crate) fn interpret_values(test: &Test, values: &[Literal], left: &FieldValue<'_>) -> bool {
    let equal_to = |literal: &Literal| single(Operator::Equal, left, literal);
    match (test.modifier, test.operator) {
        (None, Operator::In | Operator::Intersects) => values.iter().any(equal_to),
        (None, Operator::PMatch) => values.iter().any(|value| leads_to(value, left)),
        (None, operator) => single(operator, left, &values[0]),
        (Some(modifier), operator) => {
            let count = values
                .iter()
                .filter(|value| single(operator, left, value))
                .count();
            match modifier {
                Modifier::OneOf => count == 1,
                Modifier::AnyOf => count >= 1,
                Modifier::AllOf => count == values.len(),
            }
        }
    }
}

pub(crate) fn as_value(literal: &Literal) -> FieldValue<'static> {
    match literal {
        Literal::Bool(value) => FieldValue::Bool(*value),
        Literal::Int(value) => FieldValue::Int(*value),
        Literal::Uint(value) => FieldValue::Uint(*value),
        Literal::Double(value) => FieldValue::Double(*value),
        Literal::String(value) => FieldValue::Text(value.to_vec().into()),
        Literal::Ip(value) => FieldValue::Ip(*value),
        Literal::Port(value) => FieldValue::Port(*value),
        Literal::Bytes(value) => FieldValue::Bytes(value.to_vec().into()),
        _ => FieldValue::Missing,
    }
}

pub(crate) fn single(operator: Operator, left: &FieldValue<'_>, literal: &Literal) -> bool {
    if let (FieldValue::Ip(IpAddr::V4(address)), Literal::Net(network)) = (left, literal) {
        let IpAddr::V4(base) = network.address else {
            return false;
        };
        let inside = (0..network.prefix).all(|bit| {
            let mask = 1 << (31 - u32::from(bit));
            address.to_bits() & mask == base.to_bits() & mask
        });
        return inside == (operator == Operator::Equal);
    }
    let (text, literal) = match (left, literal) {
        (FieldValue::Text(text), Literal::Regex(pattern)) => {
            return operator == Operator::Regex && regex(pattern.as_bytes(), text);
        }
        (FieldValue::Text(text), Literal::String(literal))
        | (FieldValue::Bytes(text), Literal::Bytes(literal)) => (text, literal),
        _ => return relate(operator, left, &as_value(literal)),
    };
    let contains = |text: &[u8], part: &[u8]| {
        part.is_empty() || text.windows(part.len()).any(|window| window == part)
    };
    match operator {
        Operator::Contains | Operator::BContains => contains(text, literal),
        Operator::IContains => contains(&text.to_ascii_lowercase(), &literal.to_ascii_lowercase()),
        Operator::StartsWith | Operator::BStartsWith => text.starts_with(literal),
        Operator::EndsWith => text.ends_with(literal),
        Operator::Glob => fnmatch(literal, text),
        Operator::IGlob => fnmatch(&literal.to_ascii_lowercase(), &text.to_ascii_lowercase()),
        other => {
            let as_text = |bytes: &[u8]| FieldValue::Text(bytes.to_vec().into());
            relate(other, &as_text(text), &as_text(literal))
        }
    }
}

/// Alternatives of characters, `.` among them, each perhaps with `*`, `+` or `?`; the whole text.
pub(crate) fn regex(pattern: &[u8], text: &[u8]) -> bool {
    pattern
        .split(|byte| *byte == b'|')
        .any(|alternative| repeats(alternative, text))
}

fn repeats(pattern: &[u8], text: &[u8]) -> bool {
    let Some((atom, rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    let (least, most, rest) = match rest {
        [b'*', rest @ ..] => (0, text.len(), rest),
        [b'+', rest @ ..] => (1, text.len(), rest),
        [b'?', rest @ ..] => (0, 1, rest),
        rest => (1, 1, rest),
    };
    let fits = |byte: &&u8| *atom == b'.' || **byte == *atom;
    let run = text.iter().take(most).take_while(fits).count();
    (least..=run).any(|taken| repeats(rest, &text[taken..]))
}

/// `*` and `?` only.
pub(crate) fn fnmatch(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| fnmatch(rest, &text[skip..])),
        ([b'?', rest @ ..], [_, after @ ..]) => fnmatch(rest, after),
        ([byte, rest @ ..], [other, after @ ..]) => byte == other && fnmatch(rest, after),
        _ => false,
    }
}

pub(crate) fn relate(operator: Operator, left: &FieldValue<'_>, right: &FieldValue<'_>) -> bool {
    let order = match (left, right) {
        (FieldValue::Text(left), FieldValue::Text(right)) => left.partial_cmp(right),
        (FieldValue::Int(left), FieldValue::Int(right)) => left.partial_cmp(right),
        (FieldValue::Uint(left), FieldValue::Uint(right)) => left.partial_cmp(right),
        (FieldValue::Bool(left), FieldValue::Bool(right)) => left.partial_cmp(right),
        (FieldValue::Double(left), FieldValue::Double(right)) => left.partial_cmp(right),
        (FieldValue::Ip(left), FieldValue::Ip(right)) => left.partial_cmp(right),
        (FieldValue::Port(left), FieldValue::Port(right)) => left.partial_cmp(right),
        _ => None,
    };
    order.is_some_and(|order| match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        _ => false,
    })
}

/// Whether a path is a prefix of the value by whole components, without globs.
pub(crate) fn leads_to(prefix: &Literal, value: &FieldValue<'_>) -> bool {
    let (Literal::String(prefix), FieldValue::Text(value)) = (prefix, value) else {
        return false;
    };
    let components = |path: &[u8]| -> Vec<Vec<u8>> {
        let parts = path
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty());
        parts.map(<[u8]>::to_vec).collect()
    };
    let is_absolute = |path: &[u8]| path.starts_with(b"/");
    prefix.is_empty()
        || is_absolute(prefix) == is_absolute(value)
            && components(value).starts_with(&components(prefix))
}

/// What fires, by the book.
pub(crate) fn expected(
    conditions: &[Condition],
    event: &Sample,
    matching: Matching,
) -> Vec<(usize, PathView)> {
    let mut fired = Vec::new();
    for (position, condition) in conditions.iter().enumerate() {
        let views = [PathView::Requested, PathView::Resolved];
        let views = views
            .into_iter()
            .take(if event.resolved.is_some() { 2 } else { 1 });
        let verdicts: Vec<_> = views
            .map(|view| (view, interpret(condition, event, view)))
            .collect();
        let fires = verdicts.iter().find(|(_, verdict)| *verdict == Kleene::Yes);
        fired.extend(fires.map(|(view, _)| (position, *view)));
        // What is undecided may turn out to be the first.
        let is_decided = verdicts.iter().all(|(_, verdict)| *verdict == Kleene::No);
        if matching == Matching::First && !is_decided {
            break;
        }
    }
    fired
}
