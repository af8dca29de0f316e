//! The set of event types that a condition can match.
//!
//! A set is finite or the complement of a finite set, which is closed under `and`, `or` and `not`
//! without knowing all the names.

use std::collections::BTreeSet;
use std::sync::Arc;

/// Event type names that can make a condition true. An over-approximation: an event of a type
/// outside the set never matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventTypeSet {
    /// These names only.
    Only(BTreeSet<Arc<str>>),
    /// Every name but these.
    Except(BTreeSet<Arc<str>>),
}

impl EventTypeSet {
    /// Every event type.
    #[must_use]
    pub fn all() -> Self {
        Self::Except(BTreeSet::new())
    }

    /// No event type.
    #[must_use]
    pub fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// Whether it is known to hold every name.
    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(self, Self::Except(names) if names.is_empty())
    }

    /// Whether it holds no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Only(names) if names.is_empty())
    }

    /// Whether an event of this type can match.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.contains(name),
            Self::Except(names) => !names.contains(name),
        }
    }

    /// Every name outside the set.
    #[must_use]
    pub fn complement(self) -> Self {
        match self {
            Self::Only(names) => Self::Except(names),
            Self::Except(names) => Self::Only(names),
        }
    }

    /// Names in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self.complement()
            .intersection(other.complement())
            .complement()
    }

    /// Names in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(left), Self::Only(right)) => Self::Only(
                left.into_iter()
                    .filter(|name| right.contains(name))
                    .collect(),
            ),
            (Self::Only(names), Self::Except(excluded))
            | (Self::Except(excluded), Self::Only(names)) => Self::Only(
                names
                    .into_iter()
                    .filter(|name| !excluded.contains(name))
                    .collect(),
            ),
            (Self::Except(mut left), Self::Except(right)) => {
                left.extend(right);
                Self::Except(left)
            }
        }
    }
}

impl FromIterator<Arc<str>> for EventTypeSet {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(names: I) -> Self {
        Self::Only(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::EventTypeSet;

    fn only(names: &[&str]) -> EventTypeSet {
        names.iter().map(|name| (*name).into()).collect()
    }

    #[test]
    fn sets_are_closed_under_their_operations() {
        let (a, ab, c) = (only(&["a"]), only(&["a", "b"]), only(&["c"]));
        assert_eq!(a.clone().union(c.clone()), only(&["a", "c"]));
        assert_eq!(
            ab.clone().intersection(a.clone().complement()),
            only(&["b"])
        );
        assert_eq!(a.clone().complement().union(a.clone()), EventTypeSet::all());
        assert!(a.clone().intersection(c).is_empty());
        assert!(ab.complement().contains("c"));
        assert!(!a.is_all());
    }
}
