//! The compiled rules agree with a naive interpreter, and indexed with a linear scan.

use proptest::prelude::*;
use saker_rule_engine::{
    CompileOptions, Evaluation, Explainer, Indexing, Match, Matching, Outcome, PathView, RuleSet,
    Truth,
};
use saker_rule_language::{CheckedRule, CheckedRuleSet, Condition};

#[path = "support/fields.rs"]
mod fields;
#[path = "support/generator.rs"]
mod generator;
#[path = "support/interpreter.rs"]
mod interpreter;

use fields::FIELDS;
use generator::{condition, sample};
use interpreter::{Kleene, Sample, expected, interpret};

fn rules(conditions: &[Condition]) -> CheckedRuleSet {
    CheckedRuleSet::from_iter(conditions.iter().enumerate().map(|(position, condition)| {
        CheckedRule::bare(&format!("rule {position}"), condition.clone())
    }))
}

fn compile(rules: &CheckedRuleSet, matching: Matching, indexing: Indexing) -> RuleSet {
    let options = CompileOptions {
        matching,
        indexing,
        ..CompileOptions::default()
    };
    RuleSet::compile(rules, &options).unwrap()
}

fn fired(rules: &RuleSet, event: &Sample, evaluation: &mut Evaluation) -> Vec<(usize, PathView)> {
    rules
        .evaluate(event, evaluation)
        .iter()
        .map(|Match { rule, view }| (rule.index(), *view))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn compiled_rules_agree_with_the_interpreter(
        conditions in prop::collection::vec(condition(), 1..6),
        events in prop::collection::vec(sample(), 1..5),
    ) {
        assert_eq!(FIELDS.len(), 12);
        let checked = rules(&conditions);
        // One evaluation serves all events and sets, as it does in the agent.
        let mut evaluation = Evaluation::new();
        for matching in [Matching::First, Matching::All] {
            for indexing in [Indexing::Indexed, Indexing::Linear] {
                let compiled = compile(&checked, matching, indexing);
                for event in &events {
                    let found = fired(&compiled, event, &mut evaluation);
                    prop_assert_eq!(found, expected(&conditions, event, matching));
                }
            }
        }
    }

    #[test]
    fn explanations_agree_with_the_engine(
        conditions in prop::collection::vec(condition(), 1..6),
        events in prop::collection::vec(sample(), 1..5),
    ) {
        let checked = rules(&conditions);
        let compiled = compile(&checked, Matching::All, Indexing::Indexed);
        let mut evaluation = Evaluation::new();
        let mut explainer = Explainer::new(CompileOptions::default());
        for event in &events {
            let found = fired(&compiled, event, &mut evaluation);
            let mut explained = Vec::new();
            for (position, rule) in checked.rules.iter().enumerate() {
                let explanation = explainer.explain(rule, event).unwrap();
                if let Outcome::Matches(view) = explanation.outcome {
                    explained.push((position, view));
                    prop_assert_eq!(explanation.flips(), Some(0));
                } else {
                    prop_assert!(explanation.flips() != Some(0));
                }
                for view in &explanation.views {
                    let truth = match interpret(&rule.condition, event, view.view) {
                        Kleene::No => Truth::False,
                        Kleene::Maybe => Truth::Pending,
                        Kleene::Yes => Truth::True,
                    };
                    prop_assert_eq!(view.tree.truth, truth);
                    let decided = view.deciding.and_then(|number| view.tree.comparison(number));
                    prop_assert_eq!(decided.is_some(), view.deciding.is_some());
                }
            }
            prop_assert_eq!(explained, found);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// So many rules that every kind of table and automaton is built.
    #[test]
    fn an_index_over_many_rules_agrees_with_a_linear_scan(
        conditions in prop::collection::vec(condition(), 60..160),
        events in prop::collection::vec(sample(), 1..12),
    ) {
        let checked = rules(&conditions);
        let (mut by_index, mut by_scan) = (Evaluation::new(), Evaluation::new());
        for matching in [Matching::First, Matching::All] {
            let indexed = compile(&checked, matching, Indexing::Indexed);
            let linear = compile(&checked, matching, Indexing::Linear);
            for event in &events {
                let found = fired(&indexed, event, &mut by_index);
                prop_assert_eq!(&found, &fired(&linear, event, &mut by_scan));
                prop_assert_eq!(&found, &expected(&conditions, event, matching));
                prop_assert_eq!(by_index.pending(), by_scan.pending());
            }
        }
    }
}
