//! `limits:` of the configuration file: how large rules may be.
//!
//! Every bound has a default that no honest rules file meets, and bounds of its own: a limit that is
//! raised must not let a rules file take the agent's stack or memory.

use super::ConfigError;
use saker_rule_engine::PatternLimits;
use saker_rule_language::{Limits, LimitsOrigin};
use serde::Deserialize;

/// What the file may say; the names are those of the bounds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsFile {
    file_bytes: Option<usize>,
    yaml_nodes: Option<usize>,
    yaml_depth: Option<usize>,
    list_items: Option<usize>,
    condition_bytes: Option<usize>,
    condition_depth: Option<usize>,
    tree_depth: Option<usize>,
    condition_tests: Option<usize>,
    condition_literals: Option<usize>,
    set_size: Option<usize>,
    output_bytes: Option<usize>,
    items: Option<usize>,
    diagnostics: Option<usize>,
    pattern_bytes: Option<usize>,
    automaton_bytes: Option<usize>,
    cache_bytes: Option<usize>,
}

/// How large rules may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleLimits {
    /// Bounds on files, conditions and outputs.
    pub(crate) language: Limits,
    /// Bounds on regular expressions and globs.
    pub(crate) patterns: PatternLimits,
}

impl LimitsFile {
    /// The limits, if each lies within its bounds.
    pub(super) fn validate(&self) -> Result<RuleLimits, ConfigError> {
        Ok(RuleLimits {
            language: self.language()?,
            patterns: self.patterns()?,
        })
    }

    fn language(&self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        Ok(Limits {
            // Places in a file are counted with 32 bits.
            file_bytes: within("file_bytes", self.file_bytes, default.file_bytes, 1 << 30)?,
            yaml_nodes: within("yaml_nodes", self.yaml_nodes, default.yaml_nodes, 1 << 26)?,
            yaml_depth: within("yaml_depth", self.yaml_depth, default.yaml_depth, 128)?,
            list_items: within("list_items", self.list_items, default.list_items, 1 << 24)?,
            condition_bytes: within(
                "condition_bytes",
                self.condition_bytes,
                default.condition_bytes,
                1 << 30,
            )?,
            condition_depth: within(
                "condition_depth",
                self.condition_depth,
                default.condition_depth,
                100_000,
            )?,
            // A level costs some 2 KiB of stack in a debug build.
            tree_depth: within("tree_depth", self.tree_depth, default.tree_depth, 500)?,
            condition_tests: within(
                "condition_tests",
                self.condition_tests,
                default.condition_tests,
                1 << 24,
            )?,
            condition_literals: within(
                "condition_literals",
                self.condition_literals,
                default.condition_literals,
                1 << 26,
            )?,
            set_size: within("set_size", self.set_size, default.set_size, 1 << 28)?,
            output_bytes: within(
                "output_bytes",
                self.output_bytes,
                default.output_bytes,
                1 << 24,
            )?,
            items: within("items", self.items, default.items, 1 << 24)?,
            diagnostics: within(
                "diagnostics",
                self.diagnostics,
                default.diagnostics,
                1 << 20,
            )?,
            origin: LimitsOrigin::Configuration,
        })
    }

    fn patterns(&self) -> Result<PatternLimits, ConfigError> {
        let default = PatternLimits::default();
        Ok(PatternLimits {
            pattern_bytes: within(
                "pattern_bytes",
                self.pattern_bytes,
                default.pattern_bytes,
                1 << 20,
            )?,
            automaton_bytes: within(
                "automaton_bytes",
                self.automaton_bytes,
                default.automaton_bytes,
                1 << 28,
            )?,
            cache_bytes: within(
                "cache_bytes",
                self.cache_bytes,
                default.cache_bytes,
                1 << 28,
            )?,
            ..default
        })
    }
}

/// The value of a setting, or its default, if it is between one and `max`.
fn within(
    name: &'static str,
    value: Option<usize>,
    default: usize,
    max: usize,
) -> Result<usize, ConfigError> {
    let value = value.unwrap_or(default);
    if (1..=max).contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::Limit { name, value, max })
}
