//! Matchers of text. All of them see bytes: what an attacker can choose need not be UTF-8.

mod glob;
mod path_prefix;
mod pattern;
mod search;

pub(crate) use glob::{Case, Glob, interpret as glob_matches};
pub(crate) use path_prefix::{PathPrefixes, each_path_prefix};
pub(crate) use pattern::Pattern;
pub(crate) use search::{Substring, contains_ignoring_case};
