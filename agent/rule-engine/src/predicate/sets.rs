//! Sets of constants: few are compared one by one, many are found by a hash probe.

use std::sync::Arc;

use foldhash::HashSet;

/// Up to this many entries, comparing each is faster than hashing the value.
const LINEAR_MAX: usize = 4;

/// A set of texts.
#[derive(Clone, Debug)]
pub(crate) enum TextSet {
    Few(Box<[Arc<[u8]>]>),
    Many(HashSet<Arc<[u8]>>),
}

impl TextSet {
    pub(crate) fn new(texts: impl IntoIterator<Item = Arc<[u8]>>) -> Self {
        let set: HashSet<Arc<[u8]>> = texts.into_iter().collect();
        if set.len() > LINEAR_MAX {
            Self::Many(set)
        } else {
            Self::Few(set.into_iter().collect())
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<[u8]>> {
        let (few, many) = match self {
            Self::Few(texts) => (Some(texts.iter()), None),
            Self::Many(texts) => (None, Some(texts.iter())),
        };
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }

    pub(crate) fn contains(&self, text: &[u8]) -> bool {
        match self {
            Self::Few(texts) => texts.iter().any(|own| **own == *text),
            Self::Many(texts) => texts.contains(text),
        }
    }
}

/// A set of whole numbers.
#[derive(Clone, Debug)]
pub(crate) enum NumberSet {
    Few(Box<[i128]>),
    Many(HashSet<i128>),
}

impl NumberSet {
    pub(crate) fn new(numbers: impl IntoIterator<Item = i128>) -> Self {
        let set: HashSet<i128> = numbers.into_iter().collect();
        if set.len() > LINEAR_MAX {
            Self::Many(set)
        } else {
            Self::Few(set.into_iter().collect())
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = i128> {
        let (few, many) = match self {
            Self::Few(numbers) => (Some(numbers.iter()), None),
            Self::Many(numbers) => (None, Some(numbers.iter())),
        };
        few.into_iter()
            .flatten()
            .chain(many.into_iter().flatten())
            .copied()
    }

    pub(crate) fn contains(&self, number: i128) -> bool {
        match self {
            Self::Few(numbers) => numbers.contains(&number),
            Self::Many(numbers) => numbers.contains(&number),
        }
    }
}
