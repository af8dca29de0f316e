//! `saker fields` and `saker events`: the reference, as far as it is asked for.

use clap::{Args, ValueEnum};

pub(super) const FIELDS_EXAMPLES: &str = "\
Examples:
  saker fields                      every field
  saker fields proc                 those that begin with proc
  saker fields fd.name              all about one: operators, example, whether it has values
  saker fields --source k8s_audit   those of the Kubernetes audit log
  saker fields --source flow        those of connections
  saker fields --output json | jq -r '.fields[] | select(.values == \"no\") | .name'

Exit codes: 0 found, 2 no field has this name.";

pub(super) const EVENTS_EXAMPLES: &str = "\
Examples:
  saker events                    every event that Saker reports
  saker events openat             all about one: arguments, where it is seen
  saker events --all              also the names that rules may use and that never occur

Exit codes: 0 found, 2 no event has this name.";

/// Options of `saker fields`.
#[derive(Debug, Args)]
pub(crate) struct FieldsArgs {
    /// A field, or what the names of several begin with.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Only fields that events of this source have.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,

    /// How the fields are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReferenceFormat,
}

/// Options of `saker events`.
#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// An event, or what the names of several begin with.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Also the names that rules may use and that never occur.
    #[arg(short, long)]
    pub(crate) all: bool,

    /// How the events are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReferenceFormat,
}

/// How a part of the reference is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReferenceFormat {
    /// A table for people.
    Text,
    /// Tables in Markdown.
    Markdown,
    /// One JSON object.
    Json,
}
