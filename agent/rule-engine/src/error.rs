//! What can go wrong while rules are compiled.

use std::sync::Arc;

/// A rule that the type checker accepted but that cannot be turned into a program.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A regular expression or glob pattern does not compile within its limits.
    #[error(
        "rule '{rule}': pattern '{pattern}' of '{field}' does not compile; \
         simplify it, or raise the limits of the rule engine"
    )]
    Pattern {
        /// Name of the rule.
        rule: Arc<str>,
        /// Text of the left-hand side.
        field: Arc<str>,
        /// The pattern as written.
        pattern: String,
        /// Why.
        #[source]
        source: PatternError,
    },
    /// Operator, type and literal do not belong together; the checked set was not made by the type
    /// checker.
    #[error(
        "rule '{rule}': operator '{operator}' cannot compare '{field}' with its right-hand side"
    )]
    Mismatch {
        /// Name of the rule.
        rule: Arc<str>,
        /// Text of the left-hand side.
        field: Arc<str>,
        /// The operator.
        operator: &'static str,
    },
    /// The set has more distinct parts than the engine can number.
    #[error("more than {limit} distinct {what} in one rule set; split the set")]
    TooMany {
        /// Which parts.
        what: &'static str,
        /// Their bound.
        limit: usize,
    },
}

/// Most distinct nodes, atoms or operands.
const ENTRIES_MAX: usize = 0xffff_ffff;

impl CompileError {
    /// There are more parts of a kind than can be numbered.
    pub(crate) fn too_many(what: &'static str) -> Self {
        Self::TooMany {
            what,
            limit: ENTRIES_MAX,
        }
    }
}

/// Why a pattern does not compile.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// It is not a regular expression.
    #[error("not a regular expression")]
    Syntax(#[source] Box<regex_syntax::Error>),
    /// Its automaton cannot be built, usually because it is over a limit.
    #[error("its automaton cannot be built")]
    Automaton(#[source] Box<regex_automata::meta::BuildError>),
    /// The pattern is longer than a setting.
    #[error("{length} bytes long, where {limit} are permitted")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The setting.
        limit: usize,
    },
}
