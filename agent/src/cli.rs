//! The command line.

mod certs;
mod explain;
mod filter;
mod mtls;
mod policy;
mod record;
mod reference;
mod rego;
mod replay;
mod rules;
mod trace;

pub(crate) use certs::CertsArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use filter::{FilterCheckArgs, FilterCommand};
pub(crate) use mtls::{
    LedgerSourceArgs, MtlsCommand, MtlsReadyArgs, MtlsReportArgs, MtlsReportFormat, span_ms,
};
pub(crate) use policy::{PolicyCheckArgs, PolicyCommand, PolicyPssArgs};
pub(crate) use record::RecordArgs;
pub(crate) use reference::{EventsArgs, FieldsArgs, ReferenceFormat};
pub(crate) use rego::{RegoCommand, RegoTestArgs};
pub(crate) use replay::{ReplayArgs, ReplaySource, TimeText};
pub(crate) use rules::{
    CheckFormat, ReportFormat, RulesBenchArgs, RulesCheckArgs, RulesCommand, RulesDiffArgs,
    RulesListArgs, RulesTestArgs, TestFormat,
};
pub(crate) use trace::{TraceArgs, TraceFormat, TraceSource};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use saker_rule_language::Priority;
use std::net::SocketAddr;
use std::path::PathBuf;

const RUN_EXAMPLES: &str = "\
Examples:
  saker run --rules /etc/saker/rules.d
  saker run -r rules -r my_rules.yaml --priority notice
  saker run -r falco_rules.yaml --output json | jq .output_fields

Signals: SIGHUP reloads the rules, SIGINT and SIGTERM end the agent cleanly.
Exit codes: 0 ended by a signal, 1 the host lacks something, 2 bad rules, configuration or usage.";

const DOCTOR_EXAMPLES: &str = "\
Exit codes: 0 the agent can run here, 1 it cannot.";

/// Runtime security agent for Linux and Kubernetes.
///
/// Saker watches processes, files and connections from the kernel and raises an alert when a rule in
/// Falco's rule language matches.
#[derive(Debug, Parser)]
#[command(
    name = "saker",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch this host and print an alert for each rule that matches.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Play captures and print an alert for each rule that matches, as if it happened now.
    #[command(after_help = replay::REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
    /// Say what this host supports and what is lost where it does not.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Check, list, test and measure rules.
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Record events of this host into a file, to be played later.
    #[command(after_help = record::RECORD_EXAMPLES)]
    Record(RecordArgs),
    /// Print events as a tracer of system calls does, live or from a capture.
    #[command(after_help = trace::TRACE_EXAMPLES)]
    Trace(TraceArgs),
    /// Say why a rule matches an event or does not.
    #[command(after_help = explain::EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Look up the fields that conditions and outputs may name.
    #[command(after_help = reference::FIELDS_EXAMPLES)]
    Fields(FieldsArgs),
    /// Look up the events that rules may name.
    #[command(after_help = reference::EVENTS_EXAMPLES)]
    Events(EventsArgs),
    /// Check conditions by themselves.
    Filter {
        /// What to do with them.
        #[command(subcommand)]
        command: FilterCommand,
    },
    /// Say who talks to whom, and whether mutual TLS could be demanded of them.
    Mtls {
        /// What to say.
        #[command(subcommand)]
        command: Box<MtlsCommand>,
    },
    /// Say what the cluster's own policies say.
    Policy {
        /// What to say.
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Make certificates for development: for a collector and for agents.
    #[command(after_help = certs::CERTS_EXAMPLES)]
    Certs(CertsArgs),
    /// Print a shell's completion script.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print generated documentation.
    #[command(hide = true)]
    Docs {
        /// Which page.
        page: Page,
    },
}

/// A generated page.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Page {
    /// docs/events.md
    Events,
    /// docs/fields.md
    Fields,
    /// The agent's part of docs/metrics.md
    Metrics,
}

/// Options of `saker run`. What is given here wins over the configuration file.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Which alerts are raised and how they are printed.
    #[command(flatten)]
    pub(crate) alerts: AlertArgs,

    /// File that tells a second agent that one runs already.
    #[arg(long, value_name = "FILE", default_value = crate::single_instance::LOCK_FILE)]
    pub(crate) pid_file: PathBuf,

    /// Address that serves /metrics, /healthz and /readyz, or `off`.
    #[arg(long, value_name = "ADDR:PORT|off")]
    pub(crate) metrics: Option<MetricsAddress>,

    /// Where the cluster is.
    #[command(flatten)]
    pub(crate) kube: KubeArgs,

    /// What events come from.
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
}

/// Which alerts are raised and how they are printed. What is given here wins over the configuration file.
#[derive(Debug, Args)]
pub(crate) struct AlertArgs {
    /// Configuration file; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Rules file, or folder of .yaml and .yml files; repeatable, loaded in this order.
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,

    /// Lowest priority of the rules that are loaded: emergency, alert, critical, error, warning,
    /// notice, informational or debug.
    #[arg(short, long, visible_alias = "minimum-priority", value_name = "LEVEL")]
    pub(crate) priority: Option<Priority>,

    /// How alerts are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<OutputFormat>,

    /// Folder of policies in Rego, or one file, that events are held against: what they say is in the fields
    /// rego.*, which rules turn into alerts.
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) rego: Option<PathBuf>,
}

/// What events come from.
#[derive(Debug, Default, Args)]
pub(crate) struct SourceArgs {
    /// Only rules of this source take part; repeatable. Without `syscall` and `flow` nothing is loaded into the kernel,
    /// and no privilege is needed.
    #[arg(long, visible_alias = "enable-source", value_name = "SOURCE")]
    pub(crate) source: Vec<String>,

    /// No rules of this source take part; repeatable.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) disable_source: Vec<String>,

    /// Audit log of Kubernetes: where to listen for API servers, such as https://:9765/k8s-audit, or a file or folder
    /// that one writes.
    #[arg(long, value_name = "URL|FILE|DIR")]
    pub(crate) k8s_audit: Option<String>,
}

/// Where the cluster is.
#[derive(Debug, Default, Args)]
pub(crate) struct KubeArgs {
    /// File that says where the Kubernetes API server is, as kubectl uses it. Without it, the cluster that
    /// this pod runs in; outside of pods nobody is asked.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// Folder of manifests (YAML or JSON), or one file, that say what the cluster has: instead of the API server,
    /// which is not asked then. Read again when they change, and on SIGHUP.
    #[arg(long, value_name = "DIR|FILE", conflicts_with = "kubeconfig")]
    pub(crate) manifests: Option<PathBuf>,

    /// Name of this node in the cluster; else SAKER_NODE_NAME, NODE_NAME or the host's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) node_name: Option<String>,
}

/// How alerts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// One line for people, coloured on a terminal.
    Text,
    /// One JSON object a line, with Falco's keys.
    Json,
}

/// Where the metrics are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsAddress {
    /// Nowhere.
    Off,
    /// On this address.
    Listen(SocketAddr),
}

impl std::str::FromStr for MetricsAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::Listen).map_err(|_| {
            format!("`{text}` is neither `off` nor an address with a port, such as 127.0.0.1:9376")
        })
    }
}

/// Options of `saker doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Load and attach every kernel program once, and print one line of JSON.
    #[arg(long)]
    pub(crate) load: bool,

    /// Configuration file, for the sockets of runtimes and the cluster; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// How the findings are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: OutputFormat,

    /// Where the cluster is.
    #[command(flatten)]
    pub(crate) kube: KubeArgs,
}

/// A shell's completion script.
pub(crate) fn completion_script(shell: Shell) -> Vec<u8> {
    // Written to memory, because clap_complete panics where writing fails, as into `head`.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "saker", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn metrics_addresses() {
        assert_eq!("off".parse(), Ok(MetricsAddress::Off));
        assert!("127.0.0.1:9376".parse::<MetricsAddress>().is_ok());
        assert!("9376".parse::<MetricsAddress>().is_err());
    }
}
