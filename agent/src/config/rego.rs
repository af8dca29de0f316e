//! `rego:` of the configuration file: policies in Rego.

use super::ConfigError;
use saker_rego_policies::{Limits, Syntax};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest time that may be asked for: events wait behind the one that is judged.
const TIME_MS_MAX: u64 = 1_000;

/// `rego:`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RegoFile {
    policies: Option<PathBuf>,
    time_limit_ms: Option<u64>,
    v0_compatible: bool,
}

/// Policies in Rego that events are held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegoConfig {
    /// Folder of the policies, or one file.
    pub(crate) policies: PathBuf,
    /// Which Rego they are written in.
    pub(crate) syntax: Syntax,
    /// Bounds of their evaluation.
    pub(crate) limits: Limits,
}

impl RegoConfig {
    /// What the file says, unless the command line names another folder; `None` without policies.
    pub(super) fn build(
        file: RegoFile,
        argument: Option<&Path>,
    ) -> Result<Option<Self>, ConfigError> {
        let mut limits = Limits::default();
        if let Some(time_ms) = file.time_limit_ms {
            if !(1..=TIME_MS_MAX).contains(&time_ms) {
                return Err(ConfigError::Value {
                    key: "rego.time_limit_ms",
                    value: time_ms.to_string(),
                    expected: format!("milliseconds, from 1 to {TIME_MS_MAX}"),
                });
            }
            limits.time = Duration::from_millis(time_ms);
        }
        let syntax = match file.v0_compatible {
            true => Syntax::V0,
            false => Syntax::V1,
        };
        let policies = argument.map(Path::to_owned).or(file.policies);
        Ok(policies.map(|policies| Self {
            policies,
            syntax,
            limits,
        }))
    }
}
