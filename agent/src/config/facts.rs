//! `containers:` and `enrichment:` of the configuration file: who is asked about containers, and how
//! long events wait for it.

use super::ConfigError;
use saker_container_runtimes::{RuntimesConfig, RuntimesSettings};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// How long an event waits at most, unless the file says otherwise.
const WAIT_MS: u64 = 500;

/// The longest wait that may be asked for: memory for what waits is bounded, and alerts come late.
const WAIT_MS_MAX: u64 = 10_000;

/// Where the host's root folder lies, as Falco has it.
const HOST_ROOT: &str = "HOST_ROOT";

/// `enrichment:`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EnrichmentFile {
    wait_ms: Option<u64>,
}

/// Who is asked beside the kernel.
#[derive(Clone, Debug)]
pub(crate) struct FactsConfig {
    /// How long an event waits at most.
    pub(crate) wait: Duration,
    /// The runtimes of containers.
    pub(crate) runtimes: RuntimesConfig,
}

impl FactsConfig {
    /// What the file says, if it can be used.
    pub(super) fn build(
        enrichment: &EnrichmentFile,
        containers: &RuntimesSettings,
    ) -> Result<Self, ConfigError> {
        let wait_ms = enrichment.wait_ms.unwrap_or(WAIT_MS);
        if wait_ms > WAIT_MS_MAX {
            return Err(ConfigError::Value {
                key: "enrichment.wait_ms",
                value: wait_ms.to_string(),
                expected: format!("milliseconds, at most {WAIT_MS_MAX}"),
            });
        }
        let wait = Duration::from_millis(wait_ms);
        let root = std::env::var_os(HOST_ROOT).filter(|root| !root.is_empty());
        let root = root.map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let mut runtimes = RuntimesConfig::new(containers, &root)?;
        runtimes.wait = wait;
        Ok(Self { wait, runtimes })
    }

    /// Where no file is read.
    pub(crate) fn usual() -> Result<Self, ConfigError> {
        Self::build(&EnrichmentFile::default(), &RuntimesSettings::default())
    }
}
