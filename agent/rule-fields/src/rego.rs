//! Policies in Rego, as the fields `rego.*` ask them.
//!
//! What a policy reads of `input` is resolved to rows of the field table when the policies are loaded
//! ([`RegoPolicies::new`]); for an event only those are read. An event is judged at most once, and only when a rule
//! asks.

mod handle;
mod input;
mod plan;

pub use handle::{RegoHandle, RegoPolicies};
