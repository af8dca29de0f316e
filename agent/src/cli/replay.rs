//! The command line of `saker replay`.

use super::AlertArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What `saker replay --help` ends with.
pub(crate) const REPLAY_EXAMPLES: &str = "\
A capture holds what happened on a host: Falco's .scap files, plain or compressed with gzip, and \
recordings of `saker record`. Rules see its events as they see those of a live host, with Falco's event \
numbers; the alerts are those of `saker run`, at the times of the capture and in the name of its host.

Examples:
  saker replay incident.scap --rules rules
  saker replay incident.scap -r falco_rules.yaml -r site.yaml --output json | jq .output_fields
  saker replay node-*.scap.gz -r rules --tag mitre_persistence --priority warning
  ssh node-7 cat /var/tmp/trace.scap | saker replay - -r rules
  saker replay incident.scap -r rules --time iso-8601 > alerts.txt
  saker replay incident.scap -r rules --deliver --config saker.yaml
  saker replay --source k8s_audit audit.log -r rules/80-k8s-audit.yaml

Alerts go to standard output, what was counted to standard error.

Exit codes: 0 played to the end and every alert delivered, 1 alerts were not delivered, 2 bad rules, configuration or usage, or a \
capture that is damaged (alerts up to the damage were raised) or none.";

/// Options of `saker replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Captures, played in this order; `-` reads standard input. Of the audit log: files with an event a line, and
    /// folders of these.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,

    /// What is played: captures of system calls, or the audit log of Kubernetes.
    #[arg(long, value_enum, value_name = "SOURCE", default_value = "syscall")]
    pub(crate) source: ReplaySource,

    /// Which alerts are raised and how they are printed.
    #[command(flatten)]
    pub(crate) alerts: AlertArgs,

    /// Only rules with this tag; repeatable: with one of them.
    #[arg(short, long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,

    /// No rules with this tag; repeatable.
    #[arg(short = 'T', long, value_name = "TAG", conflicts_with = "tag")]
    pub(crate) disable_tag: Vec<String>,

    /// No rules of this name, in which `*` stands for any text; repeatable.
    #[arg(short = 'D', long, value_name = "NAME")]
    pub(crate) disable_rule: Vec<String>,

    /// Name of the host in alerts; unless given, the one that the capture tells.
    #[arg(long, value_name = "NAME", env = "SAKER_HOSTNAME")]
    pub(crate) hostname: Option<String>,

    /// How lines begin: with the time of day, local time, or the whole time in UTC. Unless given, as
    /// time_format_iso_8601 of the configuration says.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) time: Option<TimeText>,

    /// Deliver alerts to all outputs of the configuration, and heed what it says of repetitions. Without it, all
    /// alerts go to standard output and nowhere else: a capture that is played is to page nobody.
    #[arg(long)]
    pub(crate) deliver: bool,

    /// Do not say what was counted.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplaySource {
    /// Captures of system calls.
    Syscall,
    /// The audit log of Kubernetes.
    #[value(name = "k8s_audit")]
    K8sAudit,
}

/// How times are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimeText {
    /// 16:17:57.881781397
    TimeOfDay,
    /// 2016-08-04T16:17:57.881781397+0000
    #[value(name = "iso-8601")]
    Iso8601,
}
