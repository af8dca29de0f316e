//! Whom rules ask beside the event: runtimes and the cluster.

use saker_rule_fields::{Fields, Needs};
use saker_rule_language::{
    CheckedRuleSet, Condition, Operand, Right, Template, TemplatePart, TransformArgument,
};

use crate::rule_set::{Rule, RuleId, RuleState};

/// Whom the rules of a set ask.
#[derive(Debug)]
pub(crate) struct Asking {
    needs: Needs,
    /// For each rule the values of its output that somebody has to be asked for.
    outputs: Vec<Box<[Operand]>>,
}

impl Asking {
    /// Of rules that are compiled; those that do not take part ask nobody.
    pub(crate) fn of(checked: &CheckedRuleSet, rules: &[Rule], fields: &Fields) -> Self {
        let mut needs = Needs::NOTHING;
        let mut outputs = Vec::with_capacity(rules.len());
        for (rule, compiled) in checked.rules.iter().zip(rules) {
            if compiled.state != RuleState::Enabled {
                outputs.push(Box::default());
                continue;
            }
            needs = needs.with(of_condition(&rule.condition, fields));
            let asking = |operand: &&Operand| !of_operand(operand, fields).is_nothing();
            let output: Box<[Operand]> = operands(&rule.output).filter(asking).cloned().collect();
            needs = output
                .iter()
                .map(|operand| of_operand(operand, fields))
                .fold(needs, Needs::with);
            outputs.push(output);
        }
        Self { needs, outputs }
    }

    pub(crate) const fn needs(&self) -> Needs {
        self.needs
    }

    /// The values of a rule's output that somebody has to be asked for.
    pub(crate) fn output(&self, rule: RuleId) -> &[Operand] {
        self.outputs
            .get(rule.index())
            .map(|operands| &**operands)
            .unwrap_or_default()
    }
}

fn operands(output: &Template) -> impl Iterator<Item = &Operand> {
    output.parts.iter().filter_map(|part| match part {
        TemplatePart::Token(token) => Some(&token.operand),
        TemplatePart::Text(_) => None,
    })
}

/// The recursion is bounded by the nesting of conditions.
fn of_condition(condition: &Condition, fields: &Fields) -> Needs {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts
            .iter()
            .map(|part| of_condition(part, fields))
            .fold(Needs::NOTHING, Needs::with),
        Condition::Not(inner) => of_condition(inner, fields),
        Condition::Test(test) => {
            let left = of_operand(&test.left, fields);
            match &test.right {
                Right::Operand(right) => left.with(of_operand(right, fields)),
                Right::None | Right::Values(_) => left,
            }
        }
    }
}

fn of_operand(operand: &Operand, fields: &Fields) -> Needs {
    match operand {
        Operand::Field(field) => fields
            .row(field.id)
            .map_or(Needs::NOTHING, |row| row.needs()),
        Operand::Transform(transform) => of_arguments(&transform.arguments, fields),
    }
}

fn of_arguments(arguments: &[TransformArgument], fields: &Fields) -> Needs {
    arguments
        .iter()
        .map(|argument| match argument {
            TransformArgument::Operand(operand) => of_operand(operand, fields),
            TransformArgument::List(inner) => of_arguments(inner, fields),
            TransformArgument::Text(_) => Needs::NOTHING,
        })
        .fold(Needs::NOTHING, Needs::with)
}
