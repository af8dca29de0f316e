//! What a notification is as a record.

use super::Key;
use crate::facts;
use chrono::DateTime;
use rskafka::record::Record;
use saker_alert_formats::{Notification, Renderer};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// What a record takes beside its parts: lengths, offsets, times.
const OVERHEAD_BYTES: usize = 64;

/// A record that is to be produced.
pub(super) struct Produced {
    record: Record,
}

impl Produced {
    pub(super) fn new(notification: &Notification, renderer: &Renderer, key: Key) -> Self {
        let alert = &notification.alert;
        let id = notification.id().to_string();
        let key = match key {
            Key::Node => facts::node(alert).to_owned(),
            Key::Group => group(notification),
            Key::Id => id.clone(),
        };
        let headers = BTreeMap::from([
            ("id".to_owned(), id.into_bytes()),
            ("rule".to_owned(), alert.rule.clone().into_bytes()),
            (
                "priority".to_owned(),
                facts::priority(alert).as_bytes().to_vec(),
            ),
            (
                "content-type".to_owned(),
                renderer.format().media_type().as_bytes().to_vec(),
            ),
        ]);
        let record = Record {
            key: Some(key.into_bytes()),
            value: Some(renderer.line(notification).into_bytes()),
            headers,
            timestamp: DateTime::from_timestamp_nanos(
                i64::try_from(alert.time_unix_ns).unwrap_or(i64::MAX),
            ),
        };
        Self { record }
    }

    pub(super) fn record(&self) -> Record {
        self.record.clone()
    }

    pub(super) fn size(&self) -> usize {
        self.record
            .approximate_size()
            .saturating_add(OVERHEAD_BYTES)
    }

    /// The partition of its key, of so many.
    pub(super) fn partition(&self, partitions: usize) -> usize {
        let hash = xxh3_64(self.record.key.as_deref().unwrap_or_default());
        u64::try_from(partitions)
            .ok()
            .and_then(|partitions| hash.checked_rem(partitions))
            .and_then(|partition| usize::try_from(partition).ok())
            .unwrap_or_default()
    }
}

fn group(notification: &Notification) -> String {
    let alert = &notification.alert;
    let container = alert
        .container
        .as_ref()
        .map_or("", |container| &container.full_id);
    format!("{}/{}/{container}", alert.rule, facts::node(alert))
}
