//! From checked rules to a [`RuleSet`].

use std::collections::HashMap;
use std::sync::Arc;

use saker_event_schema::{ROWS, Row};
use saker_rule_fields::{Fields, SYSCALL_SOURCE};
use saker_rule_language::{CheckedRule, CheckedRuleSet, Condition, FieldArgument, Operand, Test};

use super::facets::{self, Faceted};
use super::{Directory, Rule, RuleId, RuleSet, RuleState};
use crate::atom::{AtomTable, Check, Refusal};
use crate::error::CompileError;
use crate::estimate::Estimates;
use crate::operand::OperandTable;
use crate::options::CompileOptions;
use crate::plan::{self, Candidate, Guards, Plan};
use crate::predicate::{Comparison, Failure, Predicate, Relation};
use crate::probe::Probes;
use crate::program::{AtomId, Graph, GraphFull, Junction, NodeId, Polarity};
use crate::steps::{Steps, StepsBuilder, TooManySteps};

/// The field whose value a bucket knows beforehand.
const EVENT_TYPE_FIELD: &str = "evt.type";
/// The field that looks at one argument.
const EVENT_ARGUMENT_FIELD: &str = "evt.arg";
/// The field that is never 0.
const EVENT_NUMBER_FIELD: &str = "evt.num";

/// Most distinct nodes, atoms or operands.
const ENTRIES_MAX: usize = 0xffff_ffff;

pub(super) fn compile(
    checked: &CheckedRuleSet,
    options: &CompileOptions,
) -> Result<RuleSet, CompileError> {
    let mut compiler = Compiler {
        options,
        fields: Fields::new(),
        operands: OperandTable::default(),
        atoms: AtomTable::default(),
        graph: Graph::default(),
    };
    let mut rules = Vec::with_capacity(checked.rules.len());
    let mut conditions = Vec::new();
    for (position, rule) in checked.rules.iter().enumerate() {
        let id = RuleId::new(position).ok_or(too_many("rules"))?;
        let state = initial_state(rule, options);
        if state == RuleState::Enabled {
            conditions.push((
                id,
                compiler.condition(rule, &rule.condition, Polarity::Plain)?,
            ));
        }
        rules.push(describe(rule, state));
    }
    let sources = other_sources(checked);
    let rows = ROWS.iter().map(Kind::Row);
    let others = sources.iter().map(|source| Kind::Source(source));
    let kinds: Vec<Kind<'_>> = rows.chain([Kind::Unlisted]).chain(others).collect();
    let buckets = compiler.buckets(checked, &conditions, &kinds)?;
    let emitted = kinds
        .iter()
        .zip(&buckets)
        .filter(|(kind, _)| !matches!(kind, Kind::Unlisted));
    mark_unused(&mut rules, &conditions, emitted.map(|(_, bucket)| bucket));
    let buckets = Buckets::new(buckets, &mut compiler)?;
    let Compiler {
        fields,
        mut operands,
        mut atoms,
        graph,
        ..
    } = compiler;
    operands.seal();
    atoms.seal();
    let probes = Probes::build(&mut atoms, &operands, &fields, options);
    let parts = Parts {
        graph: &graph,
        atoms: &atoms,
        operands: &operands,
        probes: &probes,
        fields: &fields,
    };
    let Arranged { steps, plans } = arrange(&buckets, &parts)?;
    let directory = Directory::new(&kinds, &buckets.of_kind);
    Ok(RuleSet {
        rules,
        matching: options.matching,
        fields,
        operands,
        atoms,
        probes,
        steps,
        plans,
        directory,
        digest: checked.digest,
    })
}

/// The rules of one type of event, each with the node of what is left of its condition.
pub(super) type Bucket = Vec<(RuleId, NodeId)>;

/// The sources of rules beside system calls, each once.
fn other_sources(checked: &CheckedRuleSet) -> Vec<Arc<str>> {
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

impl Directory {
    /// Enters the plan of each kind.
    fn new(kinds: &[Kind<'_>], plans: &[Option<usize>]) -> Self {
        let mut directory = Self::default();
        for (kind, plan) in kinds.iter().zip(plans) {
            match kind {
                Kind::Row(row) => {
                    let index = row.id.index();
                    if directory.of_event.len() <= index {
                        directory.of_event.resize(index.saturating_add(1), None);
                    }
                    if let Some(place) = directory.of_event.get_mut(index) {
                        *place = Some(*plan);
                    }
                }
                Kind::Unlisted => directory.of_unlisted = *plan,
                Kind::Source(source) => directory.of_source.push((Arc::from(*source), *plan)),
            }
        }
        directory
    }
}

/// Marks the rules that are in no bucket.
fn mark_unused<'b>(
    rules: &mut [Rule],
    conditions: &[(RuleId, NodeId)],
    buckets: impl Iterator<Item = &'b Bucket>,
) {
    let mut is_used = vec![false; rules.len()];
    for (rule, _) in buckets.flatten() {
        if let Some(mark) = is_used.get_mut(rule.index()) {
            *mark = true;
        }
    }
    for (id, _) in conditions {
        if let (Some(false), Some(rule)) = (is_used.get(id.index()), rules.get_mut(id.index())) {
            rule.state = RuleState::NeverMatches;
        }
    }
}

/// What conditions are made of.
struct Parts<'t> {
    graph: &'t Graph,
    atoms: &'t AtomTable,
    operands: &'t OperandTable,
    probes: &'t Probes,
    fields: &'t Fields,
}

/// All buckets, each distinct one once.
struct Buckets {
    distinct: Vec<Faceted>,
    /// For each kind of event the position of its bucket, unless that is empty.
    of_kind: Vec<Option<usize>>,
}

impl Buckets {
    fn new(of_kinds: Vec<Bucket>, compiler: &mut Compiler<'_>) -> Result<Self, CompileError> {
        let mut known: HashMap<Bucket, usize> = HashMap::new();
        let mut distinct = Vec::new();
        let mut of_kind = Vec::with_capacity(of_kinds.len());
        for bucket in of_kinds {
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
            let Compiler {
                graph,
                atoms,
                operands,
                fields,
                ..
            } = &mut *compiler;
            distinct.push(facets::split(bucket, graph, atoms, operands, fields)?);
        }
        Ok(Self { distinct, of_kind })
    }

    /// The conditions of all buckets.
    fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let refined = self.distinct.iter().flat_map(|faceted| &faceted.refined);
        let whole = self.distinct.iter().map(|faceted| &faceted.bucket);
        whole.chain(refined).flatten().map(|(_, node)| *node)
    }
}

struct Arranged {
    steps: Steps,
    plans: Vec<Plan>,
}

/// Makes plans: first those of the whole buckets, at the same positions, then the refined ones.
fn arrange(buckets: &Buckets, parts: &Parts<'_>) -> Result<Arranged, CompileError> {
    let mut estimates = Estimates::new(parts.graph, parts.atoms, parts.operands, parts.fields);
    let mut steps = StepsBuilder::new(&mut estimates, buckets.nodes());
    let mut guards = Guards::new(parts.graph, parts.atoms, parts.probes);
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

fn initial_state(rule: &CheckedRule, options: &CompileOptions) -> RuleState {
    let is_urgent_enough = options
        .minimum_priority
        .is_none_or(|minimum| rule.priority <= minimum);
    if rule.enabled && is_urgent_enough {
        RuleState::Enabled
    } else {
        RuleState::Disabled
    }
}

fn describe(rule: &CheckedRule, state: RuleState) -> Rule {
    Rule {
        name: Arc::clone(&rule.name),
        description: Arc::clone(&rule.description),
        output: rule.output.clone(),
        priority: rule.priority,
        tags: rule.tags.clone().into(),
        source: Arc::clone(&rule.source),
        state,
        capture: rule.capture,
        digest: rule.digest,
        condition_text: Arc::clone(&rule.condition_text),
    }
}

fn too_many(what: &'static str) -> CompileError {
    CompileError::TooMany {
        what,
        limit: ENTRIES_MAX,
    }
}

impl From<TooManySteps> for CompileError {
    fn from(TooManySteps: TooManySteps) -> Self {
        too_many("parts of conditions")
    }
}

impl From<GraphFull> for CompileError {
    fn from(GraphFull: GraphFull) -> Self {
        too_many("conditions")
    }
}

struct Compiler<'o> {
    options: &'o CompileOptions,
    fields: Fields,
    operands: OperandTable,
    atoms: AtomTable,
    graph: Graph,
}

impl Compiler<'_> {
    /// Enters a condition in negation normal form. The checker bounds its nesting.
    fn condition(
        &mut self,
        rule: &CheckedRule,
        condition: &Condition,
        polarity: Polarity,
    ) -> Result<NodeId, CompileError> {
        let (junction, parts) = match (condition, polarity) {
            (Condition::And(parts), Polarity::Plain)
            | (Condition::Or(parts), Polarity::Negated) => (Junction::All, parts),
            (Condition::Or(parts), Polarity::Plain)
            | (Condition::And(parts), Polarity::Negated) => (Junction::Any, parts),
            (Condition::Not(inner), _) => {
                return self.condition(rule, inner, polarity.inverted());
            }
            (Condition::Test(test), _) => return self.test(rule, test, polarity),
        };
        let parts = parts
            .iter()
            .map(|part| self.condition(rule, part, polarity))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self.graph.join(junction, parts)?)
    }

    fn test(
        &mut self,
        rule: &CheckedRule,
        test: &Test,
        polarity: Polarity,
    ) -> Result<NodeId, CompileError> {
        let field = || Arc::from(test.left.text());
        let atom = self
            .atoms
            .intern(
                test,
                &mut self.operands,
                &self.fields,
                &self.options.patterns,
            )
            .map_err(|refusal| match refusal {
                Refusal::Full => too_many("comparisons"),
                Refusal::Right(Failure::Mismatch) => CompileError::Mismatch {
                    rule: Arc::clone(&rule.name),
                    field: field(),
                    operator: test.operator.name(),
                },
                Refusal::Right(Failure::Pattern { pattern, source }) => CompileError::Pattern {
                    rule: Arc::clone(&rule.name),
                    field: field(),
                    pattern,
                    source,
                },
            })?;
        if self
            .atoms
            .get(atom)
            .is_some_and(|atom| atom.check.is_never())
        {
            return Ok(self.graph.constant(polarity == Polarity::Negated)?);
        }
        Ok(self.graph.atom(atom, polarity)?)
    }

    /// For each kind of event, the conditions with what the kind decides taken out.
    fn buckets(
        &mut self,
        checked: &CheckedRuleSet,
        conditions: &[(RuleId, NodeId)],
        kinds: &[Kind<'_>],
    ) -> Result<Vec<Bucket>, CompileError> {
        kinds
            .iter()
            .map(|kind| self.bucket(*kind, checked, conditions))
            .collect()
    }

    fn bucket(
        &mut self,
        kind: Kind<'_>,
        checked: &CheckedRuleSet,
        conditions: &[(RuleId, NodeId)],
    ) -> Result<Bucket, CompileError> {
        let never = self.graph.constant(false)?;
        let (atoms, operands) = (&self.atoms, &self.operands);
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
            let condition = self.graph.specialise(*condition, &known, &mut done)?;
            if condition != never {
                bucket.push((*rule, condition));
            }
        }
        Ok(bucket)
    }
}

/// Events for which the same rules are tried.
#[derive(Clone, Copy)]
enum Kind<'s> {
    /// Of one row of the event table.
    Row(&'static Row),
    /// System calls that the event table does not have, from a capture.
    Unlisted,
    /// Of another source, which has no types to tell apart.
    Source(&'s str),
}

impl Kind<'_> {
    /// Whether events of this kind can match a rule, by its source and event types.
    fn concerns(self, rule: &CheckedRule) -> bool {
        match self {
            Self::Row(row) => {
                &*rule.source == SYSCALL_SOURCE && rule.event_types.contains(row.name)
            }
            Self::Unlisted => &*rule.source == SYSCALL_SOURCE,
            Self::Source(source) => &*rule.source == source,
        }
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
    match (&*field.name, &atom.check, kind) {
        (EVENT_NUMBER_FIELD, Check::Constant(_, Comparison::Plain(predicate)), _) => {
            let is_never = matches!(predicate, Predicate::Number(Relation::Equal, 0));
            is_never.then_some(false)
        }
        (EVENT_TYPE_FIELD, Check::Exists, Kind::Row(_)) => Some(true),
        (EVENT_TYPE_FIELD, Check::Constant(_, comparison), Kind::Row(row)) => {
            Some(comparison.holds_for_text(row.name.as_bytes()))
        }
        (EVENT_ARGUMENT_FIELD, _, Kind::Row(row)) => match &field.argument {
            Some(FieldArgument::Key(name)) if row.slot(name).is_none() => Some(false),
            _ => None,
        },
        _ => None,
    }
}
