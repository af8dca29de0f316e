//! Into a spool, from which a pump sends.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use prost::Message;
use saker_alert_spool::{Entry, Record, SpoolHandle, SpoolSettings};

use crate::counters::{Loss, OutputCounters};
use crate::output::{Output, Progress, Routed};
use crate::patience::{Patience, Paused};
use crate::queue::WhenFull;
use crate::uplink::{Outcome, Uplink};

/// How long to wait for a pump to make room.
const ROOM_PAUSE: Duration = Duration::from_millis(20);

/// Keeps alerts until their destination has them.
pub(crate) struct Spooled {
    spool: SpoolHandle,
    settings: SpoolSettings,
    when_full: WhenFull,
    patience: Arc<Patience>,
}

impl Spooled {
    pub(crate) const fn new(
        spool: SpoolHandle,
        settings: SpoolSettings,
        when_full: WhenFull,
        patience: Arc<Patience>,
    ) -> Self {
        Self {
            spool,
            settings,
            when_full,
            patience,
        }
    }

    /// Waits until so many bytes fit without dropping any.
    fn wait_for_room(&self, bytes: u64) {
        // A segment is dropped whole, and written to until it is full.
        let reserve = self.settings.segment_bytes.saturating_mul(2);
        let room = self.settings.max_bytes.saturating_sub(reserve);
        loop {
            let stats = self.spool.stats();
            if stats.records == 0 || stats.bytes.saturating_add(bytes) <= room {
                return;
            }
            if self.patience.pause(ROOM_PAUSE) == Paused::NoTimeLeft {
                return;
            }
        }
    }
}

impl Output for Spooled {
    fn deliver(&mut self, batch: &[Arc<Routed>]) -> Progress {
        if self.when_full == WhenFull::Wait {
            let bytes = batch.iter().map(|routed| routed.bytes).sum::<usize>();
            self.wait_for_room(u64::try_from(bytes).unwrap_or(u64::MAX));
        }
        let entries: Vec<Entry> = batch
            .iter()
            .filter_map(|routed| {
                Some(Entry {
                    id: *routed.notification.repeats.members.first()?,
                    priority: routed.notification.alert.priority(),
                    payload: routed.notification.alert.encode_to_vec().into(),
                })
            })
            .collect();
        // What the spool drops, it counts itself.
        let appended = self.spool.append_blocking(&entries);
        if appended.lost.total() > 0 {
            tracing::debug!(alerts = appended.lost.total(), "a spool dropped alerts");
        }
        Progress::all(batch.len())
    }
}

/// An uplink whose outcomes are counted.
pub(crate) struct Counted<U> {
    pub(crate) uplink: U,
    pub(crate) counters: Arc<OutputCounters>,
}

impl<U: Uplink> Uplink for Counted<U> {
    async fn send(&self, records: Vec<Record>) -> Outcome {
        let spooled: Vec<u64> = records
            .iter()
            .map(|record| record.spooled_unix_ns)
            .collect();
        let outcome = self.uplink.send(records).await;
        match &outcome {
            Outcome::Retry { .. } => self.counters.count_retry(),
            Outcome::Rejected { .. } => {
                self.counters
                    .count_lost(Loss::Refused, count(spooled.len()));
            }
            Outcome::Delivered { refused } => {
                self.counters
                    .count_lost(Loss::Refused, count(refused.len()));
                let now = now_unix_ns();
                let is_refused = |index| refused.iter().any(|refusal| refusal.index == index);
                let delivered = spooled
                    .into_iter()
                    .enumerate()
                    .filter(|(index, _)| refused.is_empty() || !is_refused(*index))
                    .map(|(_, since)| Duration::from_nanos(now.saturating_sub(since)));
                self.counters.count_delivered(delivered);
            }
        }
        outcome
    }
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}

fn now_unix_ns() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        })
}
