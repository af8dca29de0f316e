//! From checked rules to a [`RuleSet`].

use std::sync::Arc;

use saker_rule_fields::Fields;
use saker_rule_language::{CheckedRule, CheckedRuleSet, Condition, Test};

use super::arrangement::{Arranged, arrange};
use super::buckets::{Bucket, Buckets, Parts, kinds, other_sources};
use super::captured;
use super::{Directory, Rule, RuleId, RuleSet, RuleState};
use crate::atom::AtomTable;
use crate::error::CompileError;
use crate::needs::Asking;
use crate::operand::OperandTable;
use crate::options::CompileOptions;
use crate::probe::Probes;
use crate::program::{Graph, GraphFull, Junction, NodeId, Polarity};
use crate::steps::TooManySteps;

pub(super) fn compile(
    checked: &CheckedRuleSet,
    options: &CompileOptions,
) -> Result<RuleSet, CompileError> {
    let mut compiler = Compiler {
        options,
        parts: Parts {
            fields: Fields::new(),
            operands: OperandTable::default(),
            atoms: AtomTable::default(),
            graph: Graph::default(),
        },
    };
    let mut rules = Vec::with_capacity(checked.rules.len());
    let mut conditions = Vec::new();
    for (position, rule) in checked.rules.iter().enumerate() {
        let id = RuleId::new(position).ok_or(CompileError::too_many("rules"))?;
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
    let mut parts = compiler.parts;
    let names = captured::groups(checked, &parts);
    let kinds = kinds(&sources, &names);
    let buckets = Buckets::new(checked, &conditions, &kinds, &mut parts)?;
    let reported = (0..).zip(&kinds).filter(|(_, kind)| kind.is_reported());
    let reported = reported.filter_map(|(position, _)| buckets.of(position));
    mark_unused(&mut rules, &conditions, reported);
    parts.operands.seal();
    parts.atoms.seal();
    let mut probes = Probes::build(&mut parts.atoms, &parts.operands, &parts.fields, options);
    let Arranged { steps, plans } = arrange(&buckets, &parts, &mut probes)?;
    let Parts {
        fields,
        operands,
        atoms,
        ..
    } = parts;
    Ok(RuleSet {
        asking: Asking::of(checked, &rules, &fields),
        rules,
        matching: options.matching,
        fields,
        operands,
        atoms,
        probes,
        steps,
        plans,
        directory: Directory::new(&kinds, &buckets.of_kind),
        digest: checked.digest,
    })
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

impl From<TooManySteps> for CompileError {
    fn from(TooManySteps: TooManySteps) -> Self {
        CompileError::too_many("parts of conditions")
    }
}

impl From<GraphFull> for CompileError {
    fn from(GraphFull: GraphFull) -> Self {
        CompileError::too_many("conditions")
    }
}

struct Compiler<'o> {
    options: &'o CompileOptions,
    parts: Parts,
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
        Ok(self.parts.graph.join(junction, parts)?)
    }

    fn test(
        &mut self,
        rule: &CheckedRule,
        test: &Test,
        polarity: Polarity,
    ) -> Result<NodeId, CompileError> {
        let atom = self
            .parts
            .atoms
            .intern(
                test,
                &mut self.parts.operands,
                &self.parts.fields,
                &self.options.patterns,
            )
            .map_err(|refusal| refusal.into_error(rule, test))?;
        if self
            .parts
            .atoms
            .get(atom)
            .is_some_and(|atom| atom.check.is_never())
        {
            return Ok(self.parts.graph.constant(polarity == Polarity::Negated)?);
        }
        Ok(self.parts.graph.atom(atom, polarity)?)
    }
}
