//! One comparison with the values that were compared.

use saker_rule_fields::{Availability, FieldValue, Fields};
use saker_rule_language::{Operand, Test, TransformArgument};

use super::branch::Truth;
use crate::atom::Check;
use crate::dynamic;
use crate::event::EventKind;

/// One comparison with the values that were compared.
#[derive(Clone, Debug)]
pub struct Comparison<'r> {
    /// Its place in the condition, from 0 in the order of the text.
    pub number: usize,
    /// The comparison as it was checked.
    pub test: &'r Test,
    /// The value on the left.
    pub left: Reading,
    /// The value on the right, where that is not a constant.
    pub right: Option<Reading>,
    pub(super) fixity: Fixity,
}

/// Whether another event of the same type could make a comparison come out otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixity {
    Open,
    Fixed,
}

/// What an event gave for an operand.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A value; neither missing nor pending.
    Value(FieldValue<'static>),
    /// No value.
    Missing(Absence),
    /// No value yet.
    Pending,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The event does not have it.
    NotOfEvent,
    /// The agent does not fill the field yet.
    NotYet {
        /// Name of the field.
        field: &'static str,
        /// What it would need.
        reason: &'static str,
    },
    /// The event does not have it, or who had to tell the field's value did not.
    NotTold {
        /// Name of the field.
        field: &'static str,
        /// Who would have to tell.
        teller: &'static str,
    },
}

impl Reading {
    pub(super) fn of(
        value: FieldValue<'_>,
        operand: &Operand,
        fields: &Fields,
        kind: EventKind,
    ) -> Self {
        match value {
            FieldValue::Missing => {
                Self::Missing(unfilled(operand, fields, kind).unwrap_or(Absence::NotOfEvent))
            }
            FieldValue::Pending => Self::Pending,
            value => Self::Value(value.into_owned()),
        }
    }
}

/// The first field in an operand that is never filled for events of this kind, or that somebody has to
/// tell.
fn unfilled(operand: &Operand, fields: &Fields, kind: EventKind) -> Option<Absence> {
    match operand {
        Operand::Field(field) => {
            let row = fields.row(field.id)?;
            match row.availability {
                Availability::NotYet { .. } if is_captured(kind) && row.is_only_captured() => None,
                Availability::NotYet { .. }
                    if matches!(kind, EventKind::Flow(_)) && row.is_only_in_flows() =>
                {
                    None
                }
                Availability::NotYet { reason } => Some(Absence::NotYet {
                    field: row.name,
                    reason,
                }),
                Availability::Filled => row.needs().teller().map(|teller| Absence::NotTold {
                    field: row.name,
                    teller,
                }),
            }
        }
        Operand::Transform(transform) => transform
            .arguments
            .iter()
            .find_map(|argument| unfilled_argument(argument, fields, kind)),
    }
}

const fn is_captured(kind: EventKind) -> bool {
    matches!(kind, EventKind::Captured(_))
}

fn unfilled_argument(
    argument: &TransformArgument,
    fields: &Fields,
    kind: EventKind,
) -> Option<Absence> {
    match argument {
        TransformArgument::Operand(operand) => unfilled(operand, fields, kind),
        TransformArgument::Text(_) => None,
        TransformArgument::List(list) => list
            .iter()
            .find_map(|argument| unfilled_argument(argument, fields, kind)),
    }
}

/// Whether a check holds for the values that were read.
pub(super) fn decide(check: &Check, left: &Reading, right: Option<&Reading>) -> Truth {
    let left = match (left, right) {
        (Reading::Pending, _) | (_, Some(Reading::Pending)) => return Truth::Pending,
        (Reading::Missing(_), _) | (_, Some(Reading::Missing(_))) => return Truth::False,
        (Reading::Value(left), _) => left,
    };
    let holds = match (check, left, right) {
        (Check::Exists, FieldValue::List(elements), _) => !elements.is_empty(),
        (Check::Exists, ..) => true,
        (Check::Constant(quantifier, comparison), FieldValue::List(elements), _) => {
            quantifier.holds(elements, |element| comparison.holds(element))
        }
        (Check::Constant(_, comparison), value, _) => comparison.holds(value),
        (Check::Operand(operator, _), left, Some(Reading::Value(right))) => {
            dynamic::compare(*operator, left, right)
        }
        (Check::Operand(..), ..) => false,
    };
    if holds { Truth::True } else { Truth::False }
}
