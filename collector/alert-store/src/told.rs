//! What a row of the outbox stands for, put together from rows.

use crate::row::unpack;
use saker_alert_formats::{Notification, Repeats};
use saker_proto::AlertId;
use std::sync::Arc;

/// Members of one notification in the order of their ids, and the encoded first of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) members: Vec<AlertId>,
    pub(crate) first_seen_ns: Option<i64>,
    pub(crate) last_seen_ns: Option<i64>,
    /// The column of the first one.
    pub(crate) packed: Option<Vec<u8>>,
}

impl Told {
    /// Adds the next member.
    pub(crate) fn add(&mut self, id: AlertId, time_ns: i64) {
        self.members.push(id);
        self.first_seen_ns = Some(
            self.first_seen_ns
                .map_or(time_ns, |first| first.min(time_ns)),
        );
        self.last_seen_ns = Some(self.last_seen_ns.map_or(time_ns, |last| last.max(time_ns)));
    }

    /// The notification; none if its alerts are gone or the first one cannot be read.
    pub(crate) fn notification(self) -> Option<Notification> {
        let alert = unpack(&self.packed?)?;
        let seen_ns = |time_ns: Option<i64>| u64::try_from(time_ns.unwrap_or(0)).unwrap_or(0);
        Some(Notification {
            alert: Arc::new(alert),
            repeats: Repeats {
                first_seen_ns: seen_ns(self.first_seen_ns),
                last_seen_ns: seen_ns(self.last_seen_ns),
                members: self.members,
            },
        })
    }
}
