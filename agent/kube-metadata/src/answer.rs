//! What is known at one moment.

/// An answer of [`Cluster`](crate::Cluster), which never waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// This.
    Known(T),
    /// Nothing yet: a watch may still tell.
    Awaited,
    /// Nothing, and nothing will come: nobody watches, or the cluster does not have it.
    Unknown,
}

impl<T> Answer<T> {
    /// What is known.
    #[must_use]
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Awaited | Self::Unknown => None,
        }
    }

    /// The same, borrowed.
    #[must_use]
    pub const fn as_ref(&self) -> Answer<&T> {
        match self {
            Self::Known(value) => Answer::Known(value),
            Self::Awaited => Answer::Awaited,
            Self::Unknown => Answer::Unknown,
        }
    }

    /// The same about what `change` makes of it.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Known(value) => Answer::Known(change(value)),
            Self::Awaited => Answer::Awaited,
            Self::Unknown => Answer::Unknown,
        }
    }
}
