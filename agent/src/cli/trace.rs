//! The command line of `saker trace`.

use clap::{Args, ValueEnum};
use saker_rule_fields::{FLOW_SOURCE, SYSCALL_SOURCE};
use std::path::PathBuf;

/// What `saker trace --help` ends with.
pub(crate) const TRACE_EXAMPLES: &str = "\
Shows events as they are, before any rule: live from the kernel, or from a capture. A filter is a \
condition of the rule language; `saker fields` lists what it and --fields may name.

Examples:
  saker trace --filter 'evt.type in (open, openat) and fd.name startswith /etc'
  saker trace --filter 'proc.name = nginx' --fields evt.time,evt.type,fd.name,evt.res
  saker trace --source flow --filter 'flow.security = plaintext and not flow.loopback'
  saker trace --capture incident.scap --filter 'evt.type = connect' --count 20
  saker trace --capture incident.scap --fields proc.cmdline | jq -r '.[\"proc.cmdline\"]'

On a terminal events are lines of a table; elsewhere JSON objects, one a line.

Exit codes: 0 ended, 1 the host lacks something, 2 filter, capture or usage are wrong.";

/// What is shown of a system call.
const CALL_FIELDS: &str = "evt.time,proc.pid,proc.name,evt.type,evt.res,evt.args";

/// What is shown of a connection.
const FLOW_FIELDS: &str = "evt.time,proc.pid,proc.name,evt.type,flow.role,fd.name,flow.security,flow.protocol,flow.reason";

/// Options of `saker trace`.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// Read events from this capture (Falco's .scap or a recording of Saker) instead of the kernel.
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,

    /// Which events: system calls and the like, or what becomes known of connections.
    #[arg(long, value_enum, value_name = "SOURCE", default_value = "syscall")]
    pub(crate) source: TraceSource,

    /// Show only events that this condition holds for.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,

    /// Fields to show, in this order.
    #[arg(
        long,
        value_name = "FIELD,…",
        value_delimiter = ',',
        default_value = CALL_FIELDS,
        default_value_if("source", "flow", FLOW_FIELDS)
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

/// Which events are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceSource {
    /// System calls and tracepoints.
    Syscall,
    /// Connections: what they are, that they ended, and DNS messages.
    Flow,
}

impl TraceSource {
    /// The source as rules name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Syscall => SYSCALL_SOURCE,
            Self::Flow => FLOW_SOURCE,
        }
    }
}
