//! Ids of containers.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Characters of an id that Falco and most tools show.
const SHORT_CHARACTERS: usize = 12;

/// Characters of the ids of OCI runtimes.
const FULL_CHARACTERS: usize = 64;

/// Id of a container, as its runtime writes it into the cgroup path.
///
/// Ids are equal if their whole texts are, whatever of them is shown.
#[derive(Clone)]
pub struct ContainerId {
    full: Box<str>,
    is_cut: bool,
}

impl ContainerId {
    /// Takes an id as it is. Of 64 hexadecimal characters 12 are shown, of others all.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            full: id.into(),
            is_cut: is_full(id),
        }
    }

    /// Takes an id of a client of containerd, of which 12 characters are shown whatever they are.
    pub(super) fn cut(id: &str) -> Self {
        Self {
            full: id.into(),
            is_cut: true,
        }
    }

    /// The whole id, mostly 64 hexadecimal characters.
    #[must_use]
    pub fn full(&self) -> &str {
        &self.full
    }

    /// Falco's `container.id`: the first 12 characters of an id that a machine chose, names whole.
    #[must_use]
    pub fn short(&self) -> &str {
        if !self.is_cut {
            return &self.full;
        }
        self.full.get(..SHORT_CHARACTERS).unwrap_or(&self.full)
    }
}

/// Whether a text has the form of the ids of OCI runtimes.
pub(super) fn is_full(id: &str) -> bool {
    is_hexadecimal(id, FULL_CHARACTERS)
}

/// Whether a text is a hexadecimal number of so many characters.
pub(super) fn is_hexadecimal(text: &str, characters: usize) -> bool {
    text.len() == characters && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl PartialEq for ContainerId {
    fn eq(&self, other: &Self) -> bool {
        self.full == other.full
    }
}

impl Eq for ContainerId {}

impl Hash for ContainerId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.full.hash(state);
    }
}

impl PartialOrd for ContainerId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ContainerId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.full.cmp(&other.full)
    }
}

impl fmt::Debug for ContainerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.full.fmt(formatter)
    }
}
