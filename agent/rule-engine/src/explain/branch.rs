//! The condition as a tree, decided.

use saker_rule_fields::PathView;
use saker_rule_language::{CheckedRule, Condition, Operand, Right, Test};

use super::Explainer;
use super::comparison::{Comparison, Fixity, Reading, decide};
use crate::atom::{Check, Refusal};
use crate::error::CompileError;
use crate::event::Event;
use crate::transform::read;

/// The field that an event's type is; a change of the event leaves it as it is.
const EVENT_TYPE_FIELD: &str = "evt.type";

/// What is known of a condition or comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// A field that it depends on is not known yet.
    Pending,
}

impl Truth {
    fn inverted(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Pending => Self::Pending,
        }
    }
}

/// A part of a condition.
#[derive(Clone, Debug)]
pub struct Branch<'r> {
    /// What it comes to, also where that is not needed.
    pub truth: Truth,
    /// Whether it has to be looked at when the condition is read from the left: what comes after the
    /// part that settles an `and` or `or` need not.
    pub is_needed: bool,
    /// What it is.
    pub kind: BranchKind<'r>,
}

/// What a part of a condition is.
#[derive(Clone, Debug)]
pub enum BranchKind<'r> {
    /// All must hold.
    All(Vec<Branch<'r>>),
    /// One must hold.
    Any(Vec<Branch<'r>>),
    /// It must not hold.
    Not(Box<Branch<'r>>),
    /// One comparison.
    Comparison(Box<Comparison<'r>>),
}

impl<'r> Branch<'r> {
    /// The comparison of this number.
    #[must_use]
    pub fn comparison(&self, number: usize) -> Option<&Comparison<'r>> {
        match &self.kind {
            BranchKind::All(parts) | BranchKind::Any(parts) => {
                parts.iter().find_map(|part| part.comparison(number))
            }
            BranchKind::Not(inner) => inner.comparison(number),
            BranchKind::Comparison(comparison) => {
                (comparison.number == number).then_some(&**comparison)
            }
        }
    }
}

/// Whether a part has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Needed,
    Idle,
}

/// A part and what follows from it.
pub(super) struct Grown<'r> {
    pub(super) branch: Branch<'r>,
    pub(super) deciding: Option<usize>,
}

/// One way through a condition, from the left.
pub(super) struct Walk<'a, 'r, E: Event + ?Sized> {
    explainer: &'a mut Explainer,
    rule: &'r CheckedRule,
    event: &'a E,
    view: PathView,
    next_number: usize,
}

impl<'a, 'r, E: Event + ?Sized> Walk<'a, 'r, E> {
    pub(super) fn new(
        explainer: &'a mut Explainer,
        rule: &'r CheckedRule,
        event: &'a E,
        view: PathView,
    ) -> Self {
        Self {
            explainer,
            rule,
            event,
            view,
            next_number: 0,
        }
    }

    /// Decides a condition. The recursion is bounded by the nesting of conditions.
    pub(super) fn grow(
        &mut self,
        condition: &'r Condition,
        need: Need,
    ) -> Result<Grown<'r>, CompileError> {
        match condition {
            Condition::And(parts) => self.grow_parts(parts, need, Truth::False),
            Condition::Or(parts) => self.grow_parts(parts, need, Truth::True),
            Condition::Not(inner) => {
                let grown = self.grow(inner, need)?;
                Ok(Grown {
                    deciding: grown.deciding,
                    branch: Branch {
                        truth: grown.branch.truth.inverted(),
                        is_needed: need == Need::Needed,
                        kind: BranchKind::Not(Box::new(grown.branch)),
                    },
                })
            }
            Condition::Test(test) => self.grow_test(test, need),
        }
    }

    /// Decides parts that one part of truth `settles` decides as a whole: `False` for `and`, `True` for
    /// `or`.
    fn grow_parts(
        &mut self,
        parts: &'r [Condition],
        need: Need,
        settles: Truth,
    ) -> Result<Grown<'r>, CompileError> {
        let mut branches = Vec::with_capacity(parts.len());
        let mut truth = settles.inverted();
        let mut deciding = None;
        for part in parts {
            let part_need = if truth == settles { Need::Idle } else { need };
            let grown = self.grow(part, part_need)?;
            let part_truth = grown.branch.truth;
            if truth != settles && (part_truth == settles || truth != Truth::Pending) {
                // The last part that was looked at, or the first that is not known.
                (truth, deciding) = (part_truth, grown.deciding.or(deciding));
            }
            branches.push(grown.branch);
        }
        let kind = match settles {
            Truth::True => BranchKind::Any(branches),
            _ => BranchKind::All(branches),
        };
        Ok(Grown {
            branch: Branch {
                truth,
                is_needed: need == Need::Needed,
                kind,
            },
            deciding,
        })
    }

    fn grow_test(&mut self, test: &'r Test, need: Need) -> Result<Grown<'r>, CompileError> {
        let check = self.check(test)?;
        let left = self.reading(&test.left);
        let right = match &test.right {
            Right::Operand(operand) => Some(self.reading(operand)),
            Right::None | Right::Values(_) => None,
        };
        let truth = if check.is_never() {
            Truth::False
        } else {
            decide(&check, &left, right.as_ref())
        };
        let number = self.next_number;
        self.next_number = number.saturating_add(1);
        Ok(Grown {
            deciding: Some(number),
            branch: Branch {
                truth,
                is_needed: need == Need::Needed,
                kind: BranchKind::Comparison(Box::new(Comparison {
                    number,
                    test,
                    fixity: fixity(test, &check),
                    left,
                    right,
                })),
            },
        })
    }

    fn reading(&self, operand: &Operand) -> Reading {
        let value = read(self.event, operand, self.view);
        Reading::of(value, operand, &self.explainer.fields, self.event.kind())
    }

    fn check(&mut self, test: &Test) -> Result<Check, CompileError> {
        let explainer = &mut *self.explainer;
        let atom = explainer
            .atoms
            .intern(
                test,
                &mut explainer.operands,
                &explainer.fields,
                &explainer.options.patterns,
            )
            .map_err(|refusal| refusal.into_error(self.rule, test))?;
        let atom = explainer.atoms.get(atom);
        atom.map(|atom| atom.check.clone())
            .ok_or_else(|| Refusal::Full.into_error(self.rule, test))
    }
}

fn fixity(test: &Test, check: &Check) -> Fixity {
    let is_type = matches!(&test.left, Operand::Field(field) if &*field.name == EVENT_TYPE_FIELD);
    if is_type || check.is_never() {
        Fixity::Fixed
    } else {
        Fixity::Open
    }
}
