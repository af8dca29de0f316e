//! `saker-collector query`: alerts of the store.

use crate::cli::{ConfigArgs, ListFormat};
use anyhow::Context;
use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use saker_alert_formats::{
    Clock, JsonKeys, JsonRenderer, Notification, TimeFormat, priority_name, rfc3339,
};
use saker_alert_store::{Query, Store, StoredAlert};
use saker_proto::{AlertId, v1};
use std::sync::Arc;

/// Which alerts, and how they are shown. What is left out excludes nothing; of what is repeated, one must fit.
#[derive(Clone, Debug, Args)]
pub(crate) struct QueryArgs {
    /// Which configuration.
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Events of this time or later: 2026-11-21T10:00:00Z, or how long ago: 1h, 30m, 2d.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) since: Option<Time>,

    /// Events before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<Time>,

    /// Alerts of this rule; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Vec<String>,

    /// As urgent as this, or more: debug, informational, notice, warning, error, critical, alert, emergency.
    #[arg(long, value_name = "PRIORITY", value_parser = parse_priority)]
    pub(crate) priority: Option<v1::Priority>,

    /// Alerts with this tag; repeatable.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,

    /// In a pod of this namespace; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Vec<String>,

    /// On the node with this host name; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Vec<String>,

    /// In the pod with this name; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) pod: Vec<String>,

    /// In the container with this id, short or full, or name; repeatable.
    #[arg(long, value_name = "ID")]
    pub(crate) container: Vec<String>,

    /// No more alerts than these, the newest.
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,

    /// How to print them.
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) output: ListFormat,
}

/// A time as it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Time {
    /// This one.
    At(Timestamp),
    /// So long ago.
    Ago(Span),
}

impl Time {
    /// Nanoseconds since the epoch.
    fn resolve_ns(self, now: Timestamp) -> anyhow::Result<u64> {
        let time = match self {
            Self::At(time) => time,
            // A day has 24 hours in UTC.
            Self::Ago(span) => now
                .to_zoned(TimeZone::UTC)
                .checked_sub(span)
                .context("so long ago there was no time")?
                .timestamp(),
        };
        u64::try_from(time.as_nanosecond()).context("events have happened since 1970 only")
    }
}

fn parse_time(text: &str) -> Result<Time, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(Time::At(time));
    }
    match text.parse::<Span>() {
        Ok(span) if !span.is_negative() => Ok(Time::Ago(span)),
        _ => Err(
            "it is a time such as 2026-11-21T10:00:00Z, or how long ago: 1h, 30m, 2d".to_owned(),
        ),
    }
}

fn parse_priority(text: &str) -> Result<v1::Priority, String> {
    (1..=8)
        .filter_map(|number| v1::Priority::try_from(number).ok())
        .find(|priority| priority_name(*priority).eq_ignore_ascii_case(text))
        .ok_or_else(|| {
            "it is debug, informational, notice, warning, error, critical, alert or emergency"
                .to_owned()
        })
}

impl QueryArgs {
    /// What is asked for.
    fn query(&self, now: Timestamp) -> anyhow::Result<Query> {
        let resolve = |time: Option<Time>| time.map(|time| time.resolve_ns(now)).transpose();
        Ok(Query {
            filter: v1::AlertFilter {
                rules: self.rule.clone(),
                minimum_priority: self.priority.unwrap_or(v1::Priority::Unspecified).into(),
                tags: self.tag.clone(),
                namespaces: self.namespace.clone(),
            },
            since_ns: resolve(self.since).context("--since")?,
            until_ns: resolve(self.until).context("--until")?,
            nodes: self.node.clone(),
            containers: self.container.clone(),
            pods: self.pod.clone(),
            limit: self.limit,
        })
    }
}

/// Prints the alerts that are asked for, the newest first.
pub(crate) async fn run(arguments: &QueryArgs, store: &dyn Store) -> anyhow::Result<()> {
    let alerts = store.query(&arguments.query(Timestamp::now())?).await?;
    let text = match arguments.output {
        ListFormat::Table => table(&alerts),
        ListFormat::Json => json(&alerts)?,
    };
    crate::print(text.as_bytes())
}

fn table(alerts: &[StoredAlert]) -> String {
    let mut text = format!(
        "{:<20}  {:<13}  {:>6}  {:<20}  {:<30}  {}\n",
        "TIME", "PRIORITY", "GROUP", "NODE", "RULE", "OUTPUT"
    );
    for stored in alerts {
        let alert = &stored.alert;
        let node = alert.node.as_ref().map_or("", |node| &node.hostname);
        let time = rfc3339(alert.time_unix_ns);
        let row = format!(
            "{:<20}  {:<13}  {:>6}  {:<20}  {:<30}  {}",
            // To the second.
            format!("{}Z", time.get(..19).unwrap_or(&time)),
            priority_name(alert.priority()),
            stored.group_count,
            node,
            alert.rule,
            alert.output,
        );
        text.push_str(&crate::one_line(&row));
        text.push('\n');
    }
    text
}

/// One object a line: Falco's keys, and how many alerts share the group.
fn json(alerts: &[StoredAlert]) -> anyhow::Result<String> {
    let renderer = JsonRenderer::new(Clock::utc(TimeFormat::Iso8601), JsonKeys::default());
    let mut text = String::new();
    for stored in alerts {
        let Some(id) = AlertId::from_slice(&stored.alert.id) else {
            continue;
        };
        let notification = Notification::single(id, Arc::new(stored.alert.clone()));
        let mut object: serde_json::Value = serde_json::from_str(&renderer.line(&notification))?;
        if let Some(object) = object.as_object_mut() {
            object.insert("group_count".to_owned(), stored.group_count.into());
        }
        text.push_str(&object.to_string());
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use saker_alert_store::Cursor;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: QueryArgs,
    }

    fn query(arguments: &[&str]) -> Query {
        let line = ["query"].iter().chain(arguments);
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        Line::try_parse_from(line)
            .unwrap()
            .arguments
            .query(now)
            .unwrap()
    }

    fn ns(time: &str) -> u64 {
        let time: Timestamp = time.parse().unwrap();
        u64::try_from(time.as_nanosecond()).unwrap()
    }

    #[test]
    fn arguments_say_what_is_asked_for() {
        let asked = query(&[
            "--rule",
            "one",
            "--rule",
            "two",
            "--priority",
            "WARNING",
            "--tag",
            "T1059",
            "--namespace",
            "prod",
            "--node",
            "worker",
            "--pod",
            "web",
            "--container",
            "abc",
            "--limit",
            "7",
        ]);
        assert_eq!(asked.filter.rules, ["one", "two"]);
        assert_eq!(asked.filter.minimum_priority(), v1::Priority::Warning);
        assert_eq!(asked.filter.tags, ["T1059"]);
        assert_eq!(asked.filter.namespaces, ["prod"]);
        assert_eq!(
            (asked.nodes, asked.pods),
            (vec!["worker".to_owned()], vec!["web".to_owned()])
        );
        assert_eq!((asked.containers, asked.limit), (vec!["abc".to_owned()], 7));
        let all = Query {
            limit: 100,
            ..Query::default()
        };
        assert_eq!(query(&[]), all);
    }

    #[test]
    fn times_are_absolute_or_ago() {
        let asked = query(&["--since", "90m", "--until", "2026-11-21T09:59:00+00:00"]);
        assert_eq!(asked.since_ns, Some(ns("2026-11-21T08:30:00Z")));
        assert_eq!(asked.until_ns, Some(ns("2026-11-21T09:59:00Z")));
        assert_eq!(
            query(&["--since", "2d"]).since_ns,
            Some(ns("2026-11-19T10:00:00Z"))
        );
        assert_eq!(
            query(&["--since", "1h30m"]).since_ns,
            Some(ns("2026-11-21T08:30:00Z"))
        );
        for wrong in ["", "yesterday", "-1h", "1", "2026-11-21"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            ["--priority", "high"],
            ["--limit", "0"],
            ["--output", "xml"],
        ] {
            assert!(Line::try_parse_from(["query"].iter().chain(&wrong)).is_err());
        }
    }

    #[test]
    fn hostile_alerts_stay_in_their_line() {
        let stored = StoredAlert {
            cursor: Cursor("x".to_owned()),
            alert: v1::Alert {
                id: vec![7; 16].into(),
                time_unix_ns: ns("2026-11-21T08:30:00.5Z"),
                rule: "a\u{1b}[2Jrule".to_owned(),
                output: "two\nlines".to_owned(),
                priority: 99,
                ..v1::Alert::default()
            },
            group_count: 3,
        };
        let alerts = [stored];
        let text = table(&alerts);
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains('\u{1b}'));
        assert!(
            text.contains("2026-11-21T08:30:00Z  Unspecified         3"),
            "{text}"
        );
        let text = json(&alerts).unwrap();
        assert_eq!(text.lines().count(), 1);
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(object["group_count"], 3);
        assert_eq!(object["time"], "2026-11-21T08:30:00.500000000Z");
    }
}
