//! Policies in Rego: loaded from a folder, checked, and evaluated for events within limits.
//!
//! # Purpose
//!
//! [`PolicySet::load`] reads `*.rego` and `data.json`, `data.yaml` of a folder. [`Judge`] evaluates the rules
//! that decide (`deny`, `violation`, `warn`) for one input and gives a [`Judgment`]. [`run_tests`] runs the
//! rules `test_*` as `opa test` does. What the policies read of the input is known beforehand
//! ([`PolicySet::inputs`]), so that nothing else has to be put together.
//!
//! # Invariants
//!
//! - A set is loaded whole or not at all; the error says file, line and column.
//! - No policy takes longer than [`Limits::time`]; one that would is stopped, and rests for a while.
//! - Recursion, long chains of rules, and functions whose result may be far larger than their arguments are
//!   refused when the set is loaded or when they are called.
//! - Nothing here panics on what a policy or an event says; a panic of the interpreter ends one evaluation.
//!
//! # Example
//!
//! ```
//! use saker_rego_policies::{Event, Judge, Limits, PolicySet, Syntax, Value};
//!
//! let text = r#"package shop
//! deny contains "a shell" if input.proc.name == "sh"
//! "#;
//! let set = PolicySet::of_texts([("shop.rego", text)], Syntax::V1, Limits::default())?;
//! let mut judge = Judge::new(std::sync::Arc::new(set));
//! let input = Value::from_json_str(r#"{"proc": {"name": "sh"}}"#).unwrap();
//! let event = Event { source: "syscall", event_type: Some("execve") };
//! let judgment = judge.evaluate(event, input);
//! assert_eq!(judgment.is_denied(), Some(true));
//! assert_eq!(&*judgment.denials[0].policy, "shop.deny");
//! # Ok::<(), saker_rego_policies::LoadError>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod analysis;
mod dependencies;
mod error;
mod events;
mod folder;
mod guards;
mod judge;
mod judgment;
mod kubernetes;
mod limits;
mod nesting;
mod policy_set;
mod reference;
mod statistics;
mod testing;

pub use error::{LoadError, Place};
pub use events::{Event, EventSelection};
pub use guards::STACK_BYTES_WANTED;
pub use judge::Judge;
pub use judgment::{Finding, Judgment};
pub use kubernetes::{KUBERNETES_PLURALS, Plural, documents};
pub use limits::{Limits, Syntax};
pub use policy_set::{InputPath, PolicySet};
pub use regorus::Value;
pub use statistics::Statistics;
pub use testing::{CoveredFile, Outcome, TestReport, TestResult, TestRun, run_tests};
