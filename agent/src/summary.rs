//! What the agent says when it ends: events by kind, alerts by rule, losses by reason.

use crate::run::Losses;
use crate::statistics::Statistics;
use saker_alert_delivery::{OutputReport, Report};
use saker_audit_intake::AuditCounters;
use saker_event_schema::row;
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

/// The summary, for standard error.
pub(crate) fn summary(
    statistics: &Statistics,
    losses: Option<&Losses>,
    audit: Option<&AuditCounters>,
    report: &Report,
) -> String {
    let mut text = String::from("summary:\n");
    // Writing to a String cannot fail; the result says so only because other writers can.
    write_summary(&mut text, statistics, losses, audit, report).unwrap_or_default();
    text
}

fn write_summary(
    text: &mut String,
    statistics: &Statistics,
    losses: Option<&Losses>,
    audit: Option<&AuditCounters>,
    report: &Report,
) -> std::fmt::Result {
    let counts = match losses.map_or_else(|| Ok(Vec::new()), |losses| losses.counters.all()) {
        Ok(counts) => counts,
        Err(error) => return writeln!(text, "  the kernel's counters cannot be read: {error}"),
    };
    let judged = audit.map_or(0, AuditCounters::judged);
    let delivered = counts
        .iter()
        .map(|(_, counts)| counts.delivered)
        .sum::<u64>()
        .saturating_add(judged);
    writeln!(text, "  events: {delivered}")?;
    for (id, counts) in &counts {
        writeln!(
            text,
            "    {:<20} {:>10}",
            row(*id).map_or("?", |row| row.name),
            counts.delivered
        )?;
    }
    if let Some(audit) = audit {
        writeln!(text, "    {:<20} {judged:>10}", "k8s_audit")?;
        for (reason, count) in audit.refused() {
            writeln!(text, "    {:<20} {count:>10}", reason.as_str())?;
        }
    }
    let alerts = statistics.alerts();
    writeln!(text, "  alerts: {}", alerts.values().sum::<u64>())?;
    for ((rule, priority, _), count) in &alerts {
        writeln!(text, "    {count:>6}  {priority:<13} {rule}")?;
    }
    let sum = |of: fn(&saker_kernel_source::EventCounts) -> u64| -> u64 {
        counts.iter().map(|(_, counts)| of(counts)).sum()
    };
    let lost = [
        (
            "kernel: no scratch slot or memory",
            sum(|counts| counts.lost_no_slot),
        ),
        ("kernel: ring full", sum(|counts| counts.lost_ring_full)),
        ("kernel: path walk", sum(|counts| counts.lost_walk_failed)),
        (
            "kernel: recursion",
            losses.map_or(0, |losses| losses.recursion_misses),
        ),
        (
            "decode: malformed",
            losses.map_or(0, |losses| losses.counters.malformed())
                + statistics.malformed.load(Relaxed),
        ),
        ("alerts: queue full", report.lost),
        (
            "alerts: outputs",
            report.outputs.iter().map(OutputReport::lost_total).sum(),
        ),
    ];
    let total: u64 = lost.iter().map(|(_, count)| count).sum();
    writeln!(text, "  lost: {total}")?;
    for (reason, count) in lost.iter().filter(|(_, count)| *count > 0) {
        writeln!(text, "    {count:>6}  {reason}")?;
    }
    write!(text, "{report}")
}
