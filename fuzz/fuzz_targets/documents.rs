//! Any bytes as events of the Kubernetes audit log, and any text as test cases of rules: what can be read
//! is matched against rules that name every field of its source.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use saker_alert::texts;
use saker_audit_source::{Batch, Limits};
use saker_fuzz::scene::{FIELDS, Scene};
use saker_rule_cases::{Bench, Expectation, parse};
use saker_rule_engine::{CompileOptions, Evaluation, Matching, PathView, RuleSet};
use saker_rule_fields::{FieldRow, K8S_AUDIT_SOURCE, SYSCALL_SOURCE};
use saker_rule_language::{ArgumentRule, LoadOptions, SourceFile, load};

/// Bounds low enough for the fuzzer to reach them.
const LIMITS: Limits = Limits {
    input_bytes_max: 3000,
    event_bytes_max: 1000,
    events_max: 10,
};

/// Rules that fire on every event of their source and print every field of it.
static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let rules = [
        rule(SYSCALL_SOURCE, "evt.num > 0 or proc.name icontains \"A\""),
        rule(
            K8S_AUDIT_SOURCE,
            "jevt.rawtime exists or ka.verb exists or not ka.verb exists",
        ),
    ];
    let file = SourceFile::new("rules.yaml", &rules.concat());
    let loaded = load(&[file], &*FIELDS, &LoadOptions::default());
    let rules = loaded
        .rules
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    RuleSet::compile(&rules, &options).expect("plain comparisons")
});

fn rule(source: &str, condition: &str) -> String {
    let names = |row: &FieldRow| {
        let plain = !matches!(row.argument, ArgumentRule::Required(_));
        plain && row.sources.contains(source)
    };
    let rows = FIELDS.iter().map(|(_, row)| row).filter(|row| names(row));
    let output: Vec<String> = rows.map(|row| format!("%{}", row.name)).collect();
    format!(
        "- rule: {source}\n  desc: d\n  condition: {condition}\n  source: {source}\n  priority: INFO\n  \
         output: '{}'\n",
        output.join(" ")
    )
}

fuzz_target!(|bytes: &[u8]| {
    let body = Batch::from_body(bytes, &LIMITS);
    let lines = Batch::from_lines(bytes, &LIMITS);
    if !bytes.contains(&b'\n') && !bytes.trim_ascii().is_empty() {
        assert_eq!(body.events.len(), lines.events.len());
        assert_eq!(body.errors.len(), lines.errors.len());
    }
    audit(&body);
    audit(&lines);
    if let Ok(text) = std::str::from_utf8(bytes) {
        cases(text);
    }
});

fn audit(batch: &Batch) {
    assert!(batch.events.len() <= LIMITS.events_max);
    for error in &batch.errors {
        assert!(!error.to_string().is_empty());
    }
    let scene = Scene::default();
    let mut evaluation = Evaluation::new();
    for event in &batch.events {
        scene.with_request(event, |context| {
            let event = RULES.event(context);
            let fired = RULES.evaluate(&event, &mut evaluation).first().copied();
            let rule = fired.and_then(|fired| RULES.rule(fired.rule));
            let rule = rule.expect("every event is matched");
            assert!(!texts(&rule.output, &event, PathView::Requested).is_empty());
        });
    }
}

fn cases(text: &str) {
    let file = match parse(Path::new("cases.yaml"), text) {
        Ok(file) => file,
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| !error.to_string().is_empty()));
            return;
        }
    };
    let bench = Bench::new(&RULES);
    for (_, case) in file.cases() {
        // A record may turn out too large to be built.
        if let Ok(outcome) = bench.run(case) {
            let fired: Vec<&str> = outcome.alerts.iter().map(|alert| &*alert.rule).collect();
            let is_expected = matches!(&case.expect, Expectation::Rules(rules) if fired == *rules);
            let passes = is_expected && case.output.is_empty() && case.message.is_none();
            assert!(!passes || outcome.differences.is_empty());
        }
    }
}
