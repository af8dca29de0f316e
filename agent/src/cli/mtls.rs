//! The command line of `saker mtls`.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use jiff::{Span, Timestamp};
use std::path::PathBuf;

/// What `saker mtls report --help` ends with.
pub(super) const REPORT_EXAMPLES: &str = "\
The ledger is what the agent of a node keeps of its connections. Several, of several nodes, are put together; a
collector has those of all nodes.

Examples:
  saker mtls report
  saker mtls report --ledger worker-1.ledger --ledger worker-2.ledger --namespace shop
  saker mtls report --collector https://collector.example:9377 --tls-ca ca.crt --tls-certificate me.crt --tls-key me.key
  saker mtls report --since 7d --output json
  saker mtls report --namespace shop --output mermaid > shop.mmd

Exit codes: 0 printed, 2 a ledger cannot be read, or usage is wrong.";

/// What `saker mtls ready --help` ends with.
pub(super) const READY_EXAMPLES: &str = "\
Says who would break if mutual TLS were demanded of everybody (PeerAuthentication STRICT), by what was seen.

Examples:
  saker mtls ready --namespace shop
  saker mtls ready --namespace shop --since 14d --collector https://collector.example:9377
  saker mtls ready --namespace shop --output json | jq '.breaks[].caller.name'

Exit codes: 0 nobody would break, 1 somebody would, 2 not enough was seen to say so: a node was not observed, a
workload had no traffic, what somebody speaks was not recognised, or a ledger cannot be read.";

/// What to do with what is known of encryption.
#[derive(Debug, Subcommand)]
pub(crate) enum MtlsCommand {
    /// Say who talks to whom, since when, and how it is protected.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(MtlsReportArgs),
    /// Say whether a namespace could demand mutual TLS of everybody without breaking anyone.
    #[command(after_help = READY_EXAMPLES)]
    Ready(MtlsReadyArgs),
}

/// Options of `saker mtls report`.
#[derive(Debug, Args)]
pub(crate) struct MtlsReportArgs {
    /// Which ledgers.
    #[command(flatten)]
    pub(crate) source: LedgerSourceArgs,

    /// Only connections from or to this namespace.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    /// Only connections seen since then: a time, or how long ago, such as 12h or 7d.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) since: Option<Moment>,

    /// How the report is printed.
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub(crate) output: MtlsReportFormat,
}

/// Options of `saker mtls ready`.
#[derive(Debug, Args)]
pub(crate) struct MtlsReadyArgs {
    /// Which ledgers.
    #[command(flatten)]
    pub(crate) source: LedgerSourceArgs,

    /// The namespace.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: String,

    /// Since when everything must have been seen: a time, or how long ago.
    #[arg(long, value_name = "TIME", value_parser = moment, default_value = "7d")]
    pub(crate) since: Moment,

    /// File or folder of manifests, of which the pods say which workloads the namespace has, beside what
    /// the ledgers know.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) manifests: Option<PathBuf>,

    /// Until when, such as when the ledgers were copied.
    #[arg(long, value_name = "TIME", value_parser = moment, default_value = "0s")]
    pub(crate) until: Moment,

    /// How long a node may not have been observed, at a time: agents are restarted.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2m")]
    pub(crate) tolerate: Span,

    /// How the answer is printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: super::ReportFormat,
}

/// Which ledgers.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("from").multiple(false))]
pub(crate) struct LedgerSourceArgs {
    /// Ledger of a node; repeatable. Unless anything is named: that of this node.
    #[arg(short, long, value_name = "FILE", group = "from")]
    pub(crate) ledger: Vec<PathBuf>,

    /// A collector, which has the ledgers of all nodes.
    #[arg(long, value_name = "URL", group = "from")]
    pub(crate) collector: Option<String>,

    /// Only ledgers of this cluster.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,

    /// PEM file of the authorities that may vouch for the collector, instead of the system's.
    #[arg(long, value_name = "FILE", requires = "collector")]
    pub(crate) tls_ca: Option<PathBuf>,

    /// PEM file of the certificate to show to the collector; it must be one that may subscribe.
    #[arg(
        long,
        value_name = "FILE",
        requires = "collector",
        requires = "tls_key"
    )]
    pub(crate) tls_certificate: Option<PathBuf>,

    /// PEM file of the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Configuration file, which names the ledger of this node; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MtlsReportFormat {
    /// Columns for people.
    Table,
    /// One JSON object.
    Json,
    /// A picture, as Mermaid draws it.
    Mermaid,
}

/// A time, or how long ago.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// Then.
    At(Timestamp),
    /// So long ago.
    Ago(Span),
}

impl Moment {
    /// Milliseconds since the epoch; what lies before it counts as its begin.
    pub(crate) fn wall_ms(self, now: Timestamp) -> u64 {
        let time = match self {
            Self::At(time) => time,
            Self::Ago(span) => {
                let back = || now.checked_sub(span_ms(span)).ok();
                back().unwrap_or(Timestamp::UNIX_EPOCH)
            }
        };
        u64::try_from(time.as_millisecond()).unwrap_or(0)
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(time) = text.parse() {
        return Ok(Moment::At(time));
    }
    duration(text).map(Moment::Ago).map_err(|_| {
        "it is a time such as 2026-11-21T10:00:00Z, or how long ago: 1h, 30m, 7d".to_owned()
    })
}

fn duration(text: &str) -> Result<Span, String> {
    match text.parse::<Span>() {
        Ok(span) if !span.is_negative() && span.get_months() == 0 && span.get_years() == 0 => {
            Ok(span)
        }
        _ => Err("it is a duration such as 30s, 2m or 1d12h".to_owned()),
    }
}

/// The duration in milliseconds, days being of 24 hours.
pub(crate) fn span_ms(span: Span) -> jiff::SignedDuration {
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .unwrap_or(jiff::SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
            ("1d", "2026-11-20T10:00:00Z"),
            ("1w1h", "2026-11-14T09:00:00Z"),
            ("0s", "2026-11-21T10:00:00Z"),
            ("90000d", "1970-01-01T00:00:00Z"),
        ] {
            let expected: Timestamp = expected.parse().unwrap();
            let expected = u64::try_from(expected.as_millisecond()).unwrap();
            assert_eq!(moment(text).unwrap().wall_ms(now), expected, "{text}");
        }
        for wrong in ["", "7", "-1h", "yesterday", "2mo", "1y"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
