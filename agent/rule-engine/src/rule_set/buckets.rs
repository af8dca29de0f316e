//! The rules for each kind of event, with what the kind decides taken out of their conditions.

use std::collections::HashMap;
use std::sync::Arc;

use saker_event_schema::{ROWS, Row};
use saker_rule_fields::{FLOW_SOURCE, Fields, FlowEventName, SYSCALL_SOURCE, is_shown_to_rules};
use saker_rule_language::{CheckedRule, CheckedRuleSet, FieldArgument, FieldRef, Operand};

use super::RuleId;
use super::captured::NameGroup;
use super::facets::{self, Faceted};
use crate::atom::{AtomTable, Check};
use crate::operand::OperandTable;
use crate::predicate::{Comparison, Predicate, Relation};
use crate::program::{AtomId, Graph, GraphFull, NodeId};

/// The field whose value a bucket knows beforehand.
pub(super) const EVENT_TYPE_FIELD: &str = "evt.type";
/// The field that looks at one argument.
const EVENT_ARGUMENT_FIELD: &str = "evt.arg";
/// The field that is never 0.
const EVENT_NUMBER_FIELD: &str = "evt.num";

/// The rules of one kind of event, each with the node of what is left of its condition.
pub(super) type Bucket = Vec<(RuleId, NodeId)>;

/// What conditions are made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) fields: Fields,
    pub(super) operands: OperandTable,
    pub(super) atoms: AtomTable,
    pub(super) graph: Graph,
}

/// All buckets, each distinct one once.
#[derive(Debug)]
pub(super) struct Buckets {
    pub(super) distinct: Vec<Faceted>,
    /// For each kind of event the position of its bucket, unless that is empty.
    pub(super) of_kind: Vec<Option<usize>>,
}

impl Buckets {
    /// Sorts conditions into buckets.
    pub(super) fn new(
        checked: &CheckedRuleSet,
        conditions: &[(RuleId, NodeId)],
        kinds: &[Kind<'_>],
        parts: &mut Parts,
    ) -> Result<Self, GraphFull> {
        let mut known: HashMap<Bucket, usize> = HashMap::new();
        let mut distinct = Vec::new();
        let mut of_kind = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let bucket = bucket(*kind, checked, conditions, parts)?;
            if bucket.is_empty() {
                of_kind.push(None);
                continue;
            }
            if let Some(position) = known.get(&bucket) {
                of_kind.push(Some(*position));
                continue;
            }
            of_kind.push(Some(distinct.len()));
            known.insert(bucket.clone(), distinct.len());
            distinct.push(facets::split(bucket, parts)?);
        }
        Ok(Self { distinct, of_kind })
    }

    /// The bucket of a kind of event, given by its position.
    pub(super) fn of(&self, kind: usize) -> Option<&Bucket> {
        let position = self.of_kind.get(kind).copied().flatten()?;
        self.distinct.get(position).map(|faceted| &faceted.bucket)
    }

    /// The conditions of all buckets.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let refined = self.distinct.iter().flat_map(|faceted| &faceted.refined);
        let whole = self.distinct.iter().map(|faceted| &faceted.bucket);
        whole.chain(refined).flatten().map(|(_, node)| *node)
    }
}

fn bucket(
    kind: Kind<'_>,
    checked: &CheckedRuleSet,
    conditions: &[(RuleId, NodeId)],
    parts: &mut Parts,
) -> Result<Bucket, GraphFull> {
    let Parts {
        graph,
        atoms,
        operands,
        ..
    } = parts;
    let never = graph.constant(false)?;
    let known = |atom| decided_before(atoms, operands, atom, kind);
    let mut done = HashMap::new();
    let mut bucket = Vec::new();
    for (rule, condition) in conditions {
        let Some(source) = checked.rules.get(rule.index()) else {
            continue;
        };
        if !kind.concerns(source) {
            continue;
        }
        let condition = graph.specialise(*condition, &known, &mut done)?;
        if condition != never {
            bucket.push((*rule, condition));
        }
    }
    Ok(bucket)
}

/// The sources of rules beside system calls, each once.
pub(super) fn other_sources(checked: &CheckedRuleSet) -> Vec<Arc<str>> {
    let mut sources: Vec<Arc<str>> = checked
        .rules
        .iter()
        .map(|rule| Arc::clone(&rule.source))
        .filter(|source| &**source != SYSCALL_SOURCE)
        .collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// Every kind of event that there is, for these sources beside system calls and these names of
/// captured events.
pub(super) fn kinds<'s>(sources: &'s [Arc<str>], captured: &'s [NameGroup]) -> Vec<Kind<'s>> {
    let rows = ROWS.iter().map(Kind::Row);
    let captured = captured.iter().map(Kind::Captured);
    let others = sources.iter().map(|source| Kind::Source(source));
    // Where no rule is about flows, their kinds would be as many empty buckets.
    let has_flows = sources.iter().any(|source| **source == *FLOW_SOURCE);
    let flows = FlowEventName::all().map(Kind::Flow).filter(|_| has_flows);
    rows.chain(captured)
        .chain([Kind::Unlisted])
        .chain(flows)
        .chain(others)
        .collect()
}

/// Events for which the same rules are tried.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'s> {
    /// Of one row of the event table.
    Row(&'static Row),
    /// Captured by Falco, with one of names that no rule tells apart.
    Captured(&'s NameGroup),
    /// System calls of which nothing is known.
    Unlisted,
    /// What happened to a connection.
    Flow(FlowEventName),
    /// Of another source, which has no types to tell apart; of connections, where the type is not known.
    Source(&'s str),
}

impl Kind<'_> {
    /// Whether the agent reports such events.
    pub(super) fn is_reported(self) -> bool {
        match self {
            Self::Row(_) | Self::Flow(_) => true,
            // What happens to a connection always has a name.
            Self::Source(source) => source != FLOW_SOURCE,
            Self::Captured(_) | Self::Unlisted => false,
        }
    }

    /// The name that all events of the kind have, or one for which the rules hold as for theirs.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Row(row) => Some(row.name),
            Self::Captured(names) => Some(names.representative().as_str()),
            Self::Flow(name) => Some(name.as_str()),
            Self::Unlisted | Self::Source(_) => None,
        }
    }

    /// Whether events of this kind can match a rule, by its source and event types.
    fn concerns(self, rule: &CheckedRule) -> bool {
        let source = match self {
            Self::Row(row) if !is_shown_to_rules(row) => return false,
            Self::Row(_) | Self::Captured(_) | Self::Unlisted => SYSCALL_SOURCE,
            Self::Flow(_) => FLOW_SOURCE,
            Self::Source(source) => source,
        };
        let can_match = |name| rule.event_types.contains(name);
        &*rule.source == source && self.name().is_none_or(can_match)
    }
}

/// What an atom comes to on every event of a kind, where it looks at nothing but the type, at an
/// argument that the type does not have, or at the number, which begins at 1: rules say `evt.num=0`
/// where they mean never.
fn decided_before(
    atoms: &AtomTable,
    operands: &OperandTable,
    atom: AtomId,
    kind: Kind<'_>,
) -> Option<bool> {
    let atom = atoms.get(atom)?;
    let Operand::Field(field) = operands.get(atom.left)? else {
        return None;
    };
    match (name_of(field), &atom.check, kind) {
        (EVENT_NUMBER_FIELD, Check::Constant(_, Comparison::Plain(predicate)), _) => {
            let is_never = matches!(predicate, Predicate::Number(Relation::Equal, 0));
            is_never.then_some(false)
        }
        (EVENT_TYPE_FIELD, Check::Exists, kind) => kind.name().map(|_| true),
        (EVENT_TYPE_FIELD, Check::Constant(_, comparison), kind) => {
            let name = kind.name()?;
            Some(comparison.holds_for_text(name.as_bytes()))
        }
        // A captured event has other arguments than the row with its name.
        (EVENT_ARGUMENT_FIELD, _, Kind::Row(row)) => match &field.argument {
            Some(FieldArgument::Key(name)) if row.slot(name).is_none() => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a field without its argument, which stands in the text after a dot or in brackets.
fn name_of(field: &FieldRef) -> &str {
    let Some(FieldArgument::Key(key)) = &field.argument else {
        return &field.name;
    };
    let before = field.name.trim_end_matches(']').strip_suffix(&**key);
    before.map_or(&*field.name, |name| name.trim_end_matches(['.', '[']))
}
