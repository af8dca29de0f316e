//! Random rules and events.

use std::net::Ipv4Addr;

use proptest::prelude::*;
use saker_event_schema::{event, row};
use saker_rule_engine::{EventKind, FieldValue};
use saker_rule_fields::EventName;
use saker_rule_language::{
    Condition, FieldType, IpNetwork, Literal, Modifier, Operand, Operator, Right, Span, Test,
    Transform, TransformArgument, TransformKind,
};

use crate::fields::field;
use crate::interpreter::Sample;

/// Texts longer than a word of the machine, a cache line and what a prefilter keeps; each has another as a
/// part.
const LONG: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/libc.so.6",
    "/usr/lib/x86_64-linux-gnu",
    "/LIB/x86_64-linux-gnu/LIBC",
    "x86_64-linux-gnu",
    "/var/lib/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/usr/lib/x86_64-linux-gnu/libc.so.6",
];

pub(crate) fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[aAb/]{0,3}".prop_map(String::into_bytes),
        1 => prop::sample::select(&LONG[..]).prop_map(|text| text.as_bytes().to_vec()),
    ]
}

/// What the interpreter understands of regular expressions.
fn regex() -> impl Strategy<Value = String> {
    let long = vec![r"/usr/lib/.*", r".*x86_64-linux-gnu.*", r".*/libc.so.6|a+"];
    prop_oneof![
        6 => "([aAb/.][*+?]?){0,4}(\\|([aAb/.][*+?]?){1,3}){0,2}",
        1 => prop::sample::select(long).prop_map(str::to_owned),
    ]
}

pub(crate) fn text_literal() -> impl Strategy<Value = Literal> {
    text().prop_map(|text| Literal::String(text.into()))
}

pub(crate) fn test(
    left: Operand,
    operator: Operator,
    modifier: Option<Modifier>,
    right: Right,
) -> Condition {
    Condition::Test(Test {
        left,
        operator,
        modifier,
        right,
        span: Span::default(),
    })
}

pub(crate) const RELATIONS: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
];

pub(crate) fn text_operand() -> impl Strategy<Value = Operand> {
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

pub(crate) fn text_test() -> impl Strategy<Value = Condition> {
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
            modifier(),
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
        (text_operand(), prop::collection::vec(text_literal(), 1..4))
            .prop_map(|(left, values)| test(left, Operator::PMatch, None, Right::Values(values))),
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
        (
            text_operand(),
            prop::option::of(modifier()),
            prop::collection::vec(regex(), 1..3)
        )
            .prop_map(|(left, modifier, mut patterns)| {
                patterns.truncate(if modifier.is_some() { usize::MAX } else { 1 });
                let patterns = patterns
                    .into_iter()
                    .map(|pattern| Literal::Regex(pattern.into()));
                test(
                    left,
                    Operator::Regex,
                    modifier,
                    Right::Values(patterns.collect()),
                )
            }),
    ]
}

fn modifier() -> impl Strategy<Value = Modifier> {
    prop::sample::select(vec![Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf])
}

/// Tests of numbers, ports, addresses, networks and bytes against several values.
fn listed_test() -> impl Strategy<Value = Condition> {
    fn among(
        name: &'static str,
        literal: impl Strategy<Value = Literal>,
    ) -> impl Strategy<Value = Condition> {
        let operator = prop::sample::select(vec![Operator::In, Operator::Intersects]);
        (operator, prop::collection::vec(literal, 0..7)).prop_map(move |(operator, values)| {
            test(
                Operand::Field(field(name)),
                operator,
                None,
                Right::Values(values),
            )
        })
    }
    let address = |last: u8| Ipv4Addr::new(10, 0, 0, last);
    let network = move |prefix: u8| {
        let bits = address(2).to_bits() & u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        Literal::Net(IpNetwork {
            address: Ipv4Addr::from_bits(bits).into(),
            prefix,
        })
    };
    let compared = prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Contains,
        Operator::StartsWith,
        Operator::EndsWith,
        Operator::BContains,
        Operator::BStartsWith,
    ]);
    let relation = prop::sample::select(&RELATIONS[..]);
    let plain = |name, operator, value| {
        test(
            Operand::Field(field(name)),
            operator,
            None,
            Right::Values(vec![value]),
        )
    };
    prop_oneof![
        among("int", (-3..3_i64).prop_map(Literal::Int)),
        among("port", (0..5_u16).prop_map(Literal::Port)),
        among(
            "double",
            (-2..2_i32).prop_map(|value| Literal::Double(value.into()))
        ),
        among("bytes", text().prop_map(|text| Literal::Bytes(text.into()))),
        among(
            "address",
            (0..4_u8).prop_map(move |last| Literal::Ip(address(last).into()))
        ),
        among("network", (0..=32_u8).prop_map(network)),
        (relation, 0..5_u16).prop_map(move |(operator, value)| plain(
            "port",
            operator,
            Literal::Port(value)
        )),
        (compared, text()).prop_map(move |(operator, value)| plain(
            "bytes",
            operator,
            Literal::Bytes(value.into())
        )),
    ]
}

pub(crate) fn other_test() -> impl Strategy<Value = Condition> {
    let relation = || prop::sample::select(&RELATIONS[..]);
    let equality = || prop::sample::select(vec![Operator::Equal, Operator::NotEqual]);
    let named = |name: &'static str| Operand::Field(field(name));
    let membership = prop::sample::select(vec![Operator::In, Operator::Intersects]);
    let types = prop::sample::select(vec!["openat", "execve", "connect", "nanosleep", "nonsense"]);
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

pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![text_test(), other_test(), listed_test()].prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::Or),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

pub(crate) fn gappy(
    values: impl Strategy<Value = FieldValue<'static>>,
) -> impl Strategy<Value = FieldValue<'static>> {
    prop_oneof![
        6 => values,
        1 => Just(FieldValue::Missing),
        1 => Just(FieldValue::Pending),
    ]
}

pub(crate) fn values(kind: EventKind) -> impl Strategy<Value = Vec<FieldValue<'static>>> {
    let type_name = match kind {
        EventKind::Row(id) => row(id).unwrap().name,
        EventKind::Captured(name) => name.as_str(),
        EventKind::Flow(name) => name.as_str(),
        EventKind::Unlisted => "made up",
    }
    .as_bytes();
    let bytes = text().prop_map(|bytes| FieldValue::Bytes(bytes.into()));
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
        gappy((0..5_u16).prop_map(FieldValue::Port)),
        gappy(bytes),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i, j, k, l)| vec![a, b, c, d, e, f, g, h, i, j, k, l])
}

/// Events of the agent, captured ones with the same and with other names, and one without a name.
pub(crate) fn sample() -> impl Strategy<Value = Sample> {
    let rows = [event::OPENAT, event::EXECVE, event::CONNECT].map(EventKind::Row);
    let names = ["openat", "execve", "connect", "nanosleep", "switch"];
    let captured = names.map(|name| EventKind::Captured(EventName::new(name).unwrap()));
    let kinds = [&rows[..], &captured, &[EventKind::Unlisted]].concat();
    prop::sample::select(kinds).prop_flat_map(|kind| {
        (values(kind), prop::option::of(values(kind))).prop_map(move |(requested, resolved)| {
            Sample {
                kind,
                requested,
                resolved,
            }
        })
    })
}
