//! The values that pass a comparison, as far as they can be described.

use memchr::memmem;
use saker_rule_language::{Literal, Operator, Right, Test};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Value {
    Bool(bool),
    Number(i128),
    Text(Arc<[u8]>),
    Address(IpAddr),
}

impl Value {
    pub(crate) fn of(literal: &Literal) -> Option<Self> {
        Some(match literal {
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Number(i128::from(*value)),
            Literal::Uint(value) => Self::Number(i128::from(*value)),
            Literal::Port(value) => Self::Number(i128::from(*value)),
            Literal::String(text) | Literal::Bytes(text) => Self::Text(Arc::clone(text)),
            Literal::Ip(address) => Self::Address(*address),
            Literal::Double(_) | Literal::Net(_) | Literal::Regex(_) => return None,
        })
    }
}

/// A set of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// Every value.
    All,
    /// These; never none.
    Finite(BTreeSet<Value>),
    /// Every value but this.
    Not(Value),
    /// Numbers, both ends included; never none.
    Range(i128, i128),
    /// Texts that begin so.
    Prefix(Arc<[u8]>),
    /// Texts that end so.
    Suffix(Arc<[u8]>),
    /// Texts with this part.
    Part(Arc<[u8]>),
    /// Texts with this part, which is in lower case, whatever their ASCII case.
    PartIgnoringCase(Arc<[u8]>),
    /// Paths at or below these.
    Paths(BTreeSet<Value>),
    /// A set that cannot be described.
    Unknown,
}

impl Values {
    /// The values that pass a test of one value without a modifier; `None` if there are none.
    pub(crate) fn of(test: &Test) -> Option<Self> {
        let literals = match &test.right {
            Right::None => return Some(Self::All),
            Right::Operand(_) => return Some(Self::Unknown),
            Right::Values(literals) => literals,
        };
        let all = || literals.iter().map(Value::of).collect::<Option<_>>();
        match (test.operator, literals.as_slice()) {
            (_, []) => None,
            (Operator::In | Operator::Intersects, _) => {
                Some(all().map_or(Self::Unknown, Self::Finite))
            }
            (Operator::PMatch, _) => Some(all().map_or(Self::Unknown, Self::Paths)),
            (operator, [literal]) => match Value::of(literal) {
                Some(value) => Self::compared(operator, value),
                None => Some(Self::Unknown),
            },
            _ => Some(Self::Unknown),
        }
    }

    fn compared(operator: Operator, value: Value) -> Option<Self> {
        let number = match &value {
            Value::Number(number) => *number,
            _ => 0,
        };
        let text = |make: fn(Arc<[u8]>) -> Self| match &value {
            Value::Text(text) => make(Arc::clone(text)),
            _ => Self::Unknown,
        };
        Some(match operator {
            Operator::Equal => Self::Finite(BTreeSet::from([value])),
            Operator::NotEqual => match value {
                Value::Bool(value) => Self::Finite(BTreeSet::from([Value::Bool(!value)])),
                value => Self::Not(value),
            },
            _ if operator.is_ordering() && !matches!(value, Value::Number(_)) => Self::Unknown,
            Operator::Less => Self::Range(i128::MIN, number.checked_sub(1)?),
            Operator::LessOrEqual => Self::Range(i128::MIN, number),
            Operator::Greater => Self::Range(number.checked_add(1)?, i128::MAX),
            Operator::GreaterOrEqual => Self::Range(number, i128::MAX),
            Operator::Contains | Operator::BContains => text(Self::Part),
            Operator::IContains => text(|text| Self::PartIgnoringCase(lower_case(&text))),
            Operator::StartsWith | Operator::BStartsWith => text(Self::Prefix),
            Operator::EndsWith => text(Self::Suffix),
            _ => Self::Unknown,
        })
    }

    /// How many values there are to look at.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Finite(values) | Self::Paths(values) => values.len(),
            _ => 1,
        }
    }

    /// Whether a value is in the set, if that can be told.
    pub(crate) fn contains(&self, value: &Value) -> Option<bool> {
        let known = match (self, value) {
            (Self::All, _) => true,
            (Self::Finite(values), _) => values.contains(value),
            (Self::Not(other), _) => other != value,
            (Self::Range(first, last), Value::Number(number)) => (first..=last).contains(&number),
            (Self::Prefix(prefix), Value::Text(text)) => text.starts_with(prefix),
            (Self::Suffix(suffix), Value::Text(text)) => text.ends_with(suffix),
            (Self::Part(part), Value::Text(text)) => has_part(text, part),
            (Self::PartIgnoringCase(part), Value::Text(text)) => has_part(&lower_case(text), part),
            _ => return None,
        };
        Some(known)
    }

    /// Whether every value of this set is certainly in the other.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::Finite(values), _) => values
                .iter()
                .all(|value| other.contains(value) == Some(true)),
            (_, Self::Not(value)) => self == other || self.contains(value) == Some(false),
            (Self::Range(first, last), Self::Range(low, high)) => low <= first && last <= high,
            (Self::Prefix(longer), Self::Prefix(shorter)) => longer.starts_with(shorter),
            (Self::Suffix(longer), Self::Suffix(shorter)) => longer.ends_with(shorter),
            (Self::Prefix(text) | Self::Suffix(text) | Self::Part(text), Self::Part(part)) => {
                has_part(text, part)
            }
            (
                Self::Prefix(text)
                | Self::Suffix(text)
                | Self::Part(text)
                | Self::PartIgnoringCase(text),
                Self::PartIgnoringCase(part),
            ) => has_part(&lower_case(text), part),
            (Self::Paths(paths), Self::Paths(more)) => paths.is_subset(more),
            _ => false,
        }
    }

    /// Whether certainly no value is in both sets.
    pub(crate) fn is_apart(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Finite(values), set) | (set, Self::Finite(values)) => values
                .iter()
                .all(|value| set.contains(value) == Some(false)),
            (Self::Range(first, last), Self::Range(low, high)) => last < low || high < first,
            (Self::Prefix(left), Self::Prefix(right)) => {
                !left.starts_with(right) && !right.starts_with(left)
            }
            (Self::Suffix(left), Self::Suffix(right)) => {
                !left.ends_with(right) && !right.ends_with(left)
            }
            _ => false,
        }
    }
}

fn has_part(text: &[u8], part: &[u8]) -> bool {
    memmem::find(text, part).is_some()
}

fn lower_case(text: &[u8]) -> Arc<[u8]> {
    text.to_ascii_lowercase().into()
}

#[cfg(test)]
mod tests {
    use super::{Value, Values};

    fn text(text: &str) -> Value {
        Value::Text(text.as_bytes().into())
    }

    fn bytes(text: &str) -> std::sync::Arc<[u8]> {
        text.as_bytes().into()
    }

    fn finite(values: &[Value]) -> Values {
        Values::Finite(values.iter().cloned().collect())
    }

    #[test]
    fn subsets_are_told() {
        let etc = Values::Prefix(bytes("/etc/"));
        let ssh = Values::Prefix(bytes("/etc/ssh/"));
        let cases = [
            (&ssh, &etc, true),
            (&etc, &ssh, false),
            (&finite(&[text("/etc/shadow")]), &etc, true),
            (&finite(&[text("/etc/shadow"), text("/x")]), &etc, false),
            (&etc, &Values::Not(text("/x")), true),
            (&etc, &Values::Not(text("/etc/x")), false),
            (&ssh, &Values::Part(bytes("ssh")), true),
            (
                &Values::Part(bytes("SSH")),
                &Values::PartIgnoringCase(bytes("ssh")),
                true,
            ),
            (
                &Values::PartIgnoringCase(bytes("ssh")),
                &Values::Part(bytes("ssh")),
                false,
            ),
            (
                &Values::Suffix(bytes(".tar.gz")),
                &Values::Suffix(bytes(".gz")),
                true,
            ),
            (&Values::Range(2, 3), &Values::Range(1, 3), true),
            (&Values::Range(0, 3), &Values::Range(1, 3), false),
            (&Values::Unknown, &etc, false),
            (&Values::Unknown, &Values::All, true),
        ];
        for (left, right, wanted) in cases {
            assert_eq!(left.is_within(right), wanted, "{left:?} in {right:?}");
        }
    }

    #[test]
    fn disjoint_sets_are_told() {
        let etc = Values::Prefix(bytes("/etc/"));
        let cases = [
            (&etc, &Values::Prefix(bytes("/usr/")), true),
            (&etc, &Values::Prefix(bytes("/etc/ssh")), false),
            (&etc, &finite(&[text("/usr/x")]), true),
            (&etc, &Values::Suffix(bytes("x")), false),
            (
                &finite(&[Value::Number(1)]),
                &finite(&[Value::Number(2)]),
                true,
            ),
            (
                &finite(&[Value::Number(1)]),
                &Values::Not(Value::Number(1)),
                true,
            ),
            (&Values::Range(1, 2), &Values::Range(3, 4), true),
            (&Values::Range(1, 3), &Values::Range(3, 4), false),
            (&Values::Unknown, &Values::Range(3, 4), false),
        ];
        for (left, right, wanted) in cases {
            assert_eq!(left.is_apart(right), wanted, "{left:?} and {right:?}");
            assert_eq!(right.is_apart(left), wanted, "{right:?} and {left:?}");
        }
    }
}
