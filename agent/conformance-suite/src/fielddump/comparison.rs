//! One capture, event by event.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec::IntoIter;

use saker_rule_language::matches_name;
use serde_json::Value;

use super::report::{CaptureReport, Difference, FieldCount};
use super::{KIND, Object};
use crate::declined::Decline;

/// The field that tells events apart.
const NUMBER: &str = "evt.num";

/// The field that says what an event is.
const TYPE: &str = "evt.type";

/// Differences of a field that are kept to be printed.
const DIFFERENCES_KEPT: usize = 20;

/// Compares events in the order in which they come.
pub(super) struct Comparison<'d> {
    wanted: Peekable<IntoIter<Object>>,
    declined: Vec<&'d Decline>,
    report: CaptureReport,
}

impl<'d> Comparison<'d> {
    pub(super) fn new(name: &str, wanted: Vec<Object>, declined: &'d [Decline]) -> Self {
        let is_about = |row: &&Decline| row.file == KIND && matches_name(&row.source, name);
        Self {
            wanted: wanted.into_iter().peekable(),
            declined: declined.iter().filter(is_about).collect(),
            report: CaptureReport {
                name: name.to_owned(),
                ..CaptureReport::default()
            },
        }
    }

    /// Takes the next event that Saker shows.
    pub(super) fn add(&mut self, found: Object) {
        let number = number(&found);
        let is_earlier = |wanted: &Object| self::number(wanted) < number;
        while let Some(missed) = self.wanted.next_if(is_earlier) {
            self.report.missing.push(event(&missed));
        }
        let is_same = |wanted: &Object| self::number(wanted) == number;
        match self.wanted.next_if(is_same) {
            Some(wanted) => self.compare(&wanted, &found),
            None => self.report.unwanted.push(event(&found)),
        }
    }

    fn compare(&mut self, wanted: &Object, found: &Object) {
        self.report.events += 1;
        for (field, wanted_value) in wanted {
            let count = self.report.fields.entry(field.clone()).or_default();
            let found_value = found.get(field);
            if found_value == Some(wanted_value) {
                count.equal += 1;
                continue;
            }
            let decline = self
                .declined
                .iter()
                .find(|row| matches_name(&row.case, field));
            match decline {
                Some(_) => count.declined += 1,
                None => count.different += 1,
            }
            if count.differences.len() < DIFFERENCES_KEPT {
                count.differences.push(Difference {
                    event: event(found),
                    wanted: wanted_value.to_string(),
                    found: found_value.map_or("no such field".to_owned(), Value::to_string),
                    reason: decline.map(|row| row.reason.clone()),
                });
            }
        }
        for field in found.keys().filter(|field| !wanted.contains_key(*field)) {
            let count: &mut FieldCount = self.report.fields.entry(field.clone()).or_default();
            count.different += 1;
        }
    }

    /// What came of it; what Falco shows after the last event of Saker is missing.
    pub(super) fn finish(mut self) -> CaptureReport {
        self.report.missing.extend(self.wanted.map(|it| event(&it)));
        self.report
    }
}

fn number(event: &Object) -> u64 {
    event.get(NUMBER).and_then(Value::as_u64).unwrap_or(0)
}

/// Number and type of an event.
fn event(event: &Object) -> String {
    let name = event.get(TYPE).and_then(Value::as_str).unwrap_or("?");
    format!("{} {name}", number(event))
}

/// Counts of fields over several captures.
pub(super) fn total(captures: &[CaptureReport]) -> BTreeMap<&str, (usize, usize, usize)> {
    let mut total: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for (field, count) in captures.iter().flat_map(|capture| &capture.fields) {
        let sum = total.entry(field).or_default();
        sum.0 += count.equal;
        sum.1 += count.different;
        sum.2 += count.declined;
    }
    total
}
