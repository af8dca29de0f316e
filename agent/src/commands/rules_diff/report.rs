//! The comparison as a table and as JSON.

use super::comparison::{Change, Example, RuleDifference, Said};
use crate::commands::layout::{Table, line, visible};
use crate::rules::count;
use serde::Serialize;

/// Everything that was compared.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// How many events both sets looked at.
    pub(super) events: u64,
    /// How many of these the costs were measured on.
    pub(super) events_timed: u64,
    /// Whether the alerts differ.
    pub(super) differs: bool,
    /// Every rule of either set, those that differ first.
    pub(super) rules: Vec<RuleReport>,
}

/// One rule.
#[derive(Debug, Serialize)]
pub(super) struct RuleReport {
    pub(super) rule: String,
    #[serde(flatten)]
    pub(super) difference: RuleDifference,
    /// Cost in the old set, nanoseconds per event; `None` where the set has no such rule.
    pub(super) old_ns_per_event: Option<f64>,
    /// Cost in the new set.
    pub(super) new_ns_per_event: Option<f64>,
}

impl Report {
    /// The table for people; `all` lists rules too that raised nothing.
    pub(super) fn text(&self, all: bool) -> String {
        let mut text = String::new();
        for rule in self.rules.iter().filter(|rule| !rule.difference.is_none()) {
            rule.push_examples(&mut text);
        }
        let mut table = Table::default();
        table.row([
            "OLD", "NEW", "APPEAR", "VANISH", "CHANGE", "NS OLD", "NS NEW", "RULE",
        ]);
        let shown = |rule: &&RuleReport| all || rule.difference.old + rule.difference.new > 0;
        for rule in self.rules.iter().filter(shown) {
            table.row(rule.cells());
        }
        table.write(&mut text, 0);
        let differ = self.rules.iter().filter(|rule| !rule.difference.is_none());
        line(&mut text, format_args!(""));
        line(
            &mut text,
            format_args!(
                "{} of {} differ on {} (cost measured on {})",
                differ.count(),
                count(self.rules.len(), "rule"),
                counted(self.events),
                counted(self.events_timed)
            ),
        );
        text
    }
}

impl RuleReport {
    fn cells(&self) -> [String; 8] {
        let difference = &self.difference;
        let cost = |ns: Option<f64>| ns.map_or_else(|| "-".to_owned(), |ns| format!("{ns:.1}"));
        [
            difference.old.to_string(),
            difference.new.to_string(),
            difference.appeared.count.to_string(),
            difference.vanished.count.to_string(),
            difference.changed.count.to_string(),
            cost(self.old_ns_per_event),
            cost(self.new_ns_per_event),
            self.rule.clone(),
        ]
    }

    fn push_examples(&self, text: &mut String) {
        let difference = &self.difference;
        let kinds = [
            ("appears", &difference.appeared),
            ("vanishes", &difference.vanished),
            ("changes", &difference.changed),
        ];
        line(text, format_args!("{}", visible(&self.rule)));
        for (verb, change) in kinds {
            let Change {
                count: times,
                example: Some(example),
            } = change
            else {
                continue;
            };
            let place = format!("{}, event {}", visible(&example.capture), example.event);
            line(
                text,
                format_args!("  {verb} {}, first at {place}", times_text(*times)),
            );
            push_said(text, example);
        }
        line(text, format_args!(""));
    }
}

fn push_said(text: &mut String, example: &Example) {
    for (mark, said) in [('-', &example.old), ('+', &example.new)] {
        if let Some(Said {
            priority,
            tags,
            output,
        }) = said
        {
            let tags = match tags.as_slice() {
                [] => String::new(),
                tags => format!(" [{}]", tags.join(",")),
            };
            let alert = format!("{priority}: {output}{tags}");
            line(text, format_args!("    {mark} {}", visible(&alert)));
        }
    }
}

fn times_text(times: u64) -> String {
    match times {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

fn counted(events: u64) -> String {
    format!("{events} event{}", if events == 1 { "" } else { "s" })
}
