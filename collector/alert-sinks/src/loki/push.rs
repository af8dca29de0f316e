//! The body of a push.
//!
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>

use super::Label;
use saker_alert_formats::Notification;
use serde::Serialize;
use std::collections::BTreeMap;

/// Longest value of structured metadata, in bytes; Loki takes 64 KiB for a whole entry.
const METADATA_BYTES_MAX: usize = 1_024;

/// Longest value of a label; Loki's own limit is 2048.
const LABEL_BYTES_MAX: usize = 1_024;

/// The labels of a stream.
pub(crate) type Labels = BTreeMap<String, String>;

/// One line of a stream.
pub(crate) struct Entry {
    pub(super) labels: Labels,
    pub(super) time_ns: u64,
    pub(super) line: String,
    pub(super) metadata: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Push<'a> {
    streams: Vec<Stream<'a>>,
}

#[derive(Serialize)]
struct Stream<'a> {
    stream: &'a Labels,
    values: Vec<Line<'a>>,
}

/// Time in nanoseconds as a text, line, structured metadata.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Plain(String, &'a str),
    Described(String, &'a str, &'a BTreeMap<&'static str, String>),
}

impl Entry {
    /// About as many bytes as it takes of a body.
    pub(super) fn size(&self) -> usize {
        let labels = self
            .labels
            .iter()
            .map(|(name, value)| name.len() + value.len() + 8);
        let metadata = self
            .metadata
            .iter()
            .map(|(name, value)| name.len() + value.len() + 8);
        // Quotes and control characters of a line are escaped.
        let escaped = self
            .line
            .bytes()
            .filter(|byte| b"\"\\".contains(byte))
            .count();
        labels.chain(metadata).sum::<usize>() + self.line.len() + escaped + 64
    }

    fn as_line(&self) -> Line<'_> {
        let time = self.time_ns.to_string();
        if self.metadata.is_empty() {
            Line::Plain(time, &self.line)
        } else {
            Line::Described(time, &self.line, &self.metadata)
        }
    }
}

/// The body for these entries, each stream once, its lines in the order of their times.
pub(super) fn body(entries: &[Entry]) -> Vec<u8> {
    let mut streams: BTreeMap<&Labels, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        streams.entry(&entry.labels).or_default().push(entry);
    }
    let streams = streams
        .into_iter()
        .map(|(stream, mut entries)| {
            entries.sort_by_key(|entry| entry.time_ns);
            let values = entries.into_iter().map(Entry::as_line).collect();
            Stream { stream, values }
        })
        .collect();
    serde_json::to_vec(&Push { streams }).unwrap_or_default()
}

/// The labels of an alert: few, and of few values each, because Loki keeps a stream for each combination.
pub(super) fn labels(notification: &Notification, chosen: &[Label], fixed: &Labels) -> Labels {
    let alert = &notification.alert;
    let mut labels = fixed.clone();
    for label in chosen {
        let value = match label {
            Label::Priority => crate::facts::priority(alert),
            Label::Source => &alert.source,
            Label::Cluster => &alert.cluster,
            Label::Namespace => crate::facts::namespace(alert),
            Label::Rule => &alert.rule,
        };
        if !value.is_empty() {
            labels.insert(label.name().to_owned(), cut(value, LABEL_BYTES_MAX));
        }
    }
    labels
}

/// What is known of an alert and takes too many values to be a label.
pub(super) fn metadata(notification: &Notification) -> BTreeMap<&'static str, String> {
    crate::facts::flat(notification)
        .into_iter()
        .map(|(name, value)| (name, cut(&value, METADATA_BYTES_MAX)))
        .collect()
}

fn cut(text: &str, bytes_max: usize) -> String {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or_default()
        .to_owned()
}
