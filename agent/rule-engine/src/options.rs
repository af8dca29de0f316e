//! Settings of the compiler.

use saker_rule_language::Priority;

/// How a rule set is compiled.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// How many rules may fire for one event.
    pub matching: Matching,
    /// Bounds on patterns.
    pub patterns: PatternLimits,
    /// Rules that are less urgent do not take part. Which rules are on is decided before
    /// ([`CheckedRuleSet::select`](saker_rule_language::CheckedRuleSet::select)).
    pub minimum_priority: Option<Priority>,
    /// Whether comparisons of the same kind are looked up together.
    pub indexing: Indexing,
}

/// Whether comparisons of the same kind are looked up together. The matches are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexing {
    /// They are, and rules are tried only where what they wait for was found.
    #[default]
    Indexed,
    /// Every rule is tried and every comparison decided by itself: to compare the index with.
    Linear,
}

/// How many rules may fire for one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// The first in definition order.
    #[default]
    First,
    /// All, in definition order.
    All,
}

/// Bounds on regular expressions and globs; a pattern over one is a [`CompileError`].
///
/// [`CompileError`]: crate::CompileError
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternLimits {
    /// Length of a pattern in bytes.
    pub pattern_bytes: usize,
    /// Memory of one compiled pattern in bytes.
    pub automaton_bytes: usize,
    /// Bytes of looked-up texts, of all fields together, whose automata are dense tables: faster, and up
    /// to 1 KiB for each byte of text. The others take a few bytes for each.
    pub dense_text_bytes: usize,
    /// Memory for the states that one pattern builds while it searches, in bytes and per thread.
    pub cache_bytes: usize,
}

impl Default for PatternLimits {
    fn default() -> Self {
        Self {
            pattern_bytes: 16 << 10,
            automaton_bytes: 1 << 20,
            dense_text_bytes: 128 << 10,
            cache_bytes: 256 << 10,
        }
    }
}
