//! Alerts on the audit log of Kubernetes: rules, events, and how often which rule fires.

use std::collections::BTreeMap;

use saker_audit_source::{Batch, Limits};
use saker_event_decode::WallClock;
use saker_process_state::Users;
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::{
    EventContext, Fields, Host, Payload, Scratch, Surroundings, builtin_plugins,
};
use saker_rule_language::{LoadOptions, Priority, SourceFile, load};
use serde_json::Value;

use crate::data::{AUDIT_KIND, Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `k8saudit`: `{events, rules, expect_rule_counts, expect_detections, expect_priority}`.
pub(crate) fn check(suite: &Suite, case: &Case) -> Outcome {
    let fired =
        fired(suite, case).map_err(|error| Mismatch::new("the events to be judged", error))?;
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (rule, _) in &fired {
        *counts.entry(rule).or_default() += 1;
    }
    let wanted = case.get("expect_rule_counts").as_object();
    for (rule, wanted) in wanted.into_iter().flatten() {
        let found = counts.get(rule.as_str()).copied().unwrap_or(0);
        if wanted.as_u64() != Some(found) {
            return Err(Mismatch::new(format!("{wanted} alerts of {rule}"), found));
        }
    }
    let has_fired = !fired.is_empty();
    if case.truth("expect_detections")? != has_fired {
        return Err(Mismatch::new(format!("alerts: {}", !has_fired), has_fired));
    }
    for wanted in strings(case.get("expect_priority")) {
        let is_of = |(_, priority): &(String, Priority)| {
            priority.to_string().to_uppercase().starts_with(wanted)
        };
        if !fired.iter().any(is_of) {
            return Err(Mismatch::new(
                format!("an alert of priority {wanted}"),
                fired.len(),
            ));
        }
    }
    Ok(())
}

/// The rules that fired, each time that they did.
fn fired(suite: &Suite, case: &Case) -> Result<Vec<(String, Priority)>, String> {
    let text = |name: &str| {
        let text = suite.folder.text(&format!("{AUDIT_KIND}/{name}"));
        text.map_err(|error| format!("{error:#}"))
    };
    let mut files = Vec::new();
    for name in strings(case.get("rules")) {
        files.push(SourceFile::new(name, &text(name)?));
    }
    let options = LoadOptions {
        plugins: Some(builtin_plugins()),
        ..LoadOptions::default()
    };
    let loaded = load(&files, &Fields::new(), &options);
    let checked = loaded
        .rules
        .ok_or_else(|| super::listing(&loaded.diagnostics))?;
    let rules = RuleSet::compile(&checked, &CompileOptions::default())
        .map_err(|error| error.to_string())?;
    let host = Host::new("test", Users::new(std::path::Path::new("/nonexistent")));
    let scratch = Scratch::new();
    let surroundings = Surroundings {
        processes: None,
        clock: &WallClock::default(),
        host: &host,
        scratch: &scratch,
    };
    let mut evaluation = Evaluation::new();
    let mut fired = Vec::new();
    for name in strings(case.get("events")) {
        // What is no event raises nothing, and a test of Falco's says so.
        let batch = Batch::from_lines(text(name)?.as_bytes(), &Limits::default());
        for (event, number) in batch.events.iter().zip(1..) {
            let context = EventContext::new(Payload::K8sAudit(event), None, surroundings, number);
            let event = rules.event(&context);
            let found = rules.evaluate(&event, &mut evaluation).iter();
            let found = found.filter_map(|found| rules.rule(found.rule));
            fired.extend(found.map(|rule| (rule.name.to_string(), rule.priority)));
        }
    }
    Ok(fired)
}

fn strings(value: &Value) -> Vec<&str> {
    let elements = value.as_array().map_or(&[][..], Vec::as_slice);
    elements.iter().filter_map(Value::as_str).collect()
}
