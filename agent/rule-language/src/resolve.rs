//! Lists, macros, exceptions and overrides: from items to conditions that stand by themselves.

mod collection;
mod exceptions;
mod lists;
mod macros;
mod missing;
mod rules;

pub(crate) use collection::Collection;
pub(crate) use exceptions::condition_with_exceptions;
pub(crate) use lists::Lists;
pub(crate) use macros::{Macros, parse_condition};
pub(crate) use missing::Missing;
pub(crate) use rules::Rule;

#[cfg(test)]
mod tests;
