//! Truth values that many rules for a kind of event ask for, such as whether a file was opened for
//! writing.
//!
//! For each combination of their values the conditions are specialised beforehand, as they are for the
//! type of the event: a file that is opened for reading never meets the rules about writing.

use std::collections::{HashMap, HashSet};

use saker_rule_fields::{FieldValue, Plurality};
use saker_rule_language::{FieldType, Operand};

use super::buckets::{Bucket, Parts};
use crate::atom::Check;
use crate::plan::FacetValue;
use crate::program::{AtomId, GraphFull, Node, NodeId, OperandId};

/// Most facets of one kind of event: there are three buckets for one facet, nine for two.
const FACETS_MAX: usize = 2;
/// Fewer rules than this do not make a facet.
const RULES_MIN: usize = 2;
/// The share of the rules that must ask for a facet is one over this.
const SHARE_MIN: usize = 8;

/// A bucket with its facets, and what is left of it for each combination of their values.
#[derive(Debug)]
pub(super) struct Faceted {
    pub(super) bucket: Bucket,
    pub(super) facets: Vec<OperandId>,
    /// In the order of [`FacetValue::combinations`].
    pub(super) refined: Vec<Bucket>,
}

/// Splits a bucket.
pub(super) fn split(bucket: Bucket, parts: &mut Parts) -> Result<Faceted, GraphFull> {
    let facets = facets(&bucket, parts);
    let mut refined = Vec::new();
    if !facets.is_empty() {
        for values in FacetValue::combinations(facets.len()) {
            refined.push(refine(&bucket, &facets, &values, parts)?);
        }
    }
    Ok(Faceted {
        bucket,
        facets,
        refined,
    })
}

/// The truth values that enough rules of the bucket ask for, the most wanted first.
fn facets(bucket: &Bucket, parts: &Parts) -> Vec<OperandId> {
    let mut wanted: HashMap<OperandId, usize> = HashMap::new();
    for (_, node) in bucket {
        for operand in truth_values(*node, parts) {
            let count = wanted.entry(operand).or_insert(0);
            *count = count.saturating_add(1);
        }
    }
    let rules_min = bucket
        .len()
        .checked_div(SHARE_MIN)
        .map_or(RULES_MIN, |share| share.max(RULES_MIN));
    let mut facets: Vec<(OperandId, usize)> = wanted
        .into_iter()
        .filter(|(_, rules)| *rules >= rules_min)
        .collect();
    facets.sort_unstable_by_key(|(operand, rules)| (std::cmp::Reverse(*rules), *operand));
    facets.truncate(FACETS_MAX);
    facets.into_iter().map(|(operand, _)| operand).collect()
}

/// The truth values that a condition asks for.
fn truth_values(root: NodeId, parts: &Parts) -> HashSet<OperandId> {
    let Parts {
        fields,
        operands,
        atoms,
        graph,
    } = parts;
    let is_truth_value = |operand: OperandId| match operands.get(operand) {
        Some(Operand::Field(field)) => {
            let is_single = fields
                .row(field.id)
                .is_none_or(|row| row.plurality == Plurality::One);
            is_single && field.value_type == FieldType::Bool
        }
        _ => false,
    };
    let mut found = HashSet::new();
    let mut seen = HashSet::new();
    let mut to_visit = vec![root];
    while let Some(node) = to_visit.pop() {
        if !seen.insert(node) {
            continue;
        }
        match graph.node(node) {
            Some(Node::All(parts) | Node::Any(parts)) => to_visit.extend_from_slice(parts),
            Some(Node::Atom(atom, _)) => {
                let left = atoms.get(*atom).map(|atom| atom.left);
                found.extend(left.filter(|left| is_truth_value(*left)));
            }
            _ => {}
        }
    }
    found
}

fn refine(
    bucket: &Bucket,
    facets: &[OperandId],
    values: &[FacetValue],
    parts: &mut Parts,
) -> Result<Bucket, GraphFull> {
    let Parts { graph, atoms, .. } = parts;
    let never = graph.constant(false)?;
    let known = |atom: AtomId| {
        let atom = atoms.get(atom)?;
        let position = facets.iter().position(|facet| *facet == atom.left)?;
        let value = values.get(position)?;
        match (&atom.check, value) {
            (Check::Operand(..), _) => None,
            (_, FacetValue::Missing) => Some(false),
            (Check::Exists, _) => Some(true),
            (Check::Constant(_, comparison), value) => {
                let truth = FieldValue::Bool(*value == FacetValue::True);
                Some(comparison.holds(&truth))
            }
        }
    };
    let mut done = HashMap::new();
    let mut refined = Vec::new();
    for (rule, node) in bucket {
        let condition = graph.specialise(*node, &known, &mut done)?;
        if condition != never {
            refined.push((*rule, condition));
        }
    }
    Ok(refined)
}
