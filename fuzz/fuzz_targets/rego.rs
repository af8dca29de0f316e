//! A text as a policy in Rego, and after a zero byte an input for it: neither makes the interpreter panic, run on or
//! grow without bound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_rego_policies::{Event, Judge, Limits, PolicySet, Syntax, Value};
use saker_rule_fields::{Fields, RegoPolicies};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Far more than an evaluation may take, since a fuzzer's build is slow.
const PATIENCE: Duration = Duration::from_secs(5);

fuzz_target!(|text: &str| {
    let (policy, input) = text.split_once('\0').unwrap_or((text, "{}"));
    for syntax in [Syntax::V1, Syntax::V0] {
        let set = match PolicySet::of_texts([("p.rego", policy)], syntax, Limits::default()) {
            Ok(set) => set,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let policies = match RegoPolicies::new(set, &Fields::new()) {
            Ok(policies) => policies,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let Ok(input) = Value::from_json_str(input) else {
            continue;
        };
        let mut judge = Judge::new(Arc::clone(policies.set()));
        for event_type in ["execve", "openat"] {
            let event = Event {
                source: "syscall",
                event_type: Some(event_type),
            };
            let began = Instant::now();
            let judgment = judge.evaluate(event, input.clone());
            assert!(began.elapsed() < PATIENCE);
            let limits = Limits::default();
            assert!(judgment.denials.len() <= limits.messages);
            let messages = judgment.denials.iter().chain(&judgment.warnings);
            for found in messages {
                assert!(found.message.len() <= limits.message_bytes.max(found.policy.len()));
            }
        }
    }
});
