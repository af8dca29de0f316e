//! The command line of `saker record`.

use super::AlertArgs;
use bytesize::ByteSize;
use clap::Args;
use saker_rule_language::{IntervalError, parse_interval};
use std::path::PathBuf;
use std::time::Duration;

/// What `saker record --help` ends with.
pub(crate) const RECORD_EXAMPLES: &str = "\
A recording holds the events of this host with everything that rules may ask about them. `saker replay` \
raises the same alerts from it, with the same ids, wherever it is played; `saker trace --capture`, \
`saker rules diff` and cases of rules read it as well. docs/recording-format.md describes the file.

Examples:
  saker record incident.saker                            until Ctrl-C
  saker record night.saker --duration 8h --max-size 2GiB
  saker record web.saker --filter 'proc.name = nginx or proc.aname = nginx'
  saker record ci.saker -r rules --output json           also raise alerts meanwhile

With a filter, events that change what is known of processes (fork, exec, exit, …) are recorded as well, \
so that those that match mean the same when they are played; rules do not see them.

Arguments and environments of programs are part of a recording, secrets in them included: only the owner \
may read the file. What was written within the last second is missing after a crash, nothing else.

Exit codes: 0 ended by a signal, the duration or the size, 1 the host lacks something or the file cannot \
be written, 2 wrong filter, rules or usage.";

/// Options of `saker record`.
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// File to write; it must not exist yet.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Record only events that this condition holds for.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,

    /// Stop after this time, such as 30s, 1h30m or 2d.
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub(crate) duration: Option<Duration>,

    /// Stop before the file has more bytes, such as 100MiB or 2GB.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_size: Option<ByteSize>,

    /// Replace the file if it exists.
    #[arg(long)]
    pub(crate) force: bool,

    /// Alerts to raise while recording; none without --rules.
    #[command(flatten)]
    pub(crate) alerts: AlertArgs,

    /// Say nothing of progress and counts.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Least size that leaves room for what is known at the begin.
const SIZE_MIN: ByteSize = ByteSize::mib(1);

fn duration(text: &str) -> Result<Duration, IntervalError> {
    let duration = parse_interval(text)?;
    if duration.is_zero() {
        return Err(IntervalError::Malformed(text.to_owned()));
    }
    Ok(duration)
}

fn size(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse()?;
    if size < SIZE_MIN {
        return Err(format!(
            "{SIZE_MIN} is the least, the processes of the begin take room"
        ));
    }
    Ok(size)
}
