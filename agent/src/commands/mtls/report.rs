//! `saker mtls report`: who talks to whom, and how it is protected.

use super::json::ReportJson;
use super::{mermaid, source, time_text};
use crate::cli::{MtlsReportArgs, MtlsReportFormat};
use crate::commands::layout::{Table, line};
use crate::commands::{print, print_json};
use jiff::Timestamp;
use saker_encryption_ledger::{NodeReport, Report, ReportEdge, Tally, Transport};
use std::process::ExitCode;

const HEAD: [&str; 9] = [
    "CLIENT",
    "SERVER",
    "SECURITY",
    "PROTOCOLS",
    "CONNECTIONS",
    "BYTES",
    "SEEN BY",
    "FIRST SEEN",
    "LAST SEEN",
];

/// Prints what the ledgers say.
pub(crate) fn run(arguments: &MtlsReportArgs) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    let since_wall_ms = arguments.since.map_or(0, |since| since.wall_ms(now));
    let ledger = source::ledger(&arguments.source, since_wall_ms)?;
    let report = Report::of(&ledger, since_wall_ms, arguments.namespace.as_deref());
    match arguments.output {
        MtlsReportFormat::Table => print(&table(&report))?,
        MtlsReportFormat::Json => print_json(&ReportJson::of(&report))?,
        MtlsReportFormat::Mermaid => print(&mermaid::picture(&report))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(report: &Report) -> String {
    let mut text = String::new();
    if report.edges.is_empty() {
        line(&mut text, format_args!("no connections were seen"));
    } else {
        let mut table = Table::default();
        table.row(HEAD);
        for edge in &report.edges {
            rows(&mut table, edge);
        }
        table.write(&mut text, 0);
    }
    text.push('\n');
    for node in &report.nodes {
        coverage(&mut text, node);
    }
    text
}

/// One row for each class; the parties are not repeated.
fn rows(table: &mut Table, edge: &ReportEdge) {
    let port = edge.key.port;
    let mut ends = (
        edge.key.client.to_string(),
        match edge.key.transport {
            Transport::Tcp => format!("{}:{port}", edge.key.server),
            Transport::Udp => format!("{}:{port}/udp", edge.key.server),
        },
    );
    let classes = edge.tallies.iter();
    let classes = classes.map(|(class, tally)| (class.name(), tally));
    let excused = edge.excused.iter().map(|tally| ("excused", tally));
    for (class, tally) in classes.chain(excused) {
        let (client, server) = std::mem::take(&mut ends);
        let protocols: Vec<&str> = tally.protocols.iter().map(|name| &**name).collect();
        table.row([
            client,
            server,
            class.to_owned(),
            protocols.join(","),
            tally.connections().to_string(),
            tally.bytes().to_string(),
            evidence(tally).to_owned(),
            time_text(tally.first_wall_ms),
            time_text(tally.last_wall_ms),
        ]);
    }
}

/// Which ends saw it.
fn evidence(tally: &Tally) -> &'static str {
    let sees = |connections, bytes| connections > 0 || bytes > 0;
    let client = sees(tally.client_end.connections, tally.client_end.bytes);
    let server = sees(tally.server_end.connections, tally.server_end.bytes);
    match (client, server) {
        (true, true) => "both ends",
        (true, false) => "client",
        (false, true) => "server",
        (false, false) => "",
    }
}

fn coverage(text: &mut String, node: &NodeReport) {
    let observed = &node.coverage.observed;
    let begin = observed.iter().map(|interval| interval.begin_wall_ms).min();
    let end = observed.iter().map(|interval| interval.end_wall_ms).max();
    let mut table = Table::default();
    let mut cells = vec![format!("node {}", node.name.node)];
    cells.push(match (begin, end) {
        (Some(begin), Some(end)) => {
            format!("observed from {} to {}", time_text(begin), time_text(end))
        }
        _ => "not observed".to_owned(),
    });
    let pauses = observed.len().saturating_sub(1);
    for (count, what) in [
        (u64::try_from(pauses).unwrap_or(u64::MAX), "pauses"),
        (node.coverage.evicted.count, "edges left for want of room"),
        (node.coverage.lost.count, "connections not entered"),
    ] {
        if count > 0 {
            cells.push(format!("{count} {what}"));
        }
    }
    table.row([cells.join(", ")]);
    table.write(text, 0);
}
