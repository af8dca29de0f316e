//! Falco's rule language: from the text of rules files to checked, typed rules.
//!
//! The stages are types, and each stage takes only the one before it:
//!
//! ```text
//! SourceFile -> parsed items (spans) -> resolved rules (no lists, macros, overrides) -> CheckedRuleSet
//! ```
//!
//! [`load`] runs all of them and gives the rules and every [`Diagnostic`]; a set with an error yields no
//! rules. [`parse_condition`] and [`check_condition`] do the same for one condition by itself.
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
mod checked;
mod diagnostic;
mod event_types;
mod load;
mod operator;
mod priority;
mod span;
mod template;

pub use catalog::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldDefinition, FieldId, FieldType, FieldUsage,
};
pub use checked::{
    Capture, CheckedRule, CheckedRuleSet, Condition, Digest, FieldArgument, FieldRef, IpNetwork,
    Literal, LoadedFile, Operand, Right, Test, Transform, TransformArgument, TransformKind,
};
pub use diagnostic::{Code, Diagnostic, ItemContext, ItemKind, Severity};
pub use event_types::EventTypeSet;
pub use load::{ENGINE_VERSION, ErrorReporting, Limits, LoadOptions, Loaded, Version, load};
pub use operator::{Modifier, Operator};
pub use priority::{Priority, UnknownPriority};
pub use span::{FileIndex, Position, SourceFile, Span};
pub use template::{OnMissing, Template, TemplatePart, TemplateToken};
