//! From buckets to plans.

use std::collections::HashMap;
use std::sync::Arc;

use saker_rule_fields::EVENT_NAMES;

use super::Directory;
use super::buckets::{Bucket, Buckets, Kind, Parts};
use crate::estimate::Estimates;
use crate::plan::{self, Candidate, Guards, Plan};
use crate::probe::Probes;
use crate::steps::{Steps, StepsBuilder, TooManySteps};

/// Plans and what they refer to.
pub(super) struct Arranged {
    pub(super) steps: Steps,
    pub(super) plans: Vec<Plan>,
}

/// Makes plans: first those of the whole buckets, at the same positions, then the refined ones.
pub(super) fn arrange(
    buckets: &Buckets,
    parts: &Parts,
    probes: &mut Probes,
) -> Result<Arranged, TooManySteps> {
    let Parts {
        graph,
        atoms,
        operands,
        fields,
    } = parts;
    let mut estimates = Estimates::new(graph, atoms, operands, fields);
    let mut steps = StepsBuilder::new(&mut estimates, buckets.nodes());
    let mut guards = Guards::new(graph, atoms, probes);
    let mut plan_of = |bucket: &Bucket| {
        let candidates = bucket
            .iter()
            .map(|(rule, node)| {
                let condition = steps.step(*node)?;
                let rule = *rule;
                Ok((Candidate { rule, condition }, *node))
            })
            .collect::<Result<Vec<_>, TooManySteps>>()?;
        Ok::<Plan, TooManySteps>(plan::arrange(candidates, &mut guards))
    };
    let mut plans = Vec::new();
    for faceted in &buckets.distinct {
        plans.push(plan_of(&faceted.bucket)?);
    }
    let mut refined_plans: HashMap<&Bucket, usize> = HashMap::new();
    for (position, faceted) in buckets.distinct.iter().enumerate() {
        let mut refined = Vec::with_capacity(faceted.refined.len());
        for bucket in &faceted.refined {
            let known = refined_plans.get(bucket).copied();
            refined.push(match known {
                _ if bucket.is_empty() => None,
                Some(known) => Some(known),
                None => {
                    plans.push(plan_of(bucket)?);
                    let added = plans.len().saturating_sub(1);
                    refined_plans.insert(bucket, added);
                    Some(added)
                }
            });
        }
        if let Some(plan) = plans.get_mut(position) {
            plan.facets = faceted.facets.clone().into();
            plan.refined = refined.into();
        }
    }
    Ok(Arranged {
        steps: steps.finish(),
        plans,
    })
}

impl Directory {
    /// Enters the plan of each kind.
    pub(super) fn new(kinds: &[Kind<'_>], plans: &[Option<usize>]) -> Self {
        let of_unlisted = kinds.iter().zip(plans);
        let of_unlisted = of_unlisted.filter(|(kind, _)| matches!(kind, Kind::Unlisted));
        let of_unlisted = of_unlisted.filter_map(|(_, plan)| *plan).next();
        let mut directory = Self {
            of_captured: vec![None; EVENT_NAMES.len()],
            of_unlisted,
            ..Self::default()
        };
        for (kind, plan) in kinds.iter().zip(plans) {
            match kind {
                Kind::Row(row) => {
                    let index = row.id.index();
                    if directory.of_event.len() <= index {
                        // Ids that the table leaves out are of calls of which nothing is known.
                        let length = index.saturating_add(1);
                        directory.of_event.resize(length, of_unlisted);
                    }
                    if let Some(place) = directory.of_event.get_mut(index) {
                        *place = *plan;
                    }
                }
                Kind::Captured(names) => {
                    for name in names.iter() {
                        if let Some(place) = directory.of_captured.get_mut(name.index()) {
                            *place = *plan;
                        }
                    }
                }
                Kind::Flow(name) => directory.of_flow.push((*name, *plan)),
                Kind::Unlisted => {}
                Kind::Source(source) => directory.of_source.push((Arc::from(*source), *plan)),
            }
        }
        directory
    }
}
