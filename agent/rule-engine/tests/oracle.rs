//! The compiled rules agree with a naive interpreter that walks the condition tree.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use proptest::prelude::*;
use saker_event_schema::{EventId, event, row};
use saker_rule_engine::{
    CompileOptions, Evaluation, Event, FieldValue, Match, Matching, PathView, RuleSet,
};
use saker_rule_language::{
    Condition, FieldRef, FieldType, IpNetwork, Literal, Modifier, Operand, Operator, Right, Test,
    Transform, TransformArgument, TransformKind,
};

#[path = "support/checked.rs"]
mod checked;
#[path = "support/fields.rs"]
mod fields;

use checked::{rule, rule_set, span};
use fields::{FIELDS, FIRST_ID, field};

/// What an event says about the fields of [`FIELDS`], under each view.
#[derive(Clone, Debug)]
struct Sample {
    id: EventId,
    requested: Vec<FieldValue<'static>>,
    resolved: Option<Vec<FieldValue<'static>>>,
}

impl Event for Sample {
    fn id(&self) -> EventId {
        self.id
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

// --- the interpreter --------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kleene {
    No,
    Maybe,
    Yes,
}

fn interpret(condition: &Condition, event: &Sample, view: PathView) -> Kleene {
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

fn value_of(operand: &Operand, event: &Sample, view: PathView) -> FieldValue<'static> {
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

fn text_value(value: FieldValue<'_>) -> FieldValue<'static> {
    match value {
        FieldValue::Text(text) => FieldValue::Text(text.into_owned().into()),
        _ => FieldValue::Missing,
    }
}

fn interpret_test(test: &Test, event: &Sample, view: PathView) -> Kleene {
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

fn interpret_values(test: &Test, values: &[Literal], left: &FieldValue<'_>) -> bool {
    let equal_to = |literal: &Literal| relate(Operator::Equal, left, &as_value(literal));
    match (test.modifier, test.operator) {
        (None, Operator::In | Operator::Intersects) => values.iter().any(equal_to),
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

fn as_value(literal: &Literal) -> FieldValue<'static> {
    match literal {
        Literal::Bool(value) => FieldValue::Bool(*value),
        Literal::Int(value) => FieldValue::Int(*value),
        Literal::Uint(value) => FieldValue::Uint(*value),
        Literal::Double(value) => FieldValue::Double(*value),
        Literal::String(value) => FieldValue::Text(value.to_vec().into()),
        Literal::Ip(value) => FieldValue::Ip(*value),
        _ => FieldValue::Missing,
    }
}

fn single(operator: Operator, left: &FieldValue<'_>, literal: &Literal) -> bool {
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
    let (FieldValue::Text(text), Literal::String(literal)) = (left, literal) else {
        return relate(operator, left, &as_value(literal));
    };
    let contains = |text: &[u8], part: &[u8]| {
        part.is_empty() || text.windows(part.len()).any(|window| window == part)
    };
    match operator {
        Operator::Contains => contains(text, literal),
        Operator::IContains => contains(&text.to_ascii_lowercase(), &literal.to_ascii_lowercase()),
        Operator::StartsWith => text.starts_with(literal),
        Operator::EndsWith => text.ends_with(literal),
        Operator::Glob => fnmatch(literal, text),
        Operator::IGlob => fnmatch(&literal.to_ascii_lowercase(), &text.to_ascii_lowercase()),
        other => relate(
            other,
            left,
            &as_value(&Literal::String(Arc::clone(literal))),
        ),
    }
}

/// `*` and `?` only.
fn fnmatch(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| fnmatch(rest, &text[skip..])),
        ([b'?', rest @ ..], [_, after @ ..]) => fnmatch(rest, after),
        ([byte, rest @ ..], [other, after @ ..]) => byte == other && fnmatch(rest, after),
        _ => false,
    }
}

fn relate(operator: Operator, left: &FieldValue<'_>, right: &FieldValue<'_>) -> bool {
    let order = match (left, right) {
        (FieldValue::Text(left), FieldValue::Text(right)) => left.partial_cmp(right),
        (FieldValue::Int(left), FieldValue::Int(right)) => left.partial_cmp(right),
        (FieldValue::Uint(left), FieldValue::Uint(right)) => left.partial_cmp(right),
        (FieldValue::Bool(left), FieldValue::Bool(right)) => left.partial_cmp(right),
        (FieldValue::Double(left), FieldValue::Double(right)) => left.partial_cmp(right),
        (FieldValue::Ip(left), FieldValue::Ip(right)) => left.partial_cmp(right),
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

/// What fires, by the book.
fn expected(
    conditions: &[Condition],
    event: &Sample,
    matching: Matching,
) -> Vec<(usize, PathView)> {
    let mut fired = Vec::new();
    for (position, condition) in conditions.iter().enumerate() {
        let views = [PathView::Requested, PathView::Resolved];
        let view = views
            .into_iter()
            .take(if event.resolved.is_some() { 2 } else { 1 })
            .find(|view| interpret(condition, event, *view) == Kleene::Yes);
        if let Some(view) = view {
            fired.push((position, view));
            if matching == Matching::First {
                break;
            }
        }
    }
    fired
}

// --- random rules and events ------------------------------------------------------------------------

fn text() -> impl Strategy<Value = Vec<u8>> {
    "[aAb/]{0,3}".prop_map(String::into_bytes)
}

fn text_literal() -> impl Strategy<Value = Literal> {
    text().prop_map(|text| Literal::String(text.into()))
}

fn test(left: Operand, operator: Operator, modifier: Option<Modifier>, right: Right) -> Condition {
    Condition::Test(Test {
        left,
        operator,
        modifier,
        right,
        span: span(),
    })
}

const RELATIONS: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
];

fn text_operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        Just(Operand::Field(field("text"))),
        Just(Operand::Field(field("path"))),
        Just(Operand::Transform(Transform {
            kind: TransformKind::ToUpper,
            arguments: vec![TransformArgument::Operand(Operand::Field(field("path")))],
            selector: None,
            value_type: FieldType::String,
            is_list: false,
            text: "toupper(path)".into(),
        })),
    ]
}

fn text_test() -> impl Strategy<Value = Condition> {
    let operator = prop_oneof![
        prop::sample::select(&RELATIONS[..]),
        prop::sample::select(vec![
            Operator::Contains,
            Operator::IContains,
            Operator::StartsWith,
            Operator::EndsWith,
        ]),
    ];
    let pattern = "[aAb*?]{0,4}".prop_map(|text| Literal::String(text.into_bytes().into()));
    let globs = prop::sample::select(vec![Operator::Glob, Operator::IGlob]);
    let modifier = prop::sample::select(vec![Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf]);
    prop_oneof![
        (text_operand(), operator.clone(), text_literal()).prop_map(
            |(left, operator, value)| test(left, operator, None, Right::Values(vec![value]))
        ),
        (text_operand(), globs, pattern).prop_map(|(left, operator, value)| test(
            left,
            operator,
            None,
            Right::Values(vec![value])
        )),
        (
            text_operand(),
            operator,
            modifier,
            prop::collection::vec(text_literal(), 0..4)
        )
            .prop_map(|(left, operator, modifier, values)| test(
                left,
                operator,
                Some(modifier),
                Right::Values(values)
            )),
        (text_operand(), prop::collection::vec(text_literal(), 0..7))
            .prop_map(|(left, values)| test(left, Operator::In, None, Right::Values(values))),
        (
            text_operand(),
            prop::sample::select(&RELATIONS[..]),
            text_operand()
        )
            .prop_map(|(left, operator, right)| test(
                left,
                operator,
                None,
                Right::Operand(right)
            )),
        text_operand().prop_map(|left| test(left, Operator::Exists, None, Right::None)),
    ]
}

fn other_test() -> impl Strategy<Value = Condition> {
    let relation = || prop::sample::select(&RELATIONS[..]);
    let equality = || prop::sample::select(vec![Operator::Equal, Operator::NotEqual]);
    let named = |name: &'static str| Operand::Field(field(name));
    let membership = prop::sample::select(vec![Operator::In, Operator::Intersects]);
    let types = prop::sample::select(vec!["openat", "execve", "connect", "nonsense"]);
    prop_oneof![
        (relation(), -3..3_i64).prop_map(move |(operator, value)| {
            test(
                named("int"),
                operator,
                None,
                Right::Values(vec![Literal::Int(value)]),
            )
        }),
        prop::collection::vec(0..9_u64, 0..7).prop_map(move |values| {
            let values = values.into_iter().map(Literal::Uint).collect();
            test(named("uint"), Operator::In, None, Right::Values(values))
        }),
        (equality(), any::<bool>()).prop_map(move |(operator, value)| {
            test(
                named("bool"),
                operator,
                None,
                Right::Values(vec![Literal::Bool(value)]),
            )
        }),
        (relation(), -2..2_i32).prop_map(move |(operator, value)| {
            let value = Literal::Double(f64::from(value));
            test(named("double"), operator, None, Right::Values(vec![value]))
        }),
        (membership, prop::collection::vec(text_literal(), 0..6)).prop_map(
            move |(operator, values)| test(named("list"), operator, None, Right::Values(values))
        ),
        (equality(), 0..4_u8).prop_map(move |(operator, last)| {
            let value = Literal::Ip(Ipv4Addr::new(10, 0, 0, last).into());
            test(named("address"), operator, None, Right::Values(vec![value]))
        }),
        (equality(), 0..=32_u8).prop_map(move |(operator, prefix)| {
            let bits = Ipv4Addr::new(10, 0, 0, 2).to_bits();
            let bits = bits & u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            let value = Literal::Net(IpNetwork {
                address: Ipv4Addr::from_bits(bits).into(),
                prefix,
            });
            test(named("network"), operator, None, Right::Values(vec![value]))
        }),
        (equality(), types.clone()).prop_map(move |(operator, name)| {
            let value = Literal::String(name.as_bytes().into());
            test(
                named("evt.type"),
                operator,
                None,
                Right::Values(vec![value]),
            )
        }),
        prop::collection::vec(types, 0..3).prop_map(move |names| {
            let names = names
                .into_iter()
                .map(|name| Literal::String(name.as_bytes().into()));
            test(
                named("evt.type"),
                Operator::In,
                None,
                Right::Values(names.collect()),
            )
        }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![text_test(), other_test()].prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::Or),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

fn gappy(
    values: impl Strategy<Value = FieldValue<'static>>,
) -> impl Strategy<Value = FieldValue<'static>> {
    prop_oneof![
        6 => values,
        1 => Just(FieldValue::Missing),
        1 => Just(FieldValue::Pending),
    ]
}

fn values(id: EventId) -> impl Strategy<Value = Vec<FieldValue<'static>>> {
    let type_name = row(id).unwrap().name.as_bytes();
    let text = || text().prop_map(|text| FieldValue::Text(text.into()));
    let address =
        || (0..4_u8).prop_map(|last| FieldValue::Ip(Ipv4Addr::new(10, 0, 0, last).into()));
    (
        Just(FieldValue::Text(type_name.into())),
        gappy(text()),
        gappy(text()),
        gappy((-3..3_i64).prop_map(FieldValue::Int)),
        gappy((0..9_u64).prop_map(FieldValue::Uint)),
        gappy(any::<bool>().prop_map(FieldValue::Bool)),
        gappy((-2..2_i32).prop_map(|number| FieldValue::Double(f64::from(number)))),
        gappy(prop::collection::vec(text(), 1..4).prop_map(FieldValue::List)),
        gappy(address()),
        gappy(address()),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i, j)| vec![a, b, c, d, e, f, g, h, i, j])
}

fn sample() -> impl Strategy<Value = Sample> {
    prop::sample::select(vec![event::OPENAT, event::EXECVE, event::CONNECT]).prop_flat_map(|id| {
        (values(id), prop::option::of(values(id))).prop_map(move |(requested, resolved)| Sample {
            id,
            requested,
            resolved,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn compiled_rules_agree_with_the_interpreter(
        conditions in prop::collection::vec(condition(), 1..6),
        events in prop::collection::vec(sample(), 1..5),
    ) {
        assert_eq!(FIELDS.len(), 10);
        let rules = conditions.iter().enumerate().map(|(position, condition)| {
            rule(&format!("rule {position}"), condition.clone())
        });
        let checked = rule_set(rules);
        // One evaluation serves all events and both sets, as it does in the agent.
        let mut evaluation = Evaluation::new();
        for matching in [Matching::First, Matching::All] {
            let options = CompileOptions { matching, ..CompileOptions::default() };
            let compiled = RuleSet::compile(&checked, &options).unwrap();
            for event in &events {
                let found: Vec<(usize, PathView)> = compiled
                    .evaluate(event, &mut evaluation)
                    .iter()
                    .map(|Match { rule, view }| (rule.index(), *view))
                    .collect();
                prop_assert_eq!(found, expected(&conditions, event, matching));
            }
        }
    }
}
