//! Compiles checked rules and evaluates them on events.
//!
//! # Purpose
//!
//! The stages are types:
//!
//! ```text
//! CheckedRuleSet -> RuleSet::compile -> RuleSet::evaluate(event, &mut Evaluation) -> matches
//! ```
//!
//! Compiling brings every condition to negation normal form and shares equal parts between all rules:
//! comparisons are entered once in an atom table, conditions once in a graph of nodes. For each kind of
//! event there is a bucket with the rules that can match it, from which what the kind decides is taken
//! out: its type, and truth values that many rules ask for. A bucket becomes a *plan*. Captured events
//! have kinds of their own, by their names: their arguments are others than those of the event table.
//!
//! The work for an event follows the event, not the number of rules:
//!
//! - Comparisons of one value that ask the same kind of question share a *probe*: a hash table (equal to,
//!   path prefix, number, address) or an automaton (begins with, ends with, contains; a pattern by a text
//!   that all its matches have). One look names all that hold.
//! - A rule is tried only if a comparison that its condition implies was named (its *guard*).
//! - What is left is decided in an order that tries cheap and telling parts first; each comparison is
//!   decided and each field read at most once for an event.
//!
//! # Invariants
//!
//! - A missing field makes every comparison false: `not a=b` is true then, `a!=b` is false.
//! - A pending field makes what depends on it pending; a pending rule does not fire.
//! - An event that matches nothing allocates nothing, once an [`Evaluation`] has seen the rule set
//!   (fields that have to put their value together aside).
//! - Events are hostile: no value makes anything here panic.
//!
//! ```
//! use saker_rule_engine::{CompileOptions, RuleSet};
//! use saker_rule_fields::Fields;
//! use saker_rule_language::{LoadOptions, SourceFile, load};
//!
//! let source = SourceFile::new("shadow.yaml", r"
//! - rule: Shadow file opened
//!   desc: The file with the password hashes was opened.
//!   condition: evt.type in (open, openat) and fd.name = /etc/shadow
//!   output: Shadow file opened (file=%fd.name)
//!   priority: WARNING
//! ");
//! let checked = load(&[source], &Fields::new(), &LoadOptions::default()).rules;
//! let rules = RuleSet::compile(&checked.ok_or("the rules have errors")?, &CompileOptions::default())?;
//! assert_eq!(rules.event_ids().count(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For each event, [`RuleSet::event`] takes its context, [`RuleSet::evaluate`] gives the matches, and
//! [`RuleSet::rule`] says what fired.
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

mod atom;
mod dynamic;
mod error;
mod estimate;
mod evaluation;
mod event;
mod explain;
mod getopt;
mod needs;
mod operand;
mod options;
mod plan;
mod predicate;
mod probe;
mod program;
mod rule_set;
mod screening;
mod steps;
mod text;
mod transform;

pub use error::{CompileError, PatternError};
pub use evaluation::Evaluation;
pub use event::{ContextEvent, Event, EventKind};
pub use explain::{
    Absence, Branch, BranchKind, Comparison, Explainer, Explanation, Obstacle, Outcome, Reading,
    Truth, ViewExplanation, event_types_of_rule, near_misses,
};
pub use options::{CompileOptions, Indexing, Matching, PatternLimits};
pub use rule_set::{Match, Rule, RuleId, RuleSet, RuleState, Size};
pub use saker_rule_fields::{Enrichment, FieldValue, Needs, PathView};
pub use transform::read;
