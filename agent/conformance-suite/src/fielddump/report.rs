//! What the comparison of fields found, as text or JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::comparison::total;
use crate::report::Detail;

/// Differences of one field, and missing or unwanted events, that a capture prints.
const SHOWN: usize = 5;

/// All captures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FieldReport {
    /// Those that were compared, by name.
    pub captures: Vec<CaptureReport>,
    /// Captures without a dump.
    pub without_dump: Vec<String>,
}

/// One capture.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaptureReport {
    /// Its name.
    pub name: String,
    /// Events that both show.
    pub events: usize,
    /// Events that only Falco shows.
    pub missing: Vec<String>,
    /// Events that only Saker shows.
    pub unwanted: Vec<String>,
    /// What came of each field.
    pub fields: BTreeMap<String, FieldCount>,
}

/// One field of one capture.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FieldCount {
    /// Events for which the value is Falco's.
    pub equal: usize,
    /// Events for which it is not.
    pub different: usize,
    /// Events for which it is not, as `docs/CONFORMANCE.md` says.
    pub declined: usize,
    /// The first differences.
    pub differences: Vec<Difference>,
}

/// One difference.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Number and type of the event.
    pub event: String,
    /// Falco's value, as JSON.
    pub wanted: String,
    /// Saker's value, as JSON.
    pub found: String,
    /// Why it is declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl FieldReport {
    /// Whether everything is equal, but for what is declined.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.captures.iter().all(CaptureReport::is_clean)
    }

    /// The report for people.
    #[must_use]
    pub fn text(&self, detail: Detail) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        self.write(&mut text, detail).unwrap_or_default();
        text
    }

    fn write(&self, text: &mut String, detail: Detail) -> std::fmt::Result {
        writeln!(
            text,
            "{:<32} {:>8} {:>8} {:>8}",
            "field", "equal", "differ", "declined"
        )?;
        for (field, (equal, different, declined)) in total(&self.captures) {
            writeln!(text, "{field:<32} {equal:>8} {different:>8} {declined:>8}")?;
        }
        writeln!(
            text,
            "\n{:<32} {:>8} {:>8} {:>8} {:>8}",
            "capture", "events", "missing", "unwanted", "differ"
        )?;
        for capture in &self.captures {
            let differ = sum(capture, |count| count.different);
            let (missing, unwanted) = (capture.missing.len(), capture.unwanted.len());
            writeln!(
                text,
                "{:<32} {:>8} {missing:>8} {unwanted:>8} {differ:>8}",
                capture.name, capture.events
            )?;
            if detail == Detail::All {
                capture.write_differences(text)?;
            }
        }
        for name in &self.without_dump {
            writeln!(text, "{name:<32} no dump")?;
        }
        let events: usize = self.captures.iter().map(|it| it.events).sum();
        let differ: usize = self
            .captures
            .iter()
            .map(|capture| {
                let fields = sum(capture, |count| count.different);
                fields + capture.missing.len() + capture.unwanted.len()
            })
            .sum();
        writeln!(text, "\n{events} events, {differ} differences")
    }
}

impl CaptureReport {
    fn is_clean(&self) -> bool {
        let differ = sum(self, |count| count.different);
        self.missing.is_empty() && self.unwanted.is_empty() && differ == 0
    }

    fn write_differences(&self, text: &mut String) -> std::fmt::Result {
        for (verdict, events) in [("missing", &self.missing), ("unwanted", &self.unwanted)] {
            for event in events.iter().take(SHOWN) {
                writeln!(text, "    {verdict} {event}")?;
            }
        }
        for (field, count) in &self.fields {
            for difference in count.differences.iter().take(SHOWN) {
                let Difference {
                    event,
                    wanted,
                    found,
                    reason,
                } = difference;
                writeln!(text, "    {field} of {event}")?;
                writeln!(
                    text,
                    "        expected  {wanted}\n        got       {found}"
                )?;
                if let Some(reason) = reason {
                    writeln!(text, "        declined  {reason}")?;
                }
            }
        }
        Ok(())
    }
}

fn sum(capture: &CaptureReport, of: impl Fn(&FieldCount) -> usize) -> usize {
    capture.fields.values().map(of).sum()
}
