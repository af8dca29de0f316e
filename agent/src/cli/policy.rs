//! `saker policy`: what the cluster's own policies say.

use super::{RegoCommand, ReportFormat};
use clap::{Args, Subcommand};
use saker_policy_audit::pod_security::{Level, Version};
use std::path::PathBuf;

const CHECK_EXAMPLES: &str = "\
FLOW.json is one flow, an array of flows, or one flow a line; `-` is standard input. An end is a pod by its \
name, or an address:

  {\"source\": {\"pod\": \"shop/web-0\"},
   \"destination\": {\"pod\": \"shop/db-0\"}, \"port\": 5432, \"protocol\": \"tcp\"}
  {\"source\": {\"ip\": \"192.0.2.7\"}, \"destination\": {\"ip\": \"10.0.3.4\", \"port\": 8080}}

Examples:
  saker policy check --flow flow.json --manifests manifests/
  kubectl get pods,namespaces,networkpolicies,nodes,services -A -o json > cluster.json
  saker policy check --flow flows.json --manifests cluster.json --output json
  saker policy check --flow expected.json --manifests manifests/ --fail-on-denied     in CI

Exit codes: 0 every flow is judged, 1 with --fail-on-denied: a flow is denied, 2 the flows, the manifests or \
usage are wrong.";

/// What `saker policy pss --help` ends with.
const PSS_EXAMPLES: &str = "\
Judges pods, and the templates that workloads make pods from, by the Pod Security Standards, as the admission of
Kubernetes does in that version.

Examples:
  saker policy pss --level restricted deployment.yaml
  saker policy pss --level baseline --version v1.30 all.yaml --output json
  kubectl get pods -A -o json | saker policy pss --level restricted -

Exit codes: 0 all meet the level, 1 some do not, 2 the file cannot be used, or usage is wrong.";

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what the policies of a cluster say of flows.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(PolicyCheckArgs),
    /// Say whether pods meet a level of the Pod Security Standards, and if not, why.
    #[command(after_help = PSS_EXAMPLES)]
    Pss(PolicyPssArgs),
    /// Test policies in Rego.
    Rego {
        /// What to do with them.
        #[command(subcommand)]
        command: RegoCommand,
    },
}

/// Options of `saker policy check`.
#[derive(Debug, Args)]
pub(crate) struct PolicyCheckArgs {
    /// Flows, as JSON; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) flow: PathBuf,

    /// Folder of manifests (YAML or JSON), or one file, that say what the cluster has.
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) manifests: PathBuf,

    /// How the verdicts are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,

    /// Exit with 1 if a flow is denied.
    #[arg(long)]
    pub(crate) fail_on_denied: bool,
}

/// Options of `saker policy pss`.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub(crate) struct PolicyPssArgs {
    /// File of YAML or JSON, with any number of objects; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Level: privileged, baseline or restricted.
    #[arg(short, long, value_name = "LEVEL")]
    pub(crate) level: Level,

    /// Version of Kubernetes whose controls are meant, such as v1.30.
    #[arg(short, long, value_name = "VERSION", default_value = "latest")]
    pub(crate) version: Version,

    /// How the answer is printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}
