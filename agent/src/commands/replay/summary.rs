//! What was counted while captures were played.

use crate::commands::layout::visible;
use crate::rules::count;
use saker_alert::Alert;
use saker_capture_replay::{Missing, Skipped, Stats};
use saker_rule_language::Priority;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

/// Counts over all captures.
#[derive(Debug, Default)]
pub(super) struct Summary {
    captures: usize,
    events: u64,
    blocks_skipped: u64,
    skipped: BTreeMap<&'static str, u64>,
    missing: BTreeMap<&'static str, u64>,
    alerts: BTreeMap<(Priority, Arc<str>), u64>,
}

impl Summary {
    /// Counts an alert by its rule.
    pub(super) fn count(&mut self, alert: &Alert) {
        let key = (alert.priority, Arc::clone(&alert.rule));
        *self.alerts.entry(key).or_default() += 1;
    }

    /// Adds what came of a capture.
    pub(super) fn add(&mut self, stats: &Stats) {
        self.captures += 1;
        self.events += stats.shown;
        self.blocks_skipped += stats.blocks_skipped;
        for (reason, count) in Skipped::by_reason(&stats.skipped) {
            *self.skipped.entry(reason).or_default() += count;
        }
        for (reason, count) in Missing::by_reason(&stats.missing) {
            *self.missing.entry(reason).or_default() += count;
        }
    }

    /// Adds what came of a file of the audit log.
    pub(super) fn add_audit(&mut self, events: u64, refused: u64) {
        self.captures += 1;
        self.events += events;
        if refused > 0 {
            *self.skipped.entry("no audit event").or_default() += refused;
        }
    }

    /// The summary, for standard error.
    pub(super) fn text(&self, elapsed: Duration) -> String {
        let mut text = String::from("summary:\n");
        // Writing to a String cannot fail; the result says so only because other writers can.
        self.write(&mut text, elapsed).unwrap_or_default();
        text
    }

    fn write(&self, text: &mut String, elapsed: Duration) -> fmt::Result {
        let seconds = elapsed.as_secs_f64();
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "a rate for people"
        )]
        let rate = self.events as f64 / seconds.max(f64::MIN_POSITIVE);
        writeln!(
            text,
            "  events: {} of {} in {seconds:.3} s, {rate:.0} a second",
            self.events,
            count(self.captures, "capture"),
        )?;
        writeln!(text, "  alerts: {}", self.alerts.values().sum::<u64>())?;
        for ((priority, rule), count) in &self.alerts {
            writeln!(text, "    {count:>6}  {priority:<13} {}", visible(rule))?;
        }
        let skipped: u64 = self.skipped.values().sum();
        writeln!(text, "  not shown to rules: {skipped}")?;
        for (reason, count) in self.skipped.iter().filter(|(_, count)| **count > 0) {
            writeln!(text, "    {count:>6}  {reason}")?;
        }
        let mut missing = self
            .missing
            .iter()
            .filter(|(_, count)| **count > 0)
            .peekable();
        if missing.peek().is_some() {
            writeln!(text, "  not known of events:")?;
        }
        for (reason, count) in missing {
            writeln!(text, "    {count:>6}  {reason}")?;
        }
        if self.blocks_skipped > 0 {
            writeln!(text, "  blocks not understood: {}", self.blocks_skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_if_there_is_any() {
        let mut summary = Summary::default();
        summary.add(&Stats::default());
        let text = summary.text(Duration::from_secs(1));
        assert!(!text.contains("not known"), "{text}");
        let stats = Stats {
            missing: Missing {
                texts_cut: 2,
                ..Missing::default()
            },
            ..Stats::default()
        };
        summary.add(&stats);
        summary.add(&stats);
        let text = summary.text(Duration::from_secs(1));
        assert!(
            text.ends_with("  not known of events:\n         4  texts cut\n"),
            "{text}"
        );
    }
}
