//! The spool itself: what is kept, handed out, and given up.

mod append;
pub(crate) mod recovery;
mod room;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use saker_proto::v1::Priority;

use crate::directory::Directory;
use crate::error::{SpoolError, chain};
use crate::lane::{Lane, memory_bytes};
use crate::loss::{LossReason, Losses, Recovery, SpoolStats};
use crate::position;
use crate::priority::{PRIORITIES, PriorityTable};
use crate::record::{Batch, BatchId, BatchLimits, Record};
use crate::segment::Oversize;
use crate::settings::SpoolSettings;

/// Every so many batches, the one that begins with a priority that is not the most urgent.
const FAIR_BATCH_INTERVAL: u64 = 8;

/// How long what was acknowledged may be known in memory only.
const POSITION_INTERVAL: Duration = Duration::from_secs(1);

/// How long a disk that failed is left alone.
const DISK_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Gives the time; tests have their own.
pub(crate) type Clock = Box<dyn Fn() -> SystemTime + Send>;

/// A bounded queue on disk for one output. Its methods block; see [`SpoolHandle`](crate::SpoolHandle).
///
/// No method fails: what the disk does not do is logged, what it costs is counted, and the spool goes on.
pub struct Spool {
    directory: Directory,
    settings: SpoolSettings,
    clock: Clock,
    lanes: PriorityTable<Lane>,
    /// Of the next segment.
    next_sequence: u64,
    under_way: BTreeMap<BatchId, UnderWay>,
    next_batch: u64,
    /// Where the last fair batch began.
    fair_lane: usize,
    memory_bytes: u64,
    lost: Losses,
    disk: Disk,
    /// Whether the last write failed.
    is_degraded: bool,
    /// Since when there are acknowledgements that the file does not have.
    position_dirty_since: Option<SystemTime>,
    /// Since when there are records that were not written through.
    dirty_since: Option<SystemTime>,
}

/// Whether the disk takes records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    Works,
    Fails {
        reason: LossReason,
        retry_at: SystemTime,
    },
}

/// A batch that somebody has.
#[derive(Debug, Default)]
struct UnderWay {
    ranges: Vec<HandedOut>,
    memory: Vec<Record>,
}

/// Part of a segment.
#[derive(Clone, Copy, Debug)]
struct HandedOut {
    priority: Priority,
    sequence: u64,
    start: u64,
}

impl Spool {
    /// Opens the spool in this directory, which is made if it is missing, and reads it through once.
    ///
    /// # Errors
    ///
    /// See [`SpoolError`].
    pub fn open(
        directory: &Path,
        settings: &SpoolSettings,
    ) -> Result<(Self, Recovery), SpoolError> {
        settings.validate()?;
        Self::open_at(directory, settings, Box::new(SystemTime::now))
    }

    pub(crate) fn open_at(
        directory: &Path,
        settings: &SpoolSettings,
        clock: Clock,
    ) -> Result<(Self, Recovery), SpoolError> {
        let directory = Directory::open(directory)?;
        let mut spool = Self {
            directory,
            settings: settings.clone(),
            clock,
            lanes: PriorityTable::default(),
            next_sequence: 1,
            under_way: BTreeMap::new(),
            next_batch: 0,
            fair_lane: 0,
            memory_bytes: 0,
            lost: Losses::default(),
            disk: Disk::Works,
            is_degraded: false,
            position_dirty_since: None,
            dirty_since: None,
        };
        let recovery = spool.recover()?;
        Ok((spool, recovery))
    }

    /// Hands out records, none if none wait. They stay in the spool until they are acknowledged.
    ///
    /// Urgent ones come before less urgent ones, and within a priority the oldest first. Every eighth batch
    /// begins with another priority, each in its turn, so that none starves.
    pub fn next_batch(&mut self, limits: BatchLimits) -> Option<Batch> {
        let mut records = Vec::new();
        let mut under_way = UnderWay::default();
        let mut left = limits;
        for priority in self.order() {
            self.take(priority, limits, &mut left, &mut records, &mut under_way);
        }
        if records.is_empty() {
            return None;
        }
        let id = BatchId(self.next_batch);
        self.next_batch = self.next_batch.saturating_add(1);
        self.under_way.insert(id, under_way);
        Some(Batch { id, records })
    }

    /// Whether there is something to hand out.
    #[must_use]
    pub fn has_more(&self) -> bool {
        PRIORITIES
            .into_iter()
            .any(|priority| self.lanes.get(priority).has_more())
    }

    /// The priorities, in the order in which a batch takes of them.
    fn order(&mut self) -> Vec<Priority> {
        let mut order = PRIORITIES.to_vec();
        let batch = self.next_batch.saturating_add(1);
        if !batch.is_multiple_of(FAIR_BATCH_INTERVAL) {
            return order;
        }
        let lanes = PRIORITIES.len();
        let fair = (1..=lanes)
            .map(|step| {
                self.fair_lane
                    .saturating_add(step)
                    .checked_rem(lanes)
                    .unwrap_or(0)
            })
            .find(|lane| {
                let priority = PRIORITIES.get(*lane);
                priority.is_some_and(|priority| self.lanes.get(*priority).has_more())
            });
        if let Some(fair) = fair {
            self.fair_lane = fair;
            let first = order.remove(fair);
            order.insert(0, first);
        }
        order
    }

    /// Takes records of one priority, as long as the limits allow.
    fn take(
        &mut self,
        priority: Priority,
        limits: BatchLimits,
        left: &mut BatchLimits,
        records: &mut Vec<Record>,
        under_way: &mut UnderWay,
    ) {
        let lane = self.lanes.get_mut(priority);
        let mut index = 0;
        while let Some(segment) = lane.segments.get_mut(index) {
            index = index.saturating_add(1);
            while segment.has_more() {
                if !has_room(left, records) {
                    return;
                }
                let oversize = if records.is_empty() {
                    Oversize::First
                } else {
                    Oversize::Never
                };
                let taken = match segment.take(priority, *left, oversize) {
                    Ok(taken) => taken,
                    Err(error) => {
                        tracing::warn!(error = chain(&error), "cannot read alerts from the spool");
                        break;
                    }
                };
                if !taken.records.is_empty() {
                    under_way.ranges.push(HandedOut {
                        priority,
                        sequence: segment.sequence,
                        start: taken.start,
                    });
                    records.extend(taken.records);
                    *left = remaining(limits, records);
                }
                if taken.is_full {
                    left.max_records = 0;
                    return;
                }
            }
        }
        while let Some(record) = lane.memory.front() {
            let fits = record.payload.len() <= left.max_bytes;
            if !has_room(left, records) || !(fits || records.is_empty()) {
                left.max_records = 0;
                return;
            }
            under_way.memory.extend(lane.memory.front().cloned());
            records.extend(lane.memory.pop_front());
            *left = remaining(limits, records);
        }
        self.remove_done(priority);
    }

    /// Forgets a batch: its destination has it. The file that says so is written a second later at most.
    pub fn acknowledge(&mut self, batch: BatchId) {
        let Some(under_way) = self.under_way.remove(&batch) else {
            return;
        };
        for part in &under_way.ranges {
            let lane = self.lanes.get_mut(part.priority);
            if let Some(segment) = lane.segment_mut(part.sequence) {
                segment.acknowledge(part.start);
            }
            self.remove_done(part.priority);
        }
        for record in &under_way.memory {
            self.memory_bytes = self.memory_bytes.saturating_sub(memory_bytes(record));
        }
        let now = self.now();
        self.position_dirty_since.get_or_insert(now);
        self.store_positions_when_due(now);
    }

    /// Takes a batch back, to be handed out again before what is younger.
    pub fn release(&mut self, batch: BatchId) {
        let Some(under_way) = self.under_way.remove(&batch) else {
            return;
        };
        for part in under_way.ranges {
            let lane = self.lanes.get_mut(part.priority);
            if let Some(segment) = lane.segment_mut(part.sequence) {
                segment.give_back(part.start);
            }
        }
        for record in under_way.memory.into_iter().rev() {
            self.lanes
                .get_mut(record.priority)
                .memory
                .push_front(record);
        }
    }

    /// Removes segments that are acknowledged altogether, and counts what was damaged in them.
    fn remove_done(&mut self, priority: Priority) {
        while let Some(index) = self.lanes.get(priority).done_segment(false) {
            self.remove_segment(priority, index, LossReason::Corrupt);
        }
    }

    /// Removes a segment and its file. What is pending in it is lost for this reason.
    fn remove_segment(&mut self, priority: Priority, index: usize, reason: LossReason) -> u64 {
        let Some(segment) = self.lanes.get_mut(priority).remove(index) else {
            return 0;
        };
        let lost = segment.pending();
        self.lost.add(priority, reason, lost);
        if let Err(error) = Directory::remove(segment.path()) {
            // It comes back when the spool is opened next, and is skipped there if it was the oldest.
            tracing::warn!(error = chain(&error), "cannot remove a file of the spool");
        }
        lost
    }

    /// Does what is due: writes through, notes what was acknowledged, tries a disk that failed.
    pub fn maintain(&mut self) {
        let now = self.now();
        self.store_positions_when_due(now);
        if self
            .dirty_since
            .is_some_and(|since| is_due(since, self.settings.sync_interval(), now))
        {
            self.sync();
        }
        self.drain_memory(now);
    }

    /// How soon [`maintain`](Self::maintain) has something to do; none if it has nothing.
    #[must_use]
    pub fn maintenance_due(&self) -> Option<Duration> {
        let position = self.position_dirty_since.map(|_| POSITION_INTERVAL);
        let sync = self.dirty_since.map(|_| self.settings.sync_interval());
        let disk = (self.memory_bytes > 0).then_some(DISK_RETRY_INTERVAL);
        [position, sync, disk].into_iter().flatten().min()
    }

    /// Writes everything through, and notes what was acknowledged. Says how many records only the memory
    /// holds.
    pub fn flush(&mut self) -> u64 {
        self.disk_may_work();
        self.drain_memory(self.now());
        self.sync();
        self.store_positions();
        self.memory_records()
    }

    fn store_positions_when_due(&mut self, now: SystemTime) {
        if self
            .position_dirty_since
            .is_some_and(|since| is_due(since, POSITION_INTERVAL, now))
        {
            self.store_positions();
        }
    }

    fn store_positions(&mut self) {
        if self.position_dirty_since.is_none() {
            return;
        }
        let mut positions = PriorityTable::default();
        for priority in PRIORITIES {
            *positions.get_mut(priority) = self.lanes.get(priority).acknowledged();
        }
        match position::store(&self.directory, &positions) {
            Ok(()) => self.position_dirty_since = None,
            Err(error) => {
                tracing::debug!(error = chain(&error), "cannot note what was acknowledged");
                self.position_dirty_since = Some(self.now());
            }
        }
    }

    /// Numbers of now.
    #[must_use]
    pub fn stats(&self) -> SpoolStats {
        let lanes = || {
            PRIORITIES
                .into_iter()
                .map(|priority| self.lanes.get(priority))
        };
        let on_disk = lanes().fold(0_u64, |sum, lane| sum.saturating_add(lane.pending()));
        let memory_records = self.memory_records();
        let oldest_unix_ns = lanes().filter_map(Lane::oldest_unix_ns).min();
        SpoolStats {
            records: on_disk.saturating_add(memory_records),
            memory_records,
            records_under_way: self.records_under_way(),
            bytes: self.file_bytes(),
            oldest_age: oldest_unix_ns
                .map(|oldest| Duration::from_nanos(unix_ns(self.now()).saturating_sub(oldest))),
            lost: self.lost.clone(),
            is_degraded: self.is_degraded,
        }
    }

    fn memory_records(&self) -> u64 {
        let waiting = PRIORITIES
            .into_iter()
            .map(|priority| self.lanes.get(priority).memory.len());
        let under_way = self.under_way.values().map(|batch| batch.memory.len());
        waiting.chain(under_way).fold(0, |sum, records| {
            sum.saturating_add(crate::frame::count(records))
        })
    }

    fn records_under_way(&self) -> u64 {
        let on_disk = PRIORITIES
            .into_iter()
            .flat_map(|priority| &self.lanes.get(priority).segments)
            .map(crate::segment::Segment::records_under_way);
        let in_memory = self
            .under_way
            .values()
            .map(|batch| crate::frame::count(batch.memory.len()));
        on_disk.chain(in_memory).fold(0, u64::saturating_add)
    }

    fn file_bytes(&self) -> u64 {
        PRIORITIES.into_iter().fold(0, |sum, priority| {
            sum.saturating_add(self.lanes.get(priority).file_bytes())
        })
    }

    fn now(&self) -> SystemTime {
        (self.clock)()
    }

    #[cfg(test)]
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let in_memory = self.flush();
        if in_memory > 0 {
            tracing::error!(
                records = in_memory,
                "alerts are lost that the disk did not take"
            );
        }
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool")
            .field("directory", &self.directory)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Whether another record may be taken: the first may be larger than the limits.
fn has_room(left: &BatchLimits, records: &[Record]) -> bool {
    records.is_empty() || (left.max_records > 0 && left.max_bytes > 0)
}

fn remaining(limits: BatchLimits, records: &[Record]) -> BatchLimits {
    BatchLimits {
        max_records: limits.max_records.saturating_sub(records.len()),
        max_bytes: records.iter().fold(limits.max_bytes, |left, record| {
            left.saturating_sub(record.payload.len())
        }),
    }
}

/// Whether this long has passed; also when the clock was set back before that.
fn is_due(since: SystemTime, interval: Duration, now: SystemTime) -> bool {
    now.duration_since(since)
        .map_or(true, |passed| passed >= interval)
}

fn unix_ns(time: SystemTime) -> u64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}
