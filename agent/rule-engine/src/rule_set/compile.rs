//! From checked rules to a [`RuleSet`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use saker_event_schema::{ROWS, Row};
use saker_rule_fields::{Fields, SYSCALL_SOURCE};
use saker_rule_language::{CheckedRule, CheckedRuleSet, Condition, Operand, Test};

use super::{Candidate, Rule, RuleId, RuleSet, RuleState};
use crate::atom::{AtomTable, Check, Refusal};
use crate::error::CompileError;
use crate::operand::OperandTable;
use crate::options::CompileOptions;
use crate::predicate::Failure;
use crate::program::{AtomId, Graph, GraphFull, Junction, NodeId, Polarity};

/// The field whose value a bucket knows beforehand.
const EVENT_TYPE_FIELD: &str = "evt.type";

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
    let buckets = compiler.buckets(checked, &conditions)?;
    let other_sources = compiler.other_sources(checked, &conditions)?;
    for (id, _) in conditions {
        let is_used = buckets
            .iter()
            .chain(other_sources.values())
            .any(|bucket| bucket.iter().any(|candidate| candidate.rule == id));
        if let (false, Some(rule)) = (is_used, rules.get_mut(id.index())) {
            rule.state = RuleState::NeverMatches;
        }
    }
    let Compiler {
        fields,
        mut operands,
        mut atoms,
        mut graph,
        ..
    } = compiler;
    operands.seal();
    atoms.seal();
    graph.seal();
    Ok(RuleSet {
        rules,
        matching: options.matching,
        fields,
        operands,
        atoms,
        graph,
        buckets,
        other_sources,
        digest: checked.digest,
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

    /// For each event type, the conditions with what the type decides taken out.
    fn buckets(
        &mut self,
        checked: &CheckedRuleSet,
        conditions: &[(RuleId, NodeId)],
    ) -> Result<Vec<Box<[Candidate]>>, CompileError> {
        let length = ROWS
            .iter()
            .map(|row| row.id.index())
            .max()
            .map_or(0, |last| last.saturating_add(1));
        let mut buckets: Vec<Box<[Candidate]>> = vec![Box::default(); length];
        for row in ROWS {
            let bucket = self.bucket(row, checked, conditions)?;
            if let Some(place) = buckets.get_mut(row.id.index()) {
                *place = bucket;
            }
        }
        Ok(buckets)
    }

    /// For each other source, the rules that are not false at once.
    fn other_sources(
        &mut self,
        checked: &CheckedRuleSet,
        conditions: &[(RuleId, NodeId)],
    ) -> Result<BTreeMap<Arc<str>, Box<[Candidate]>>, CompileError> {
        let never = self.graph.constant(false)?;
        let mut sources: BTreeMap<Arc<str>, Vec<Candidate>> = BTreeMap::new();
        for (rule, condition) in conditions {
            let source = checked.rules.get(rule.index()).map(|rule| &rule.source);
            if let Some(source) = source.filter(|source| ***source != *SYSCALL_SOURCE)
                && *condition != never
            {
                let bucket = sources.entry(Arc::clone(source)).or_default();
                bucket.push(Candidate {
                    rule: *rule,
                    condition: *condition,
                });
            }
        }
        Ok(sources
            .into_iter()
            .map(|(source, bucket)| (source, bucket.into()))
            .collect())
    }

    fn bucket(
        &mut self,
        row: &Row,
        checked: &CheckedRuleSet,
        conditions: &[(RuleId, NodeId)],
    ) -> Result<Box<[Candidate]>, CompileError> {
        let never = self.graph.constant(false)?;
        let (atoms, operands) = (&self.atoms, &self.operands);
        let known = |atom| decided_by_type(atoms, operands, atom, row.name);
        let mut done = HashMap::new();
        let mut bucket = Vec::new();
        for (rule, condition) in conditions {
            let Some(source) = checked.rules.get(rule.index()) else {
                continue;
            };
            if &*source.source != SYSCALL_SOURCE || !source.event_types.contains(row.name) {
                continue;
            }
            let condition = self.graph.specialise(*condition, &known, &mut done)?;
            if condition != never {
                bucket.push(Candidate {
                    rule: *rule,
                    condition,
                });
            }
        }
        Ok(bucket.into())
    }
}

/// What an atom comes to on every event of a type, where it looks at nothing but the type.
fn decided_by_type(
    atoms: &AtomTable,
    operands: &OperandTable,
    atom: AtomId,
    event_type: &str,
) -> Option<bool> {
    let atom = atoms.get(atom)?;
    let Operand::Field(field) = operands.get(atom.left)? else {
        return None;
    };
    if &*field.name != EVENT_TYPE_FIELD {
        return None;
    }
    match &atom.check {
        Check::Exists => Some(true),
        Check::Constant(_, comparison) => Some(comparison.holds_for_text(event_type.as_bytes())),
        Check::Operand(..) => None,
    }
}
