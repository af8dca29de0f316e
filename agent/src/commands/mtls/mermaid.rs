//! A report as a picture, in the language of Mermaid.

use crate::commands::layout::line;
use saker_encryption_ledger::{Party, Report, ReportEdge, Transport};
use saker_flow_inspection::SecurityClass;
use std::collections::BTreeMap;

/// How an edge is drawn that anybody on the way can read, and one that is not known to be protected.
const READABLE: &str = "stroke:#c62828,stroke-width:3px";
const UNKNOWN: &str = "stroke:#ef6c00,stroke-dasharray:4";

/// The picture. Excused connections are left out: they do not leave their pod or node.
pub(super) fn picture(report: &Report) -> String {
    let edges: Vec<&ReportEdge> = report
        .edges
        .iter()
        .filter(|edge| !edge.tallies.is_empty())
        .collect();
    let mut parties = BTreeMap::<&Party, usize>::new();
    for edge in &edges {
        for party in [&edge.key.client, &edge.key.server] {
            let next = parties.len();
            parties.entry(party).or_insert(next);
        }
    }
    let mut text = String::from("graph LR\n");
    let mut by_number: Vec<_> = parties.iter().collect();
    by_number.sort_unstable_by_key(|(_, number)| **number);
    for (party, number) in by_number {
        let name = quoted(&party.to_string());
        line(&mut text, format_args!("  n{number}[{name}]"));
    }
    let mut styles = String::new();
    for (index, edge) in edges.iter().enumerate() {
        let ends = [&edge.key.client, &edge.key.server];
        let [client, server] = ends.map(|party| parties.get(party).copied().unwrap_or(0));
        let label = quoted(&label(edge));
        let arrow = if is_readable(edge) { "==>" } else { "-->" };
        line(
            &mut text,
            format_args!("  n{client} {arrow}|{label}| n{server}"),
        );
        if let Some(style) = style(edge) {
            line(&mut styles, format_args!("  linkStyle {index} {style}"));
        }
    }
    text.push_str(&styles);
    text
}

/// Port and classes.
fn label(edge: &ReportEdge) -> String {
    let classes: Vec<&str> = edge.tallies.keys().map(|class| class.name()).collect();
    let transport = match edge.key.transport {
        Transport::Tcp => "",
        Transport::Udp => "/udp",
    };
    format!("{}{transport} {}", edge.key.port, classes.join(", "))
}

fn is_readable(edge: &ReportEdge) -> bool {
    edge.tallies.contains_key(&SecurityClass::Plaintext)
}

fn style(edge: &ReportEdge) -> Option<&'static str> {
    let unknown = [SecurityClass::Opaque, SecurityClass::Preexisting];
    if is_readable(edge) {
        Some(READABLE)
    } else if unknown.iter().any(|class| edge.tallies.contains_key(class)) {
        Some(UNKNOWN)
    } else {
        None
    }
}

/// A text in quotation marks. What could end it or be read as markup stands as its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || " .,:/_-".contains(c) {
            quoted.push(c);
        } else {
            quoted.push_str(&format!("#{};", u32::from(c)));
        }
    }
    quoted.push('"');
    quoted
}
