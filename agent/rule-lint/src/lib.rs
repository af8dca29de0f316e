//! Hints about rules that load and do not do what they look like.
//!
//! # Purpose
//!
//! ```text
//! CheckedRuleSet -> lint -> hints
//! ```
//!
//! Each [`HintCode`] is one kind of hint. Conditions are brought to negation normal form
//! (`normal`); what two comparisons of one field say of each other is worked out from the
//! sets of values that pass them (`values`).
//!
//! # Invariants
//!
//! - A hint is certain: where the linter cannot tell, it says nothing. A missing value makes every
//!   comparison false, so `not a = 1` does not say that `a` has a value; a field with several values can
//!   pass `a = 1` and `a = 2`.
//! - Hostile rules cost bounded time: comparisons are counted, and [`Lints::complete`] says whether the
//!   count sufficed.
//!
//! ```
//! use saker_rule_fields::Fields;
//! use saker_rule_language::{LoadOptions, SourceFile, load};
//! use saker_rule_lint::{HintCode, LintOptions, lint};
//!
//! let source = SourceFile::new("rules.yaml", r"
//! - rule: Two names at once
//!   desc: It never fires.
//!   condition: evt.type = open and proc.name = cat and proc.name = dog
//!   output: read (file=%fd.name)
//!   priority: WARNING
//! ");
//! let fields = Fields::new();
//! let sources = [source];
//! let rules = load(&sources, &fields, &LoadOptions::default()).rules.ok_or("the rules have errors")?;
//! let lints = lint(&rules, &sources, &fields, &LintOptions::default());
//! assert_eq!(lints.hints[0].code, HintCode::NeverTrue);
//! # Ok::<(), &str>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod budget;
mod display;
mod earlier;
mod fact;
mod hint;
mod implication;
mod normal;
mod patterns;
mod rules;
mod tautology;
mod truth;
mod values;

pub use hint::{Hint, HintCode};
pub use rules::{LintOptions, Lints, lint};
