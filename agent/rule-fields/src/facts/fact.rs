//! What is known of one thing that a field asks for.

use saker_container_metadata::{Expectation, Reason};
use saker_kube_metadata::Answer;

/// What is known of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact<T> {
    /// This.
    Known(T),
    /// There is none, and that is all that there is to know.
    Absent,
    /// Nothing, and it could not be asked for: the event does not say of whom.
    Unasked,
    /// Nothing yet: somebody was asked.
    Awaited,
    /// Nothing, and nothing will come.
    Lacking(Reason),
}

impl<T> Fact<T> {
    /// What was found, or what may be expected where nothing was.
    pub(crate) fn found_or(found: Option<T>, expectation: Expectation) -> Self {
        match (found, expectation) {
            (Some(value), _) => Self::Known(value),
            (None, Expectation::Complete) => Self::Absent,
            (None, Expectation::Awaited) => Self::Awaited,
            (None, Expectation::Ended(reason)) => Self::Lacking(reason),
        }
    }

    /// What the cluster answers.
    pub(crate) fn of_cluster(answer: Answer<T>) -> Self {
        match answer {
            Answer::Known(value) => Self::Known(value),
            Answer::Awaited => Self::Awaited,
            Answer::Unknown => Self::Lacking(Reason::NotFound),
        }
    }

    /// A view of it.
    pub(crate) const fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known(value) => Fact::Known(value),
            Self::Absent => Fact::Absent,
            Self::Unasked => Fact::Unasked,
            Self::Awaited => Fact::Awaited,
            Self::Lacking(reason) => Fact::Lacking(*reason),
        }
    }

    /// What is known.
    pub(crate) fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// It in other words.
    pub(crate) fn map<U>(self, words: impl FnOnce(T) -> U) -> Fact<U> {
        self.and_then(|whole| Some(words(whole)))
    }

    /// A part of it.
    pub(crate) fn and_then<U>(self, part: impl FnOnce(T) -> Option<U>) -> Fact<U> {
        self.then(|whole| part(whole).map_or(Fact::Absent, Fact::Known))
    }

    /// What is known of a part of it.
    pub(crate) fn then<U>(self, part: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Self::Known(whole) => part(whole),
            Self::Absent => Fact::Absent,
            Self::Unasked => Fact::Unasked,
            Self::Awaited => Fact::Awaited,
            Self::Lacking(reason) => Fact::Lacking(reason),
        }
    }

    /// The same from somebody else, where it is not known.
    ///
    /// What one says is absent is lacking only if the other lacks it: they know the same thing.
    pub(crate) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if matches!(self, Self::Known(_)) {
            return self;
        }
        match (self, other()) {
            (_, Self::Known(value)) => Self::Known(value),
            (Self::Awaited, _) | (_, Self::Awaited) => Self::Awaited,
            (Self::Absent, _) | (_, Self::Absent) => Self::Absent,
            (Self::Unasked, second) => second,
            (first, _) => first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fact;
    use saker_container_metadata::{Expectation, Reason};

    #[test]
    fn what_is_not_found_is_what_is_expected() {
        let fact = |found, expectation| Fact::found_or(found, expectation);
        assert_eq!(fact(Some(1), Expectation::Awaited), Fact::Known(1));
        assert_eq!(fact(None, Expectation::Complete), Fact::Absent);
        assert_eq!(fact(None, Expectation::Awaited), Fact::Awaited);
        let ended = Expectation::Ended(Reason::Busy);
        assert_eq!(fact(None, ended), Fact::Lacking(Reason::Busy));
    }

    #[test]
    fn two_who_are_asked_know_more_than_one() {
        let lacking = Fact::Lacking(Reason::NoRuntime);
        for (first, second, both) in [
            (Fact::Known(1), Fact::Known(2), Fact::Known(1)),
            (lacking, Fact::Known(2), Fact::Known(2)),
            (Fact::Awaited, Fact::Known(2), Fact::Known(2)),
            (Fact::Awaited, lacking, Fact::Awaited),
            (Fact::Absent, Fact::Awaited, Fact::Awaited),
            (Fact::Absent, lacking, Fact::Absent),
            (lacking, Fact::Absent, Fact::Absent),
            (lacking, Fact::Lacking(Reason::NotFound), lacking),
            (Fact::Unasked, lacking, lacking),
            (lacking, Fact::Unasked, lacking),
        ] {
            assert_eq!(first.or_else(|| second), both, "{first:?} or {second:?}");
        }
    }
}
