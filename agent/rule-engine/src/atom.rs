//! The atom table: every distinct comparison of all rules, once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use saker_rule_fields::{Fields, Plurality};
use saker_rule_language::{
    CheckedRule, IpNetwork, Literal, Modifier, Operand, Operator, Right, Test,
};

use crate::error::CompileError;
use crate::operand::OperandTable;
use crate::options::PatternLimits;
use crate::predicate::{self, Comparison, Failure, Quantifier};
use crate::probe::Lookup;
use crate::program::{AtomId, OperandId};

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Atom {
    pub(crate) left: OperandId,
    pub(crate) check: Check,
    /// Where it is looked up, if it is.
    pub(crate) lookup: Option<Lookup>,
}

/// What is asked of the left-hand side.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// It has a value.
    Exists,
    /// It compares so with constants.
    Constant(Quantifier, Comparison),
    /// It compares so with another value of the event.
    Operand(Operator, OperandId),
}

impl Check {
    /// Whether no value at all passes.
    pub(crate) fn is_never(&self) -> bool {
        matches!(self, Self::Constant(_, Comparison::Never))
    }
}

/// What makes two comparisons the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    left: OperandId,
    operator: Operator,
    modifier: Option<Modifier>,
    right: RightKey,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum RightKey {
    None,
    Values(Vec<LiteralKey>),
    Operand(OperandId),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum LiteralKey {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(u64),
    String(Arc<[u8]>),
    Bytes(Arc<[u8]>),
    Ip(IpAddr),
    Net(IpAddr, u8),
    Port(u16),
    Regex(Arc<str>),
}

impl LiteralKey {
    fn of(literal: &Literal) -> Self {
        match literal {
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Int(*value),
            Literal::Uint(value) => Self::Uint(*value),
            Literal::Double(value) => Self::Double(value.to_bits()),
            Literal::String(value) => Self::String(Arc::clone(value)),
            Literal::Bytes(value) => Self::Bytes(Arc::clone(value)),
            Literal::Ip(value) => Self::Ip(*value),
            Literal::Net(IpNetwork { address, prefix }) => Self::Net(*address, *prefix),
            Literal::Port(value) => Self::Port(*value),
            Literal::Regex(value) => Self::Regex(Arc::clone(value)),
        }
    }
}

/// Why a test cannot be entered.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// More atoms or operands than can be numbered.
    Full,
    /// The right-hand side does not compile.
    Right(Failure),
}

impl Refusal {
    /// What to say of a rule whose test it is.
    pub(crate) fn into_error(self, rule: &CheckedRule, test: &Test) -> CompileError {
        let rule = Arc::clone(&rule.name);
        let field = Arc::from(test.left.text());
        match self {
            Self::Full => CompileError::too_many("comparisons"),
            Self::Right(Failure::Mismatch) => CompileError::Mismatch {
                rule,
                field,
                operator: test.operator.name(),
            },
            Self::Right(Failure::Pattern { pattern, source }) => CompileError::Pattern {
                rule,
                field,
                pattern,
                source,
            },
        }
    }
}

/// All atoms of a rule set.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtomTable {
    atoms: Vec<Atom>,
    known: HashMap<Key, AtomId>,
}

impl AtomTable {
    /// The id of a test.
    pub(crate) fn intern(
        &mut self,
        test: &Test,
        operands: &mut OperandTable,
        fields: &Fields,
        limits: &PatternLimits,
    ) -> Result<AtomId, Refusal> {
        let left = operands.intern(&test.left).ok_or(Refusal::Full)?;
        let right = match &test.right {
            Right::None => RightKey::None,
            Right::Values(values) => RightKey::Values(value_keys(test, values)),
            Right::Operand(right) => {
                RightKey::Operand(operands.intern(right).ok_or(Refusal::Full)?)
            }
        };
        let key = Key {
            left,
            operator: test.operator,
            modifier: test.modifier,
            right: right.clone(),
        };
        if let Some(id) = self.known.get(&key) {
            return Ok(*id);
        }
        let check = match (&test.right, &right) {
            (Right::Values(values), _) => {
                let comparison = predicate::compile(test.operator, test.modifier, values, limits)
                    .map_err(Refusal::Right)?;
                Check::Constant(quantifier(&test.left, test.operator, fields), comparison)
            }
            (_, RightKey::Operand(right)) => Check::Operand(test.operator, *right),
            _ if test.operator == Operator::Exists => Check::Exists,
            _ => return Err(Refusal::Right(Failure::Mismatch)),
        };
        let id = AtomId::new(self.atoms.len()).ok_or(Refusal::Full)?;
        self.atoms.push(Atom {
            left,
            check,
            lookup: None,
        });
        self.known.insert(key, id);
        Ok(id)
    }

    /// Every atom.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Atom> {
        self.atoms.iter()
    }

    pub(crate) fn get(&self, id: AtomId) -> Option<&Atom> {
        self.atoms.get(id.index())
    }

    pub(crate) fn all_mut(&mut self) -> &mut [Atom] {
        &mut self.atoms
    }

    pub(crate) fn len(&self) -> usize {
        self.atoms.len()
    }

    /// Forgets what is needed only to add atoms.
    pub(crate) fn seal(&mut self) {
        self.known = HashMap::new();
        self.atoms.shrink_to_fit();
    }
}

/// The keys of a list of literals; in a set, order and repetition do not count.
fn value_keys(test: &Test, values: &[Literal]) -> Vec<LiteralKey> {
    let mut keys: Vec<LiteralKey> = values.iter().map(LiteralKey::of).collect();
    if test.operator.takes_list() && test.modifier.is_none() {
        keys.sort_unstable();
        keys.dedup();
    }
    keys
}

/// How many elements must pass where the left-hand side has several.
///
/// In a list of the language, `in` asks for all of them. The two ends of a connection are one value
/// that is either end, so `!=` asks for both. Of ancestors, one is enough for every operator.
fn quantifier(left: &Operand, operator: Operator, fields: &Fields) -> Quantifier {
    let plurality = match left {
        Operand::Field(field) => fields.row(field.id).map(|row| row.plurality),
        Operand::Transform(_) => None,
    };
    match (plurality, operator) {
        (Some(Plurality::EitherEnd), Operator::NotEqual) => Quantifier::Every,
        (Some(Plurality::EitherEnd | Plurality::AnyAncestor), _) => Quantifier::Some,
        (_, Operator::In) if left.is_list() => Quantifier::Every,
        _ => Quantifier::Some,
    }
}
