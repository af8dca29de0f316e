//! The command line of `saker trace`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What `saker trace --help` ends with.
pub(crate) const TRACE_EXAMPLES: &str = "\
Shows events as they are, before any rule: live from the kernel, or from a capture. A filter is a \
condition of the rule language; `saker fields` lists what it and --fields may name.

Examples:
  saker trace --filter 'evt.type in (open, openat) and fd.name startswith /etc'
  saker trace --filter 'proc.name = nginx' --fields evt.time,evt.type,fd.name,evt.res
  saker trace --capture incident.scap --filter 'evt.type = connect' --count 20
  saker trace --capture incident.scap --fields proc.cmdline | jq -r '.[\"proc.cmdline\"]'

On a terminal events are lines of a table; elsewhere JSON objects, one a line.

Exit codes: 0 ended, 1 the host lacks something, 2 filter, capture or usage are wrong.";

/// Options of `saker trace`.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// Read events from this capture (Falco's .scap or a recording of Saker) instead of the kernel.
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,

    /// Show only events that this condition holds for.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,

    /// Fields to show, in this order.
    #[arg(
        long,
        value_name = "FIELD,…",
        value_delimiter = ',',
        default_value = "evt.time,proc.pid,proc.name,evt.type,evt.res,evt.args"
    )]
    pub(crate) fields: Vec<String>,

    /// Stop after so many events.
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,

    /// How events are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "auto")]
    pub(crate) output: TraceFormat,
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// A table on a terminal, else JSON.
    Auto,
    /// A table.
    Text,
    /// One JSON object a line.
    Json,
}
