//! `saker filter`: conditions by themselves.

use clap::{ArgGroup, Args, Subcommand};

const CHECK_EXAMPLES: &str = "\
Examples:
  saker filter check 'evt.type = open and fd.name startswith /etc'
  printf '%s\\n' '\"proc.name = cat\"' | saker filter check --stdin

With --stdin each line is one filter as a JSON string, and one line answers it at once:
  {\"valid\":true}
  {\"valid\":false,\"error\":\"…\"}

Exit codes: 0 all are valid (with --stdin: all were answered), 2 one is not.";

/// What to do with filters.
#[derive(Debug, Subcommand)]
pub(crate) enum FilterCommand {
    /// Say whether conditions are valid.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(FilterCheckArgs),
}

/// Options of `saker filter check`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("filters").required(true))]
pub(crate) struct FilterCheckArgs {
    /// Conditions, each by itself; they cannot name lists or macros.
    #[arg(value_name = "EXPR", group = "filters")]
    pub(crate) expressions: Vec<String>,

    /// Read conditions from standard input, one JSON string a line.
    #[arg(long, group = "filters")]
    pub(crate) stdin: bool,

    /// Look at the grammar only, not at the fields and their types.
    #[arg(long)]
    pub(crate) parse_only: bool,

    /// Source of the events whose fields may be named.
    #[arg(long, value_name = "SOURCE", default_value = saker_rule_fields::SYSCALL_SOURCE)]
    pub(crate) source: String,
}
