//! Conditions of any fields, operators and values: the type checker, the compiler and the evaluation.
//! The compiler must take whatever the checker lets through.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_fuzz::sample::{Condition, rules_file};
use saker_fuzz::scene::{FIELDS, with_open};
use saker_fuzz::{findings, tree};
use saker_rule_engine::{CompileError, CompileOptions, Evaluation, PatternError, RuleSet};
use saker_rule_fields::SYSCALL_SOURCE;
use saker_rule_language::{LoadOptions, SourceFile, check_condition, load, parse_condition};

fuzz_target!(|condition: Condition| {
    let text = condition.0.as_str();
    let checked = match check_condition(text, SYSCALL_SOURCE, &*FIELDS) {
        Ok(checked) => checked,
        Err(errors) => {
            assert!(!errors.is_empty());
            return findings::inspect(&errors, &[SourceFile::new("", text)]);
        }
    };
    findings::inspect(&checked.warnings, &[SourceFile::new("", text)]);
    let parsed = parse_condition(text).expect("it was checked");
    if tree::prints_exactly(&parsed) {
        let again = check_condition(&checked.text, SYSCALL_SOURCE, &*FIELDS)
            .unwrap_or_else(|errors| panic!("{:?} is refused: {errors:?}", checked.text));
        assert_eq!(again.event_types, checked.event_types);
    }
    evaluate(text);
});

fn evaluate(condition: &str) {
    let file = SourceFile::new("rules.yaml", &rules_file([condition]));
    // A condition by itself may leave the event types open; a rule of system calls may not.
    let Some(rules) = load(&[file], &*FIELDS, &LoadOptions::default()).rules else {
        return;
    };
    match RuleSet::compile(&rules, &CompileOptions::default()) {
        Ok(rules) => with_open(|context| {
            let mut evaluation = Evaluation::new();
            rules.evaluate(&rules.event(context), &mut evaluation);
        }),
        Err(CompileError::Pattern {
            source: PatternError::Automaton(_) | PatternError::TooLong { .. },
            ..
        }) => {}
        Err(error) => panic!("the checker let through what does not compile: {error:?}"),
    }
}
