//! A comparison or its opposite.

use crate::values::Values;
use saker_rule_fields::{Availability, Fields, Plurality};
use saker_rule_language::{FieldRef, Operand, Operator, Test, TransformArgument};

/// How many values of a field must pass a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    /// It has one value at most.
    One,
    /// At least one of several.
    Some,
    /// All, and at least one.
    Every,
    /// As the field has it; not to be reasoned about.
    Own,
}

/// A comparison that holds, or that does not.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// The comparison, without a modifier that could be taken apart.
    pub(crate) test: Test,
    /// Whether it holds. If not, the value may be missing.
    pub(crate) holds: bool,
    /// The values that pass it.
    pub(crate) values: Values,
    quantity: Quantity,
}

impl Fact {
    /// A fact about a test without a modifier; `None` if no value passes the test.
    pub(crate) fn new(test: &Test, holds: bool, fields: &Fields) -> Option<Self> {
        let values = if test.modifier.is_some() {
            Values::Unknown
        } else {
            Values::of(test)?
        };
        Some(Self {
            quantity: quantity(test, fields),
            test: test.clone(),
            holds,
            values,
        })
    }

    /// What is looked at.
    pub(crate) fn key(&self) -> &str {
        self.test.left.text()
    }

    /// Whether it is about one value at most.
    pub(crate) fn is_single(&self) -> bool {
        self.quantity == Quantity::One
    }

    /// Whether it certainly holds where the other does.
    pub(crate) fn follows_from(&self, other: &Self) -> bool {
        if self.key() != other.key() {
            return false;
        }
        match (other.holds, self.holds) {
            (true, true) => other.test_implies(self),
            (false, false) => self.test_implies(other),
            (true, false) => other.test_excludes(self),
            // Where a comparison fails the value may be missing.
            (false, true) => false,
        }
    }

    /// Whether it certainly does not hold where the other does.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        if self.key() != other.key() {
            return false;
        }
        match (other.holds, self.holds) {
            (true, true) => other.test_excludes(self),
            (true, false) => other.test_implies(self),
            (false, true) => self.test_implies(other),
            (false, false) => false,
        }
    }

    /// Whether one of the two certainly holds, the value missing or not.
    pub(crate) fn completes(&self, other: &Self) -> bool {
        if self.key() != other.key() {
            return false;
        }
        match (other.holds, self.holds) {
            // Both fail where the value is missing.
            (true, true) => false,
            (true, false) => self.test_implies(other),
            (false, true) => other.test_implies(self),
            (false, false) => other.test_excludes(self),
        }
    }

    /// Whether they are about the same test, wherever it is written.
    fn is_same_test(&self, other: &Self) -> bool {
        self.test.operator == other.test.operator
            && self.test.modifier == other.test.modifier
            && self.test.right == other.test.right
    }

    /// Whether the other test holds wherever this one does, for the same operand.
    fn test_implies(&self, other: &Self) -> bool {
        if self.is_same_test(other) || other.test.operator == Operator::Exists {
            return true;
        }
        let quantities_fit = matches!(
            (self.quantity, other.quantity),
            (Quantity::One, Quantity::One)
                | (Quantity::Some, Quantity::Some)
                | (Quantity::Every, Quantity::Every | Quantity::Some)
        );
        quantities_fit && self.values.is_within(&other.values)
    }

    /// Whether the two tests cannot hold together, for the same operand.
    fn test_excludes(&self, other: &Self) -> bool {
        self.is_single() && other.is_single() && self.values.is_apart(&other.values)
    }
}

fn quantity(test: &Test, fields: &Fields) -> Quantity {
    match &test.left {
        Operand::Field(field) => field_quantity(field, test.operator, fields),
        Operand::Transform(transform) if transform.is_list => Quantity::Own,
        Operand::Transform(transform) if all_single(&transform.arguments, fields) => Quantity::One,
        Operand::Transform(_) => Quantity::Own,
    }
}

fn field_quantity(field: &FieldRef, operator: Operator, fields: &Fields) -> Quantity {
    let Some(row) = fields.row(field.id) else {
        return Quantity::Own;
    };
    match row.plurality {
        Plurality::One if !field.is_list => Quantity::One,
        Plurality::AnyAncestor if field.argument.is_some() => Quantity::One,
        Plurality::AnyAncestor => Quantity::Some,
        Plurality::List => match operator {
            Operator::In => Quantity::Every,
            Operator::Intersects => Quantity::Some,
            _ => Quantity::Own,
        },
        Plurality::One | Plurality::EitherEnd => Quantity::Own,
    }
}

/// Whether every field in the arguments of a transformer has one value, or is a list that the
/// transformer takes whole.
fn all_single(arguments: &[TransformArgument], fields: &Fields) -> bool {
    arguments.iter().all(|argument| match argument {
        TransformArgument::Text(_) => true,
        TransformArgument::List(items) => all_single(items, fields),
        TransformArgument::Operand(Operand::Transform(inner)) => {
            all_single(&inner.arguments, fields)
        }
        TransformArgument::Operand(Operand::Field(field)) => {
            let plurality = fields.row(field.id).map(|row| row.plurality);
            match plurality {
                Some(Plurality::One | Plurality::List) => true,
                Some(Plurality::AnyAncestor) => field.argument.is_some(),
                Some(Plurality::EitherEnd) | None => false,
            }
        }
    })
}

/// The first field without values among those that an operand needs, and the reason.
pub(crate) fn unfilled(operand: &Operand, fields: &Fields) -> Option<(String, &'static str)> {
    match operand {
        Operand::Field(field) => match fields.row(field.id)?.availability {
            Availability::Filled => None,
            Availability::NotYet { .. } if fields.row(field.id)?.is_only_in_flows() => None,
            Availability::NotYet { reason } => Some((field.name.to_string(), reason)),
        },
        Operand::Transform(transform) => match transform.arguments.as_slice() {
            // What becomes of a missing value differs where there are several.
            [TransformArgument::Operand(inner)] => unfilled(inner, fields),
            _ => None,
        },
    }
}
