//! How much a pod may do.

use std::fmt;
use std::str::FromStr;

/// How much a pod may do; the later, the less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Everything.
    #[default]
    Privileged,
    /// Nothing by which it could easily take its node over.
    Baseline,
    /// What current practice holds to be enough.
    Restricted,
}

/// It is no level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel;

impl Level {
    /// Every level, the laxest first.
    pub const ALL: [Self; 3] = [Self::Privileged, Self::Baseline, Self::Restricted];

    /// As labels of namespaces write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no level of Pod Security: one of privileged, baseline, restricted")
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        let mut levels = Self::ALL.into_iter();
        levels
            .find(|level| level.name() == text)
            .ok_or(UnknownLevel)
    }
}
