//! Which operators fit which types.

use crate::catalog::FieldType;
use crate::operator::Operator;

/// What kind of value a message speaks of, if the operator does not fit; `Ok` if it does.
pub(super) fn fits(
    operator: Operator,
    value_type: FieldType,
    is_list: bool,
) -> Result<(), &'static str> {
    if operator == Operator::Exists {
        return Ok(());
    }
    if is_list {
        let listed = matches!(
            value_type,
            FieldType::String
                | FieldType::Uint
                | FieldType::RelTime
                | FieldType::AbsTime
                | FieldType::Bool
                | FieldType::IpAddr
                | FieldType::IpNet
        );
        let fits = listed && matches!(operator, Operator::In | Operator::Intersects);
        return if fits { Ok(()) } else { Err("list fields") };
    }
    let (fits, kind) = match value_type {
        FieldType::Dynamic => (true, "this field"),
        FieldType::Int
        | FieldType::Uint
        | FieldType::Double
        | FieldType::Port
        | FieldType::RelTime
        | FieldType::AbsTime => (
            is_equality(operator) || operator.is_ordering(),
            "numeric fields",
        ),
        FieldType::Bool => (is_equality(operator), "boolean fields"),
        FieldType::IpAddr | FieldType::IpNet => {
            (is_equality(operator), "IP address and network fields")
        }
        FieldType::Bytes => (fits_bytes(operator), "byte buffer fields"),
        FieldType::String => {
            let bytes_only = matches!(operator, Operator::BContains | Operator::BStartsWith);
            (!bytes_only, "string fields")
        }
    };
    if fits { Ok(()) } else { Err(kind) }
}

fn is_equality(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Equal | Operator::NotEqual | Operator::In | Operator::Intersects
    )
}

fn fits_bytes(operator: Operator) -> bool {
    is_equality(operator)
        || matches!(
            operator,
            Operator::Contains
                | Operator::StartsWith
                | Operator::EndsWith
                | Operator::BContains
                | Operator::BStartsWith
        )
}

/// The operators that fit a type, for messages.
pub(super) fn fitting(value_type: FieldType, is_list: bool) -> String {
    let names: Vec<&str> = operators_of(value_type, is_list)
        .map(Operator::name)
        .collect();
    names.join(" ")
}

/// The operators that compare values of a type, or lists of them.
pub fn operators_of(value_type: FieldType, is_list: bool) -> impl Iterator<Item = Operator> {
    Operator::ALL
        .into_iter()
        .filter(move |operator| fits(*operator, value_type, is_list).is_ok())
}
