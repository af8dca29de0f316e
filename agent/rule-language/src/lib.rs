//! Falco's rule language: from the text of rules files to checked, typed rules.
//!
//! The stages are types, and each stage takes only the one before it:
//!
//! ```text
//! SourceFile -> items (YAML, spans) -> rules without lists, macros, overrides -> CheckedRuleSet
//! ```
//!
//! [`load`] runs all of them and gives the rules and every [`Diagnostic`]; a set with an error yields no
//! rules. [`parse_condition`], [`check_condition`] and [`check_template`] do the same for one condition
//! or output template by itself.
//!
//! The crate knows no kernel, no event and no field: what may be named comes from a [`FieldCatalog`].
//! Its input is hostile: every size and depth has a bound in [`Limits`], nothing panics, and no recursion
//! is deeper than such a bound.
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

mod catalog;
mod check;
mod checked;
mod diagnostic;
mod digest;
mod document;
mod event_types;
mod interval;
mod load;
mod operator;
mod options;
mod origin;
mod priority;
mod render;
mod report;
mod resolve;
mod selection;
mod single;
mod span;
mod suggestion;
pub mod syntax;
mod template;
#[cfg(test)]
mod test_catalog;
mod yaml;

pub use catalog::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldDefinition, FieldId, FieldType, FieldUsage,
};
pub use check::operators_of;
pub use checked::{
    Capture, CheckedRule, CheckedRuleSet, Condition, FieldArgument, FieldRef, IpNetwork, Literal,
    LoadedFile, Operand, Right, Test, Transform, TransformArgument, TransformKind,
};
pub use diagnostic::{Code, Diagnostic, ItemContext, ItemKind, Severity};
pub use digest::Digest;
pub use document::{SchemaFinding, SchemaStatus};
pub use event_types::EventTypeSet;
pub use interval::{IntervalError, parse_interval};
pub use load::{Loaded, load};
pub use operator::{Modifier, Operator};
pub use options::{
    AppendOutput, ENGINE_VERSION, ErrorReporting, InvalidVersion, Limits, LimitsOrigin,
    LoadOptions, PluginRequirement, PluginVersion, Version,
};
pub use priority::{Priority, UnknownPriority};
pub use render::{ColorChoice, Notice, NoticeLevel, render, render_notice};
pub use selection::{Selection, SelectionAction, SelectionTarget, matches_name};
pub use single::{
    CheckedCondition, check_condition, check_condition_within, check_template, event_types_of,
    parse_condition, parse_condition_within,
};
pub use span::{FileIndex, LineIndex, Position, SourceFile, Span};
pub use suggestion::{did_you_mean, nearest};
pub use template::{OnMissing, Template, TemplatePart, TemplateToken};
