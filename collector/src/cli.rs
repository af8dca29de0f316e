//! The command line.

use crate::query::QueryArgs;
use crate::roles::Roles;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::net::SocketAddr;
use std::path::PathBuf;

const SERVE_EXAMPLES: &str = "\
Examples:
  saker-collector serve
  saker-collector serve --config collector.yaml
  saker-collector serve --role ingest --config collector.yaml

Without a configuration it listens on loopback, queues and stores below /var/lib/saker-collector.

Signals: SIGINT and SIGTERM end it cleanly: what was taken is stored or stays queued.
Exit codes: 0 ended by a signal, 1 something it needs failed, 2 bad configuration or usage.";

const CHECK_EXAMPLES: &str = "\
Examples:
  saker-collector check --config collector.yaml
  saker-collector check --config collector.yaml --connect

Exit codes: 0 it can be used, 1 something cannot be reached, 2 bad configuration or usage.";

const QUERY_EXAMPLES: &str = "\
Examples:
  saker-collector query --since 1h --priority warning
  saker-collector query --namespace prod --pod web-0 --output json

Exit codes: 0 done, 1 the store failed, 2 bad configuration or usage.";

const DEAD_LETTERS_EXAMPLES: &str = "\
Examples:
  saker-collector dead-letters list --sink siem
  saker-collector dead-letters retry --sink siem
  saker-collector dead-letters purge --id 17 --id 18

Exit codes: 0 done, 1 the store failed, 2 bad configuration or usage.";

/// Takes alerts from Saker's agents, keeps them and passes them on.
///
/// Agents deliver to it over gRPC. It acknowledges what its queue has made durable; workers store alerts, put
/// repeats together and tell the sinks; whoever subscribes gets a feed.
#[derive(Debug, Parser)]
#[command(
    name = "saker-collector",
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
    /// Take alerts from agents, store them and pass them on, until a signal comes.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Show alerts of the store, the newest first.
    #[command(after_help = QUERY_EXAMPLES)]
    Query(Box<QueryArgs>),
    /// List what sinks were not told, and let them be told after all.
    #[command(after_help = DEAD_LETTERS_EXAMPLES)]
    DeadLetters {
        /// What to do with them.
        #[command(subcommand)]
        command: DeadLettersCommand,
    },
    /// Check a configuration.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
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
    /// The collector's part of docs/metrics.md
    Metrics,
}

/// Which configuration. What is given here wins over the file.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file; /etc/saker/collector.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_COLLECTOR_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Folder of the embedded queue and of SQLite.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// Options of `saker-collector serve`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ServeArgs {
    /// Which configuration.
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// What this process does: ingest, worker, feed, several with commas, or all.
    #[arg(long, value_name = "ROLES", default_value_t)]
    pub(crate) role: Roles,

    /// Address that agents deliver to and subscribers connect to.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,

    /// Address that serves /metrics, /healthz and /readyz, or `off`.
    #[arg(long, value_name = "ADDR:PORT|off")]
    pub(crate) metrics: Option<MetricsAddress>,
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
            format!("`{text}` is neither `off` nor an address with a port, such as 127.0.0.1:9378")
        })
    }
}

/// Options of `saker-collector check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Which configuration.
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// What the process is to do: ingest, worker, feed, several with commas, or all.
    #[arg(long, value_name = "ROLES", default_value_t)]
    pub(crate) role: Roles,

    /// Also ask queue and store for a sign of life; makes their files and tables where there are none.
    #[arg(long)]
    pub(crate) connect: bool,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// List them, the newest first.
    List {
        /// Which ones.
        #[command(flatten)]
        which: DeadLettersArgs,

        /// No more than these.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,

        /// How they are printed.
        #[arg(
            short,
            long,
            value_enum,
            value_name = "FORMAT",
            default_value = "table"
        )]
        output: ListFormat,
    },
    /// Let the sinks be told after all.
    Retry {
        /// Which ones; all of them if nothing is said.
        #[command(flatten)]
        which: DeadLettersArgs,
    },
    /// Forget them; the alerts stay in the store.
    Purge {
        /// Which ones.
        #[command(flatten)]
        which: DeadLettersArgs,

        /// All of them, which must be said.
        #[arg(long, conflicts_with_all = ["sink", "id"])]
        all: bool,
    },
}

/// Which dead letters.
#[derive(Debug, Args)]
pub(crate) struct DeadLettersArgs {
    /// Which configuration.
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Those of this sink.
    #[arg(long, value_name = "NAME")]
    pub(crate) sink: Option<String>,

    /// The one with this id, as `list` prints it; repeatable.
    #[arg(long, value_name = "ID")]
    pub(crate) id: Vec<i64>,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Columns for people.
    Table,
    /// One JSON object a line.
    Json,
}

/// A shell's completion script.
pub(crate) fn completion_script(shell: Shell) -> Vec<u8> {
    // Written to memory, because clap_complete panics where writing fails, as into `head`.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "saker-collector", &mut script);
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
        assert!("127.0.0.1:9378".parse::<MetricsAddress>().is_ok());
        assert!("9378".parse::<MetricsAddress>().is_err());
    }

    #[test]
    fn purging_everything_must_be_said() {
        let parse = |arguments: &[&str]| Cli::try_parse_from(arguments);
        assert!(parse(&["saker-collector", "dead-letters", "purge", "--all"]).is_ok());
        assert!(
            parse(&[
                "saker-collector",
                "dead-letters",
                "purge",
                "--all",
                "--sink",
                "a"
            ])
            .is_err()
        );
    }
}
