//! Bounds of policies and of their evaluation.

use std::time::Duration;

/// Bounds of policies and of their evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the evaluation of one rule that decides may take for one event.
    pub time: Duration,
    /// Most bytes of one file, of policies or data.
    pub file_bytes: usize,
    /// Most bytes of all files together.
    pub set_bytes: usize,
    /// Most files.
    pub files: usize,
    /// Deepest nesting of brackets, operators and references in one statement, by a count that errs on the safe
    /// side.
    pub nesting: usize,
    /// Longest chain of rules and functions that refer to each other.
    pub depth: usize,
    /// Most messages that one event's evaluation gives, of each kind.
    pub messages: usize,
    /// Most bytes of a message; the rest is cut off.
    pub message_bytes: usize,
    /// Most bytes that one call of a function may make: what is larger ends the evaluation.
    pub result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_millis(5),
            file_bytes: 1 << 20,
            set_bytes: 8 << 20,
            files: 1_000,
            nesting: 64,
            depth: 32,
            messages: 32,
            message_bytes: 1_024,
            result_bytes: 4 << 20,
        }
    }
}

/// Which Rego files are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// As OPA 1.0 takes it: `if` and `contains` are part of the language.
    #[default]
    V1,
    /// As OPA took it before; files with `import rego.v1` are in the new one all the same.
    V0,
}
