//! Which rules are on: the `rules` key of the configuration.

use std::sync::Arc;

use crate::checked::{CheckedRule, CheckedRuleSet};

/// What a selection does to the rules it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionAction {
    /// Turns them on.
    Enable,
    /// Turns them off.
    Disable,
}

/// Which rules a selection names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectionTarget {
    /// Those whose whole name fits a pattern, in which `*` stands for any text.
    Rule(Arc<str>),
    /// Those with this tag.
    Tag(Arc<str>),
}

/// One entry of the `rules` key. Entries are applied in order, so later ones win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What to do.
    pub action: SelectionAction,
    /// To which rules.
    pub target: SelectionTarget,
}

impl Selection {
    /// Whether it names a rule.
    #[must_use]
    pub fn names(&self, rule: &CheckedRule) -> bool {
        match &self.target {
            SelectionTarget::Rule(pattern) => matches_name(pattern, &rule.name),
            SelectionTarget::Tag(tag) => rule.tags.contains(tag),
        }
    }
}

impl CheckedRuleSet {
    /// Turns rules on and off, and gives the selections that name no rule.
    pub fn select<'s>(&mut self, selections: &'s [Selection]) -> Vec<&'s Selection> {
        let mut unused = Vec::new();
        for selection in selections {
            let mut used = false;
            for rule in self.rules.iter_mut().filter(|rule| selection.names(rule)) {
                rule.enabled = selection.action == SelectionAction::Enable;
                used = true;
            }
            if !used {
                unused.push(selection);
            }
        }
        unused
    }
}

/// Whether a whole name fits a pattern, in which `*` stands for any text and nothing else is special.
#[must_use]
pub fn matches_name(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None if part.is_empty() => {}
            None => return false,
        }
    }
    rest.ends_with(last)
}
