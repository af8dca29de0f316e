//! `ledger:` of the configuration file: who talked to whom, kept on disk.

use super::{ConfigError, ConfigFile};
use saker_encryption_ledger::Limits;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where the ledger is kept unless the file says otherwise.
pub(crate) const LEDGER_FILE: &str = "/var/lib/saker/ledger/node.ledger";

/// Most edges that may be asked for: an edge takes about a kilobyte of memory.
const EDGES_MAX: usize = 1 << 20;

/// The longest time that may be asked for.
const DAYS_MAX: u64 = 3_650;

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// `ledger:`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LedgerFile {
    enabled: Option<bool>,
    path: Option<PathBuf>,
    edges_max: Option<usize>,
    retain_days: Option<u64>,
}

/// Who talked to whom, kept on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerConfig {
    /// Whether it is kept; `None` where it is, if connections are collected for rules anyway.
    pub(crate) enabled: Option<bool>,
    /// The file.
    pub(crate) path: PathBuf,
    /// Its bounds.
    pub(crate) limits: Limits,
}

impl LedgerConfig {
    /// What the file says, if it can be used.
    pub(super) fn build(file: LedgerFile) -> Result<Self, ConfigError> {
        let default = Limits::default();
        let edges_max = file.edges_max.unwrap_or(default.edges_max);
        if !(1..=EDGES_MAX).contains(&edges_max) {
            return Err(ConfigError::Value {
                key: "ledger.edges_max",
                value: edges_max.to_string(),
                expected: format!("a number from 1 to {EDGES_MAX}"),
            });
        }
        let days = file.retain_days.unwrap_or(default.retain_ms / DAY_MS);
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(ConfigError::Value {
                key: "ledger.retain_days",
                value: days.to_string(),
                expected: format!("days, from 1 to {DAYS_MAX}"),
            });
        }
        Ok(Self {
            enabled: file.enabled,
            path: file.path.unwrap_or_else(|| PathBuf::from(LEDGER_FILE)),
            limits: Limits {
                edges_max,
                retain_ms: days * DAY_MS,
                ..default
            },
        })
    }

    /// Whether it is kept, given whether connections are collected for rules.
    pub(crate) fn is_kept(&self, has_flow_rules: bool) -> bool {
        self.enabled.unwrap_or(has_flow_rules)
    }

    /// What the configuration file says of it; for commands that need nothing else of the file.
    pub(crate) fn find(config: Option<&Path>) -> Result<Self, ConfigError> {
        let (file, path) = ConfigFile::find(config)?;
        Self::build(file.ledger).map_err(|error| error.within(path))
    }
}
