//! The configuration file: strict YAML, Falco's key names where Falco has the setting.
//!
//! What the file says ([`ConfigFile`]) and the command line are put together and checked once; the
//! rest of the agent sees [`Config`] only.

mod append_output;
mod audit;
mod facts;
mod ledger;
mod limits;
mod outputs;
mod rego;

use crate::cli::{AlertArgs, KubeArgs, MetricsAddress, OutputFormat, SourceArgs};
use append_output::{AdditionFile, additions};
pub(crate) use audit::Sources;
pub(crate) use facts::{ClusterSource, FactsConfig};
use facts::{EnrichmentFile, KubernetesFile};
pub(crate) use ledger::LedgerConfig;
use ledger::LedgerFile;
use limits::LimitsFile;
pub(crate) use limits::RuleLimits;
pub(crate) use outputs::DeliveryConfig;
use outputs::{CollectorEntry, FileEntry, HttpEntry, ProgramEntry, StdoutEntry, SyslogEntry};
pub(crate) use rego::RegoConfig;
use rego::RegoFile;
use saker_alert_delivery::throttle::InvalidKey;
use saker_alert_delivery::{ListedEntry, OutputsFile, SettingsError, ThrottleSettings};
use saker_audit_intake::AuditSettings;
use saker_container_runtimes::RuntimesSettings;
use saker_policy_audit::{MeshSettings, MtlsRule, MtlsSettings};
use saker_rule_engine::{CompileOptions, Matching};
use saker_rule_language::{AppendOutput, Priority};
use serde::Deserialize;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Read where no other file is named.
pub(crate) const DEFAULT_FILE: &str = "/etc/saker/saker.yaml";

/// Where the rules are looked for where nothing names them.
const DEFAULT_RULES: &str = "/etc/saker/rules.d";

/// Port of the metrics.
const METRICS_PORT: u16 = 9376;

/// Longest line that an error shows.
const LINE_BYTES_SHOWN: usize = 200;

/// Bounds of a ring, in bytes.
const RING_BYTES: std::ops::RangeInclusive<u32> = (1 << 16)..=(1 << 28);

/// What a configuration file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    /// Rules files and folders, in order.
    rules_files: Vec<PathBuf>,
    /// Sources whose rules take part.
    sources: Option<Vec<String>>,
    /// Lowest priority of the rules that are loaded.
    priority: Option<String>,
    /// Whether alerts are printed as JSON.
    json_output: bool,
    /// Whether times in text lines are ISO 8601.
    time_format_iso_8601: bool,
    /// `first` or `all`.
    rule_matching: Option<String>,
    /// Whether changes of rules files are noticed.
    watch_config_files: Option<bool>,
    /// What is added to the outputs of rules.
    append_output: Option<Vec<AdditionFile>>,
    /// Who is asked about containers.
    containers: RuntimesSettings,
    /// Who is asked about pods.
    kubernetes: KubernetesFile,
    /// Which connections have to be mutual TLS.
    mtls: Vec<MtlsRule>,
    /// What the installations of meshes say.
    mesh: MeshSettings,
    /// The audit log of Kubernetes.
    k8s_audit: AuditSettings,
    /// Policies in Rego.
    rego: RegoFile,
    /// How long events wait for what is looked up.
    enrichment: EnrichmentFile,
    /// How large rules may be.
    limits: LimitsFile,
    /// Sizes of the kernel's rings.
    rings: RingsFile,
    /// The metrics server.
    metrics: MetricsFile,
    /// Who talked to whom, kept on disk.
    ledger: LedgerFile,
    /// Name of the cluster in alerts.
    cluster_name: String,
    /// What is held back.
    alerts: ThrottleSettings,
    /// Standard output.
    stdout_output: Option<StdoutEntry>,
    /// A file.
    file_output: Option<FileEntry>,
    /// A receiver of syslog.
    syslog_output: Option<SyslogEntry>,
    /// A program.
    program_output: Option<ProgramEntry>,
    /// A server of HTTP.
    http_output: Option<HttpEntry>,
    /// A collector.
    collector_output: Option<CollectorEntry>,
    /// Further outputs.
    outputs: Vec<ListedEntry>,
}

/// Sizes of the kernel's rings, in bytes: powers of two.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RingsFile {
    lifecycle_bytes: Option<u32>,
    bulk_bytes: Option<u32>,
}

/// The metrics server.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MetricsFile {
    enabled: Option<bool>,
    listen: Option<String>,
}

/// How the agent is to run.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Rules files and folders, in order.
    pub(crate) rules: Vec<PathBuf>,
    /// Sources whose rules take part.
    pub(crate) sources: Sources,
    /// The audit log of Kubernetes; empty where nothing of it is taken.
    pub(crate) audit: AuditSettings,
    /// Lowest priority of the rules that are loaded.
    pub(crate) priority: Priority,
    /// How alerts are printed.
    pub(crate) output: OutputFormat,
    /// Whether times in text lines are ISO 8601.
    pub(crate) iso_8601: bool,
    /// Whether one event may match several rules.
    pub(crate) matching: Matching,
    /// What is added to the outputs of rules.
    pub(crate) append_output: Vec<AppendOutput>,
    /// Who is asked beside the kernel.
    pub(crate) facts: FactsConfig,
    /// Policies in Rego that events are held against.
    pub(crate) rego: Option<RegoConfig>,
    /// How large rules may be.
    pub(crate) limits: RuleLimits,
    /// Whether changes of rules files are noticed.
    pub(crate) watch: bool,
    /// Bytes of the lifecycle ring.
    pub(crate) lifecycle_ring_bytes: u32,
    /// Bytes of the bulk ring.
    pub(crate) bulk_ring_bytes: u32,
    /// Where the metrics are served.
    pub(crate) metrics: Option<SocketAddr>,
    /// Where alerts go.
    pub(crate) delivery: DeliveryConfig,
    /// Who talked to whom, kept on disk.
    pub(crate) ledger: LedgerConfig,
}

/// What the commands for rule authors take from the configuration.
#[derive(Clone, Debug)]
pub(crate) struct RulesConfig {
    /// Rules files and folders, in order.
    pub(crate) rules: Vec<PathBuf>,
    /// Whether one event may match several rules.
    pub(crate) matching: Matching,
    /// How large rules may be.
    pub(crate) limits: RuleLimits,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file could not be read.
    #[error("cannot read configuration file {path}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("configuration file {path}: {message}", path = .path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What the parser says, with the place.
        message: String,
    },
    /// A setting of the file cannot be used.
    #[error("configuration file {path}", path = .path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// Which, and why.
        source: Box<ConfigError>,
    },
    /// A value is not one of those that are allowed.
    #[error("{key}: `{value}` is not allowed; {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// A limit is out of its own bounds.
    #[error("limits.{name}: `{value}` is not allowed; a number from 1 to {max}")]
    Limit {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: usize,
        /// The largest value.
        max: usize,
    },
    /// Who is asked about containers cannot be.
    #[error("containers")]
    Containers(#[from] saker_container_runtimes::ConfigError),
    /// The audit log cannot be taken so.
    #[error(transparent)]
    Audit(#[from] saker_audit_intake::SettingsError),
    /// There is nowhere that events could come from.
    #[error(
        "nothing brings audit events: say where API servers send them, or which file they write, with --k8s-audit or \
         k8s_audit of the configuration file"
    )]
    NoAuditLog,
    /// An output cannot be used.
    #[error(transparent)]
    Outputs(#[from] SettingsError),
    /// What is held back cannot be told apart.
    #[error(transparent)]
    Throttle(#[from] InvalidKey),
    /// There are no rules to load.
    #[error(
        "no rules: name files or folders on the command line, or with rules_files in the \
         configuration file, or put them below {DEFAULT_RULES}"
    )]
    NoRules,
}

impl ConfigError {
    /// The same error, naming the file where it is about a setting of one.
    fn within(self, path: Option<PathBuf>) -> Self {
        match (self, path) {
            (
                error @ (Self::Value { .. }
                | Self::Limit { .. }
                | Self::Containers(_)
                | Self::Audit(_)
                | Self::Outputs(_)
                | Self::Throttle(_)),
                Some(path),
            ) => Self::Setting {
                path,
                source: Box::new(error),
            },
            (error, _) => error,
        }
    }
}

impl Config {
    /// Puts the configuration file and the command line together.
    pub(crate) fn build(
        arguments: &AlertArgs,
        metrics: Option<MetricsAddress>,
        kube: &KubeArgs,
        sources: &SourceArgs,
    ) -> Result<Self, ConfigError> {
        let (file, path) = ConfigFile::find(arguments.config.as_deref())?;
        Self::validate(file, arguments, metrics, kube, sources).map_err(|error| error.within(path))
    }

    fn validate(
        file: ConfigFile,
        arguments: &AlertArgs,
        metrics: Option<MetricsAddress>,
        kube: &KubeArgs,
        source_arguments: &SourceArgs,
    ) -> Result<Self, ConfigError> {
        let sources = Sources::build(file.sources, source_arguments)?;
        let audit = audit::audit(file.k8s_audit, &sources, source_arguments)?;
        let rules = rules_paths(&arguments.rules, file.rules_files)?;
        let priority = match (arguments.priority, file.priority) {
            (Some(priority), _) => priority,
            (None, Some(name)) => name.parse().map_err(|_| ConfigError::Value {
                key: "priority",
                value: name,
                expected: "emergency, alert, critical, error, warning, notice, informational or \
                           debug"
                    .to_owned(),
            })?,
            (None, None) => Priority::Debug,
        };
        let output = arguments.output.unwrap_or(if file.json_output {
            OutputFormat::Json
        } else {
            OutputFormat::Text
        });
        let delivery = DeliveryConfig::build(
            OutputsFile {
                stdout: file.stdout_output,
                file: file.file_output,
                syslog: file.syslog_output,
                program: file.program_output,
                http: file.http_output,
                collector: file.collector_output,
                listed: file.outputs,
            },
            file.alerts,
            file.cluster_name,
            (output, arguments.output),
        )?;
        Ok(Self {
            rules,
            sources,
            audit,
            priority,
            output,
            delivery,
            iso_8601: file.time_format_iso_8601,
            matching: matching(file.rule_matching)?,
            append_output: additions(file.append_output),
            facts: FactsConfig::build(
                &file.enrichment,
                &file.containers,
                file.kubernetes,
                kube,
                MtlsSettings {
                    rules: file.mtls,
                    mesh: file.mesh,
                },
            )?,
            rego: RegoConfig::build(file.rego, arguments.rego.as_deref())?,
            limits: file.limits.validate()?,
            watch: file.watch_config_files.unwrap_or(true),
            lifecycle_ring_bytes: ring(
                "rings.lifecycle_bytes",
                file.rings.lifecycle_bytes,
                1 << 20,
            )?,
            bulk_ring_bytes: ring("rings.bulk_bytes", file.rings.bulk_bytes, 1 << 22)?,
            metrics: metrics_address(metrics, &file.metrics)?,
            ledger: LedgerConfig::build(file.ledger)?,
        })
    }
}

impl FactsConfig {
    /// What the configuration file and the command line say of it; for commands that need nothing else of
    /// the file.
    pub(crate) fn find(config: Option<&Path>, arguments: &KubeArgs) -> Result<Self, ConfigError> {
        let (file, path) = ConfigFile::find(config)?;
        Self::build(
            &file.enrichment,
            &file.containers,
            file.kubernetes,
            arguments,
            MtlsSettings {
                rules: file.mtls,
                mesh: file.mesh,
            },
        )
        .map_err(|error| error.within(path))
    }
}

impl Config {
    /// How these rules are compiled.
    pub(crate) fn compile_options(&self) -> CompileOptions {
        CompileOptions {
            matching: self.matching,
            patterns: self.limits.patterns,
            minimum_priority: Some(self.priority),
            ..CompileOptions::default()
        }
    }
}

impl RulesConfig {
    /// Puts the configuration file and the paths of the command line together.
    pub(crate) fn build(config: Option<&Path>, paths: &[PathBuf]) -> Result<Self, ConfigError> {
        let (file, path) = ConfigFile::find(config)?;
        Self::validate(file, paths).map_err(|error| error.within(path))
    }

    fn validate(file: ConfigFile, paths: &[PathBuf]) -> Result<Self, ConfigError> {
        Ok(Self {
            rules: rules_paths(paths, file.rules_files)?,
            matching: matching(file.rule_matching)?,
            limits: file.limits.validate()?,
        })
    }

    /// How these rules are compiled; those of every priority take part.
    pub(crate) fn compile_options(&self) -> CompileOptions {
        CompileOptions {
            matching: self.matching,
            patterns: self.limits.patterns,
            ..CompileOptions::default()
        }
    }
}

/// The paths of the command line, else those of the file, else the default folder.
fn rules_paths(
    arguments: &[PathBuf],
    rules_files: Vec<PathBuf>,
) -> Result<Vec<PathBuf>, ConfigError> {
    if !arguments.is_empty() {
        Ok(arguments.to_vec())
    } else if !rules_files.is_empty() {
        Ok(rules_files)
    } else if Path::new(DEFAULT_RULES).exists() {
        Ok(vec![PathBuf::from(DEFAULT_RULES)])
    } else {
        Err(ConfigError::NoRules)
    }
}

impl ConfigFile {
    /// The named file, or the default one where it exists, with its path, or the defaults.
    fn find(path: Option<&Path>) -> Result<(Self, Option<PathBuf>), ConfigError> {
        let default = Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists());
        match path.or(default) {
            Some(path) => Ok((Self::read(path)?, Some(path.to_owned()))),
            None => Ok((Self::default(), None)),
        }
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|message| ConfigError::Parse {
            path: path.to_owned(),
            message,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let options = serde_saphyr::options! { with_snippet: false };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| message(text, &error))
    }
}

/// What the parser says; with the line, unless it names the key: 'invalid u64' says little by itself.
fn message(text: &str, error: &serde_saphyr::Error) -> String {
    let message = error.to_string();
    if message.contains('`') {
        return message;
    }
    let line = error.location().and_then(|place| {
        let index = usize::try_from(place.line()).ok()?.checked_sub(1)?;
        text.lines().nth(index)
    });
    match line {
        Some(line) if line.len() <= LINE_BYTES_SHOWN => format!("{message}: `{}`", line.trim()),
        _ => message,
    }
}

fn matching(name: Option<String>) -> Result<Matching, ConfigError> {
    match name.as_deref() {
        None | Some("first") => Ok(Matching::First),
        Some("all") => Ok(Matching::All),
        Some(_) => Err(ConfigError::Value {
            key: "rule_matching",
            value: name.unwrap_or_default(),
            expected: "first or all".to_owned(),
        }),
    }
}

fn ring(key: &'static str, bytes: Option<u32>, default: u32) -> Result<u32, ConfigError> {
    let bytes = bytes.unwrap_or(default);
    if bytes.is_power_of_two() && RING_BYTES.contains(&bytes) {
        return Ok(bytes);
    }
    Err(ConfigError::Value {
        key,
        value: bytes.to_string(),
        expected: format!(
            "a power of two from {} to {} bytes",
            RING_BYTES.start(),
            RING_BYTES.end()
        ),
    })
}

fn metrics_address(
    argument: Option<MetricsAddress>,
    file: &MetricsFile,
) -> Result<Option<SocketAddr>, ConfigError> {
    match argument {
        Some(MetricsAddress::Off) => return Ok(None),
        Some(MetricsAddress::Listen(address)) => return Ok(Some(address)),
        None => {}
    }
    if file.enabled == Some(false) {
        return Ok(None);
    }
    let Some(text) = &file.listen else {
        // Loopback: what the counters say about a host is not for everyone on its network.
        return Ok(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, METRICS_PORT))));
    };
    text.parse().map(Some).map_err(|_| ConfigError::Value {
        key: "metrics.listen",
        value: text.clone(),
        expected: format!("an address with a port, such as 0.0.0.0:{METRICS_PORT}"),
    })
}

#[cfg(test)]
mod tests;
