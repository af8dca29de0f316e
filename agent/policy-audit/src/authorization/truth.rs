//! Three values: what is hidden is neither true nor false.

use super::AuthorizationReason;
use std::sync::Arc;

/// Whether something holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Truth {
    /// Surely not.
    #[default]
    No,
    /// That depends on something that cannot be seen.
    Maybe(AuthorizationReason),
    /// Surely.
    Yes,
}

impl Truth {
    pub(super) const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::No => 0,
            Self::Maybe(_) => 1,
            Self::Yes => 2,
        }
    }

    /// Both; the first reason of several.
    pub(super) const fn and(self, other: Self) -> Self {
        if other.rank() < self.rank() {
            other
        } else {
            self
        }
    }

    /// At least one; the first reason of several.
    pub(super) const fn or(self, other: Self) -> Self {
        if other.rank() > self.rank() {
            other
        } else {
            self
        }
    }

    /// All of them, and so where there are none.
    pub(super) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for truth in truths {
            all = all.and(truth);
            if all == Self::No {
                break;
            }
        }
        all
    }

    /// At least one of them, and not so where there are none.
    pub(super) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Self::No;
        for truth in truths {
            any = any.or(truth);
            if any == Self::Yes {
                break;
            }
        }
        any
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe(reason) => Self::Maybe(reason),
            Self::Yes => Self::No,
        }
    }
}

/// Whether one of several objects says so, and the first that says it most surely.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) truth: Truth,
    pub(super) policy: Option<Arc<str>>,
}

impl Tally {
    pub(super) fn add(&mut self, truth: Truth, policy: &Arc<str>) {
        if truth.rank() > self.truth.rank() {
            self.truth = truth;
            self.policy = Some(Arc::clone(policy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, Maybe, No, Yes};
    use crate::authorization::AuthorizationReason::{Route, Waypoint};

    #[test]
    fn what_is_hidden_decides_only_where_nothing_else_does() {
        let hidden = Maybe(Route);
        for (one, other, both, any) in [
            (Yes, Yes, Yes, Yes),
            (Yes, No, No, Yes),
            (No, No, No, No),
            (hidden, Yes, hidden, Yes),
            (hidden, No, No, hidden),
        ] {
            assert_eq!(one.and(other), both);
            assert_eq!(other.and(one), both);
            assert_eq!(one.or(other), any);
            assert_eq!(other.or(one), any);
        }
        assert_eq!(hidden.and(Maybe(Waypoint)), hidden);
        assert_eq!(!hidden, hidden);
        assert_eq!((!Yes, !No), (No, Yes));
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(Truth::any([]), No);
        assert_eq!(Truth::all([Yes, hidden, No]), No);
        assert_eq!(Truth::any([No, hidden]), hidden);
    }
}
