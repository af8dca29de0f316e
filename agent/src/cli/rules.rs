//! `saker rules`: the commands for those who write rules.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const CHECK_EXAMPLES: &str = "\
Examples:
  saker rules check rules
  saker rules check falco_rules.yaml site_rules.yaml     files that belong together
  saker rules check --strict rules                       in CI: warnings and hints fail, too
  saker rules check --output sarif rules > saker.sarif   for code review
  saker rules check --output json rules | jq -r '.findings[] | .code'

All files are checked as one set, in the order in which they are given. Errors keep the set from
loading. Warnings are Falco's. Hints (LINT_…) are about rules that load and do not do what they look
like.
Exit codes: 0 the rules load, 2 they do not (with --strict: or there is a warning or hint).";

const LIST_EXAMPLES: &str = "\
Examples:
  saker rules list rules
  saker rules list --tag mitre_persistence --long rules
  saker rules list --output json rules | jq -r '.rules[] | select(.enabled | not) | .name'

Exit codes: 0 the rules load, 2 they do not.";

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Say everything that is wrong with rules, and what looks mistaken.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(RulesCheckArgs),
    /// List rules with their priorities, tags and event types.
    #[command(after_help = LIST_EXAMPLES)]
    List(RulesListArgs),
}

/// Options of `saker rules check`.
#[derive(Debug, Args)]
pub(crate) struct RulesCheckArgs {
    /// Rules files, or folders of .yaml and .yml files, loaded in this order.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,

    /// Configuration file, for its limits; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// How the findings are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: CheckFormat,

    /// Fail for warnings and hints, too.
    #[arg(short = 'W', long)]
    pub(crate) strict: bool,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// With the lines they are about, coloured on a terminal.
    Text,
    /// One JSON object; docs/rules.md describes it.
    Json,
    /// SARIF 2.1.0, as code review tools read it.
    Sarif,
    /// As `falco --validate` with `json_output` prints it; without hints.
    FalcoJson,
}

/// Options of `saker rules list`.
#[derive(Debug, Args)]
pub(crate) struct RulesListArgs {
    /// Rules files, or folders of .yaml and .yml files; by default those that `saker run` would load.
    #[arg(value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,

    /// Configuration file; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// How the rules are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ListFormat,

    /// Only rules with this tag; repeatable: with one of them.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,

    /// Only rules about events of this source.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,

    /// Print descriptions, and every event type.
    #[arg(short, long)]
    pub(crate) long: bool,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table for people.
    Text,
    /// One JSON object.
    Json,
}
