//! `saker mtls ready`: who would break if a namespace demanded mutual TLS.

use super::json::ReadinessJson;
use super::{LedgerSourceError, inventory, source, time_text};
use crate::cli::{MtlsReadyArgs, ReportFormat, span_ms};
use crate::commands::layout::{Table, line, visible};
use crate::commands::{print, print_json};
use jiff::Timestamp;
use saker_encryption_ledger::{
    Breakage, Demand, DoubtReason, MeshProxy, Readiness, Verdict, Why, peer_authentication,
};
use std::collections::BTreeSet;
use std::process::ExitCode;

/// Gaps that are named; of more, how many there are.
const GAPS_SHOWN: usize = 3;

/// Exit codes.
const BREAKS: u8 = 1;
const UNCERTAIN: u8 = 2;

/// Says who would break.
pub(crate) fn run(arguments: &MtlsReadyArgs) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    let until_wall_ms = arguments.until.wall_ms(now);
    let until = i64::try_from(until_wall_ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let since_wall_ms = arguments.since.wall_ms(until.unwrap_or(now));
    let ledger = source::ledger(&arguments.source, since_wall_ms)?;
    let clusters = ledger.nodes().map(|node| &node.name.cluster);
    if clusters.collect::<BTreeSet<_>>().len() > 1 {
        // What one has of nodes and namespaces would count for the other.
        return Err(LedgerSourceError::Clusters.into());
    }
    let tolerated_ms = span_ms(arguments.tolerate).as_millis();
    let mut demand = Demand {
        namespace: arguments.namespace.as_str().into(),
        since_wall_ms,
        until_wall_ms,
        tolerated_gap_ms: u64::try_from(tolerated_ms).unwrap_or(0),
        ..Demand::default()
    };
    if let Some(manifests) = &arguments.manifests {
        inventory::add(&mut demand, manifests)?;
    }
    let readiness = Readiness::of(&ledger, demand);
    let verdict = readiness.verdict();
    let policy = (verdict != Verdict::Uncertain).then(|| peer_authentication(&readiness));
    match arguments.output {
        ReportFormat::Json => print_json(&ReadinessJson::of(&readiness, policy))?,
        ReportFormat::Text => print(&text(&readiness, policy.as_deref()))?,
    }
    Ok(match verdict {
        Verdict::Ready => ExitCode::SUCCESS,
        Verdict::Breaks => ExitCode::from(BREAKS),
        Verdict::Uncertain => ExitCode::from(UNCERTAIN),
    })
}

fn text(readiness: &Readiness, policy: Option<&str>) -> String {
    let mut text = String::new();
    let namespace = visible(&readiness.demand.namespace);
    let since = time_text(readiness.demand.since_wall_ms);
    let headline = match readiness.verdict() {
        Verdict::Ready => format!("STRICT would break nobody, by what was seen since {since}"),
        Verdict::Breaks => format!(
            "STRICT would break {} of those that called since {since}",
            readiness.breakages.len()
        ),
        Verdict::Uncertain => {
            format!("not enough was seen since {since} to say that STRICT would break nobody")
        }
    };
    line(&mut text, format_args!("{namespace}: {headline}"));
    if !readiness.breakages.is_empty() {
        text.push('\n');
        breakages(&mut text, &readiness.breakages);
    }
    if !readiness.doubts.is_empty() {
        line(&mut text, format_args!("\nNot certain:"));
        let mut table = Table::default();
        for doubt in &readiness.doubts {
            table.row([doubt.subject.to_string(), doubt_text(&doubt.reason)]);
        }
        table.write(&mut text, 2);
    }
    if !readiness.unenforced.is_empty() {
        line(
            &mut text,
            format_args!("\nWithout a proxy, so that nothing would enforce it:"),
        );
        for workload in &readiness.unenforced {
            line(&mut text, format_args!("  {}", visible(workload)));
        }
    }
    if !readiness.datagram_only.is_empty() {
        line(
            &mut text,
            format_args!("\nCalled over UDP alone, which mutual TLS of a mesh does not cover:"),
        );
        for workload in &readiness.datagram_only {
            line(&mut text, format_args!("  {}", visible(workload)));
        }
    }
    if let Some(policy) = policy {
        let what = match readiness.verdict() {
            Verdict::Breaks => "What can be applied meanwhile",
            Verdict::Ready | Verdict::Uncertain => "What to apply",
        };
        line(&mut text, format_args!("\n{what}:\n"));
        text.push_str(policy);
    }
    text
}

fn breakages(text: &mut String, breakages: &[Breakage]) {
    let mut table = Table::default();
    table.row([
        "CALLER",
        "CALLED",
        "WHY",
        "CONNECTIONS",
        "FIRST SEEN",
        "LAST SEEN",
    ]);
    for breakage in breakages {
        table.row([
            breakage.key.client.to_string(),
            format!("{}:{}", breakage.key.server, breakage.key.port),
            reason(breakage),
            breakage.tally.connections().to_string(),
            time_text(breakage.tally.first_wall_ms),
            time_text(breakage.tally.last_wall_ms),
        ]);
    }
    table.write(text, 0);
}

fn reason(breakage: &Breakage) -> String {
    let why = match breakage.why {
        Why::Plaintext => "plaintext",
        Why::Upgraded => "plaintext at first",
        Why::NoClientCertificate => "TLS, no client certificate seen",
        Why::NotOfMesh => "mutual TLS, but not the mesh's",
        Why::Tunnel => "other encryption",
    };
    match breakage.proxy {
        MeshProxy::Absent => format!("{why}; it has no proxy"),
        MeshProxy::Present | MeshProxy::Unknown => why.to_owned(),
    }
}

/// Why nothing certain can be said, for people.
pub(super) fn doubt_text(reason: &DoubtReason) -> String {
    match reason {
        DoubtReason::NoWorkloads => "which workloads it has is not known".to_owned(),
        DoubtReason::NodeMissing => {
            "its pods run on this node, of which there is no ledger".to_owned()
        }
        DoubtReason::NodeNotObserving(gaps) => {
            let shown = gaps.iter().take(GAPS_SHOWN).map(|gap| {
                let (from, to) = (time_text(gap.begin_wall_ms), time_text(gap.end_wall_ms));
                format!("from {from} to {to}")
            });
            let mut text = format!("not observed {}", shown.collect::<Vec<_>>().join(", "));
            if let Some(more @ 1..) = gaps.len().checked_sub(GAPS_SHOWN) {
                text.push_str(&format!(" and {more} times more"));
            }
            text
        }
        DoubtReason::EdgesEvicted(count) => {
            format!("its ledger was full, {count} edges had to leave")
        }
        DoubtReason::ConnectionsLost(count) => {
            format!("{count} connections could not be entered")
        }
        DoubtReason::Silent => "had no traffic".to_owned(),
        DoubtReason::Opaque(key) => {
            format!("speaks something unknown to {}:{}", key.server, key.port)
        }
        DoubtReason::Preexisting(key) => format!(
            "has connections to {}:{} that are older than the agent",
            key.server, key.port
        ),
    }
}
