//! What deciding a condition may cost, and how likely it is to hold.
//!
//! Only the order in which parts are decided depends on this, never the result. The unit is about a
//! nanosecond; the likelihoods are guesses that hold for what rules usually ask.

use std::collections::HashMap;

use saker_rule_fields::{Fields, Plurality};
use saker_rule_language::{FieldType, Operand};

use crate::atom::{AtomTable, Check};
use crate::operand::OperandTable;
use crate::predicate::{Comparison, Predicate, Relation};
use crate::probe::Certainty;
use crate::program::{AtomId, Graph, Node, NodeId, OperandId, Polarity};

/// Fields that say of which kind something is: each of their values is frequent.
const FIELDS_WITH_FEW_VALUES: [&str; 5] = [
    "fd.l4proto",
    "fd.sockfamily",
    "fd.type",
    "fd.typechar",
    "evt.category",
];

/// Whether a value is one of so few that comparing it tells little.
pub(crate) fn has_few_values(operand: &Operand, fields: &Fields) -> bool {
    let Operand::Field(field) = operand else {
        return false;
    };
    let row = fields.row(field.id);
    row.is_some_and(|row| FIELDS_WITH_FEW_VALUES.contains(&row.name))
}

/// What is expected of one condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// Cost of deciding it.
    cost: f64,
    /// How likely it holds, above 0 and below 1.
    likelihood: f64,
}

impl Estimate {
    /// Rank among the parts of a conjunction: what is cheap and fails often goes first.
    pub(crate) fn rank_in_all(self) -> f64 {
        self.cost / (1.0 - self.likelihood)
    }

    /// Rank among the parts of a disjunction: what is cheap and holds often goes first.
    pub(crate) fn rank_in_any(self) -> f64 {
        self.cost / self.likelihood
    }

    fn negated(self) -> Self {
        Self {
            likelihood: 1.0 - self.likelihood,
            ..self
        }
    }
}

/// Estimates of the nodes of a graph, each made once.
pub(crate) struct Estimates<'t> {
    pub(crate) graph: &'t Graph,
    pub(crate) atoms: &'t AtomTable,
    pub(crate) operands: &'t OperandTable,
    pub(crate) fields: &'t Fields,
    known: HashMap<NodeId, Estimate>,
}

impl<'t> Estimates<'t> {
    pub(crate) fn new(
        graph: &'t Graph,
        atoms: &'t AtomTable,
        operands: &'t OperandTable,
        fields: &'t Fields,
    ) -> Self {
        Self {
            graph,
            atoms,
            operands,
            fields,
            known: HashMap::new(),
        }
    }

    /// The estimate for a node. The recursion is bounded by the nesting of conditions.
    pub(crate) fn of(&mut self, node: NodeId) -> Estimate {
        if let Some(known) = self.known.get(&node) {
            return *known;
        }
        let estimate = match self.graph.node(node) {
            Some(Node::Atom(atom, Polarity::Plain)) => self.atom(*atom),
            Some(Node::Atom(atom, Polarity::Negated)) => self.atom(*atom).negated(),
            Some(Node::All(parts)) => self.all(parts, |estimate| estimate),
            // Not any part holds where all parts fail.
            Some(Node::Any(parts)) => self.all(parts, Estimate::negated).negated(),
            _ => Estimate {
                cost: 0.0,
                likelihood: 0.5,
            },
        };
        self.known.insert(node, estimate);
        estimate
    }

    /// Parts in their best order, of which all must hold: a later part is decided only if all before
    /// it hold.
    fn all(&mut self, parts: &[NodeId], seen_as: impl Fn(Estimate) -> Estimate) -> Estimate {
        let mut estimates: Vec<Estimate> =
            parts.iter().map(|part| seen_as(self.of(*part))).collect();
        estimates.sort_by(|a, b| a.rank_in_all().total_cmp(&b.rank_in_all()));
        let mut whole = Estimate {
            cost: 0.0,
            likelihood: 1.0,
        };
        for part in estimates {
            whole.cost += whole.likelihood * part.cost;
            whole.likelihood *= part.likelihood;
        }
        whole.likelihood = whole.likelihood.clamp(0.001, 0.999);
        whole
    }

    fn atom(&self, id: AtomId) -> Estimate {
        let Some(atom) = self.atoms.get(id) else {
            return Estimate {
                cost: 1.0,
                likelihood: 0.5,
            };
        };
        let is_frequent = || {
            let operand = self.operands.get(atom.left);
            operand.is_some_and(|operand| has_few_values(operand, self.fields))
        };
        let likelihood = |comparison| match likelihood(comparison) {
            rare if rare < FREQUENT && is_frequent() => FREQUENT,
            likelihood => likelihood,
        };
        let (asking, likelihood) = match &atom.check {
            Check::Exists => (1.0, 0.9),
            Check::Operand(..) => (10.0, 0.3),
            Check::Constant(_, comparison) => match atom.lookup {
                Some(lookup) if lookup.certainty == Certainty::Holds => {
                    (8.0, likelihood(comparison))
                }
                _ => (asking_cost(comparison), likelihood(comparison)),
            },
        };
        Estimate {
            cost: self.reading_cost(atom.left) + asking,
            likelihood,
        }
    }

    fn reading_cost(&self, operand: OperandId) -> f64 {
        match self.operands.get(operand) {
            None | Some(Operand::Transform(_)) => 60.0,
            Some(Operand::Field(field)) => match self.fields.row(field.id) {
                Some(row)
                    if row.plurality == Plurality::AnyAncestor && field.argument.is_none() =>
                {
                    150.0
                }
                Some(row) if row.plurality == Plurality::List => 80.0,
                Some(row) if row.plurality == Plurality::EitherEnd => 60.0,
                // Numbers and flags are put into words.
                Some(row) if row.name.starts_with("evt.arg") => 100.0,
                _ => match field.value_type {
                    FieldType::Bool | FieldType::Int | FieldType::Uint | FieldType::Port => 6.0,
                    FieldType::RelTime | FieldType::AbsTime => 20.0,
                    _ => 12.0,
                },
            },
        }
    }
}

fn asking_cost(comparison: &Comparison) -> f64 {
    match comparison {
        Comparison::Never => 0.0,
        Comparison::Plain(predicate) => match predicate {
            Predicate::Boolean(_) | Predicate::Number(..) | Predicate::AmongBooleans { .. } => 1.0,
            Predicate::Text(..) | Predicate::StartsWith(_) | Predicate::EndsWith(_) => 4.0,
            Predicate::AmongTexts(_) | Predicate::AmongNumbers(_) => 8.0,
            Predicate::Glob(_) | Predicate::Pattern(_) | Predicate::PathPrefix(_) => 40.0,
            _ => 15.0,
        },
        Comparison::Modified(_, predicates) => {
            15.0 * f64::from(u32::try_from(predicates.len()).unwrap_or(u32::MAX))
        }
    }
}

/// How likely a value is one of a few.
const FREQUENT: f64 = 0.5;

fn likelihood(comparison: &Comparison) -> f64 {
    match comparison {
        Comparison::Plain(Predicate::Boolean(_) | Predicate::AmongBooleans { .. }) => 0.5,
        Comparison::Plain(
            Predicate::Number(Relation::Equal, _) | Predicate::Address(Relation::Equal, _),
        ) => 0.2,
        Comparison::Plain(Predicate::Number(..)) => 0.5,
        // A letter for a kind.
        Comparison::Plain(Predicate::Text(Relation::Equal, text)) if text.len() == 1 => FREQUENT,
        Comparison::Plain(Predicate::Text(Relation::NotEqual, _)) => 0.95,
        Comparison::Plain(Predicate::AmongTexts(_) | Predicate::PathPrefix(_)) => 0.1,
        _ => 0.05,
    }
}
