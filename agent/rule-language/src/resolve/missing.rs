//! What is missing because its own definition could not be read.
//!
//! That has been reported. What is built on it is still checked, as far as that goes, and nothing more is
//! said of what is missing.

use std::collections::HashSet;
use std::sync::Arc;

use crate::document::Unread;
use crate::span::FileIndex;
use crate::syntax::{Expression, RightSide, Word};

/// Names that would be defined, had everything been readable.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    lists: HashSet<Arc<str>>,
    macros: HashSet<Arc<str>>,
    rules: HashSet<Arc<str>>,
    /// The first file that may define anything else.
    unnamed: Option<FileIndex>,
}

impl Missing {
    pub(crate) fn add(&mut self, unread: Unread) {
        match unread {
            Unread::List(name) => {
                self.lists.insert(name);
            }
            Unread::Macro(name) => {
                self.macros.insert(name);
            }
            Unread::Rule(name) => {
                self.rules.insert(name);
            }
            Unread::Unnamed(file) => {
                self.unnamed.get_or_insert(file);
            }
        }
    }

    /// Whether everything could be read.
    pub(crate) fn is_empty(&self) -> bool {
        let names = [&self.lists, &self.macros, &self.rules];
        self.unnamed.is_none() && names.into_iter().all(HashSet::is_empty)
    }

    /// Whether a list would be there, as far as `user` sees, that is not defined.
    pub(super) fn has_list(&self, name: &str, user: FileIndex) -> bool {
        self.lists.contains(name) || self.may_be_in(user)
    }

    /// As [`has_list`](Self::has_list).
    pub(super) fn has_macro(&self, name: &str, user: FileIndex) -> bool {
        self.macros.contains(name) || self.may_be_in(user)
    }

    /// As [`has_list`](Self::has_list).
    pub(super) fn has_rule(&self, name: &str, user: FileIndex) -> bool {
        self.rules.contains(name) || self.may_be_in(user)
    }

    fn may_be_in(&self, user: FileIndex) -> bool {
        self.unnamed.is_some_and(|file| file.0 <= user.0)
    }

    /// Takes the names of missing lists out of the literals of an expression; whether there were any.
    pub(crate) fn strip(&self, expression: &mut Expression) -> bool {
        if self.lists.is_empty() && self.unnamed.is_none() {
            return false;
        }
        let mut stripped = false;
        let mut pending = vec![expression];
        while let Some(expression) = pending.pop() {
            match expression {
                Expression::And(children) | Expression::Or(children) => pending.extend(children),
                Expression::Not(child) => pending.push(child),
                Expression::Macro(_) => {}
                Expression::Check(check) => {
                    let words = check.right.words();
                    if !words.iter().any(|word| self.may_be_list(word)) {
                        continue;
                    }
                    let known = words.iter().filter(|word| !self.may_be_list(word));
                    let known = known.cloned().collect();
                    Arc::make_mut(check).right = RightSide::List(known);
                    stripped = true;
                }
            }
        }
        stripped
    }

    /// Lists are seen from everywhere, so a file that may define any makes one of every bare word.
    fn may_be_list(&self, word: &Word) -> bool {
        let Ok(name) = std::str::from_utf8(&word.value) else {
            return false;
        };
        let looks_like_one = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.lists.contains(name) || (self.unnamed.is_some() && looks_like_one)
    }
}

#[cfg(test)]
mod tests;
