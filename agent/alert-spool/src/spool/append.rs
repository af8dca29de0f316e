//! Keeping records: on disk, or in memory while the disk takes none.

use std::collections::VecDeque;
use std::time::SystemTime;

use saker_proto::v1::Priority;

use super::room::{Room, Sacrifice};
use super::{DISK_RETRY_INTERVAL, Disk, Spool, unix_ns};
use crate::directory::{SegmentName, WriteThrough};
use crate::error::{SpoolError, chain};
use crate::frame::{
    FRAME_BYTES_MAX, SEGMENT_HEADER_BYTES, SegmentHeader, count, encode, frame_bytes,
};
use crate::lane::{Writer, memory_bytes};
use crate::loss::{Appended, LossReason};
use crate::priority::PRIORITIES;
use crate::record::{Entry, Record};
use crate::segment::Segment;
use crate::settings::Sync;

/// A record that is to be kept, and when it came.
#[derive(Debug)]
struct Incoming {
    entry: Entry,
    spooled_unix_ns: u64,
}

/// Why records are not on disk.
enum NotWritten {
    /// All room is taken by what is more urgent or under way.
    SpoolFull,
    Disk(SpoolError),
}

impl Spool {
    /// Keeps these records. The most urgent are written first; within a priority they keep their order.
    ///
    /// What had to be given up is counted in the answer, whether it was among these or older.
    pub fn append(&mut self, entries: &[Entry]) -> Appended {
        let now = self.now();
        let lost_before = self.lost.clone();
        let mut appended = Appended::default();
        self.drain_memory(now);
        for priority in PRIORITIES {
            let mut incoming: VecDeque<Incoming> = entries
                .iter()
                .filter(|entry| entry.priority == priority)
                .map(|entry| Incoming {
                    entry: entry.clone(),
                    spooled_unix_ns: unix_ns(now),
                })
                .collect();
            appended.refused = appended
                .refused
                .saturating_add(self.refuse_too_large(priority, &mut incoming));
            self.keep(priority, incoming, now, &mut appended);
        }
        appended.lost = self.lost.since(&lost_before);
        appended
    }

    fn refuse_too_large(&mut self, priority: Priority, incoming: &mut VecDeque<Incoming>) -> u64 {
        let in_segment = self
            .settings
            .segment_bytes
            .saturating_sub(SEGMENT_HEADER_BYTES);
        let limit = in_segment.min(FRAME_BYTES_MAX);
        let before = incoming.len();
        incoming.retain(|record| frame_bytes(&record.entry) <= limit);
        let refused = count(before.saturating_sub(incoming.len()));
        self.lost.add(priority, LossReason::TooLarge, refused);
        refused
    }

    fn keep(
        &mut self,
        priority: Priority,
        mut incoming: VecDeque<Incoming>,
        now: SystemTime,
        appended: &mut Appended,
    ) {
        while !incoming.is_empty() {
            if let Disk::Fails { reason, .. } = self.disk {
                if reason == LossReason::DiskFull && self.can_displace(priority) {
                    // What came before it goes first.
                    self.disk = Disk::Works;
                    self.drain_lane(priority, now);
                    continue;
                }
                for record in incoming.drain(..) {
                    if self.remember(priority, record, reason) {
                        appended.in_memory = appended.in_memory.saturating_add(1);
                    } else {
                        appended.refused = appended.refused.saturating_add(1);
                    }
                }
                return;
            }
            match self.write_some(priority, &incoming) {
                Ok(records) => {
                    incoming.drain(..records.min(incoming.len()));
                    appended.durable = appended.durable.saturating_add(count(records));
                }
                Err(NotWritten::SpoolFull) => {
                    let refused = count(incoming.len());
                    self.lost.add(priority, LossReason::SpoolFull, refused);
                    appended.refused = appended.refused.saturating_add(refused);
                    return;
                }
                Err(NotWritten::Disk(error)) => self.disk_failed(&error, now),
            }
        }
    }

    /// Writes as many of these records as the current segment of their priority takes, at least one.
    fn write_some(
        &mut self,
        priority: Priority,
        incoming: &VecDeque<Incoming>,
    ) -> Result<usize, NotWritten> {
        let first = incoming
            .front()
            .map_or(0, |record| frame_bytes(&record.entry));
        loop {
            self.make_room(priority, first)?;
            let written = self
                .ensure_writer(priority, first)
                .and_then(|()| self.write_chunk(priority, incoming));
            match written {
                Err(error) if error.is_disk_full() => {
                    // The room that other files took: what is less urgent goes. What is as urgent stays, it
                    // would be thousands of records for one.
                    let sacrifice = Sacrifice::BelowPriority(priority);
                    if self.give_up(sacrifice, LossReason::DiskFull) == Room::None {
                        return Err(NotWritten::Disk(error));
                    }
                }
                Ok(0) => return Err(NotWritten::SpoolFull),
                written => return written.map_err(NotWritten::Disk),
            }
        }
    }

    /// Gives up what must go for so many more bytes.
    fn make_room(&mut self, priority: Priority, bytes: u64) -> Result<(), NotWritten> {
        while self
            .room()
            .saturating_sub(self.header_bytes(priority, bytes))
            < bytes
        {
            let sacrifice = Sacrifice::UpToSamePriority(priority);
            if self.give_up(sacrifice, LossReason::SpoolFull) == Room::None {
                return Err(NotWritten::SpoolFull);
            }
        }
        Ok(())
    }

    fn room(&self) -> u64 {
        self.settings.max_bytes.saturating_sub(self.file_bytes())
    }

    /// Bytes of a new segment's header, if a frame of so many bytes needs one.
    fn header_bytes(&self, priority: Priority, bytes: u64) -> u64 {
        if self.segment_room(priority) < bytes {
            SEGMENT_HEADER_BYTES
        } else {
            0
        }
    }

    /// Bytes that the growing segment of this priority can still take.
    fn segment_room(&self, priority: Priority) -> u64 {
        let lane = self.lanes.get(priority);
        match (&lane.writer, lane.segments.back()) {
            (Some(_), Some(segment)) => self.settings.segment_bytes.saturating_sub(segment.end),
            _ => 0,
        }
    }

    /// Sees to it that the last segment of this priority takes a frame of so many bytes.
    fn ensure_writer(&mut self, priority: Priority, bytes: u64) -> Result<(), SpoolError> {
        if self.segment_room(priority) >= bytes {
            return Ok(());
        }
        self.seal(priority)?;
        let name = SegmentName {
            sequence: self.next_sequence,
            priority,
        };
        let header = SegmentHeader {
            priority: u32::try_from(i32::from(priority)).unwrap_or_default(),
            sequence: name.sequence,
            salt: random(),
        };
        self.next_sequence = self.next_sequence.saturating_add(1);
        let file = self.directory.create(&name, &header.encode())?;
        let path = self.directory.path_of(&name);
        let lane = self.lanes.get_mut(priority);
        lane.segments
            .push_back(Segment::new(name.sequence, path, header.salt));
        lane.writer = Some(Writer {
            file,
            is_dirty: false,
        });
        Ok(())
    }

    /// Ends the last segment of this priority.
    fn seal(&mut self, priority: Priority) -> Result<(), SpoolError> {
        let lane = self.lanes.get_mut(priority);
        if let (Some(writer), Some(segment)) = (lane.writer.take(), lane.segments.back())
            && writer.is_dirty
        {
            self.directory.sync(&writer.file, segment.path())?;
        }
        self.remove_done(priority);
        Ok(())
    }

    /// Writes what fits into the segment and into the spool. Nothing is kept of what fails.
    fn write_chunk(
        &mut self,
        priority: Priority,
        incoming: &VecDeque<Incoming>,
    ) -> Result<usize, SpoolError> {
        let room = self.segment_room(priority).min(self.room());
        let lane = self.lanes.get_mut(priority);
        let (Some(writer), Some(segment)) = (&mut lane.writer, lane.segments.back_mut()) else {
            return Ok(0);
        };
        let mut bytes = Vec::new();
        let mut records = 0_usize;
        for record in incoming {
            let after = count(bytes.len()).saturating_add(frame_bytes(&record.entry));
            if after > room {
                break;
            }
            let offset = segment.end.saturating_add(count(bytes.len()));
            encode(
                &record.entry,
                record.spooled_unix_ns,
                offset,
                segment.salt,
                &mut bytes,
            );
            records = records.saturating_add(1);
        }
        let through = match self.settings.sync {
            Sync::EveryBatch => WriteThrough::Now,
            Sync::Interval => WriteThrough::Later,
        };
        let written =
            self.directory
                .write(&writer.file, segment.path(), &bytes, segment.end, through);
        if let Err(error) = written {
            // What the file holds beyond its end is not known for sure: it takes no more.
            lane.writer = None;
            self.remove_done(priority);
            return Err(error);
        }
        if std::mem::take(&mut self.is_degraded) {
            tracing::info!("the disk takes alerts again");
        }
        segment.grow(count(records), count(bytes.len()));
        if through == WriteThrough::Later {
            writer.is_dirty = true;
            let now = (self.clock)();
            self.dirty_since.get_or_insert(now);
        }
        Ok(records)
    }

    /// Writes everything through that was not.
    pub(super) fn sync(&mut self) {
        self.dirty_since = None;
        for priority in PRIORITIES {
            let lane = self.lanes.get_mut(priority);
            let (Some(writer), Some(segment)) = (&mut lane.writer, lane.segments.back()) else {
                continue;
            };
            if !std::mem::take(&mut writer.is_dirty) {
                continue;
            }
            if let Err(error) = self.directory.sync(&writer.file, segment.path()) {
                // The kernel forgets that it could not write: writing through again would promise too much.
                tracing::warn!(
                    error = chain(&error),
                    "alerts in the spool may not survive a crash"
                );
                lane.writer = None;
            }
        }
    }

    /// Keeps a record in memory, in place of less urgent or older ones if it must. Says whether it did.
    fn remember(&mut self, priority: Priority, incoming: Incoming, reason: LossReason) -> bool {
        let Incoming {
            entry,
            spooled_unix_ns,
        } = incoming;
        let record = Record {
            id: entry.id,
            priority,
            spooled_unix_ns,
            payload: entry.payload,
        };
        let bytes = memory_bytes(&record);
        while self.memory_bytes.saturating_add(bytes) > self.settings.memory_bytes {
            let least_urgent = PRIORITIES
                .into_iter()
                .rev()
                .take_while(|other| i32::from(*other) <= i32::from(priority))
                .find(|other| !self.lanes.get(*other).memory.is_empty());
            let Some(victim) = least_urgent
                .and_then(|other| self.lanes.get_mut(other).memory.pop_front())
                .filter(|_| bytes <= self.settings.memory_bytes)
            else {
                self.lost.add(priority, reason, 1);
                return false;
            };
            self.memory_bytes = self.memory_bytes.saturating_sub(memory_bytes(&victim));
            self.lost.add(victim.priority, reason, 1);
        }
        self.memory_bytes = self.memory_bytes.saturating_add(bytes);
        self.lanes.get_mut(priority).memory.push_back(record);
        true
    }

    /// Brings what the memory holds to the disk, if that may work again.
    pub(super) fn drain_memory(&mut self, now: SystemTime) {
        if let Disk::Fails { retry_at, .. } = self.disk {
            let was_set_back = retry_at
                .duration_since(now)
                .is_ok_and(|left| left > DISK_RETRY_INTERVAL);
            if now < retry_at && !was_set_back {
                return;
            }
            self.disk = Disk::Works;
        }
        for priority in PRIORITIES {
            if self.disk == Disk::Works {
                self.drain_lane(priority, now);
            }
        }
    }

    /// Brings what the memory holds of this priority to the disk, until that fails.
    fn drain_lane(&mut self, priority: Priority, now: SystemTime) {
        while !self.lanes.get(priority).memory.is_empty() {
            let waiting = self.lanes.get(priority).memory.iter();
            let waiting = waiting.map(|record| Incoming {
                entry: Entry {
                    id: record.id,
                    priority,
                    payload: record.payload.clone(),
                },
                spooled_unix_ns: record.spooled_unix_ns,
            });
            let waiting = waiting.collect();
            match self.write_some(priority, &waiting) {
                Ok(records) => self.forget(priority, records),
                Err(NotWritten::SpoolFull) => {
                    self.lost.add(priority, LossReason::SpoolFull, 1);
                    self.forget(priority, 1);
                }
                Err(NotWritten::Disk(error)) => {
                    self.disk_failed(&error, now);
                    return;
                }
            }
        }
    }

    /// Whether less urgent records lie on the full disk that may make room.
    fn can_displace(&self, priority: Priority) -> bool {
        PRIORITIES
            .into_iter()
            .filter(|other| i32::from(*other) < i32::from(priority))
            .any(|other| self.lanes.get(other).oldest_droppable().is_some())
    }

    /// Takes the first records of a priority out of the memory.
    fn forget(&mut self, priority: Priority, records: usize) {
        let memory = &mut self.lanes.get_mut(priority).memory;
        for record in memory.drain(..records.min(memory.len())) {
            self.memory_bytes = self.memory_bytes.saturating_sub(memory_bytes(&record));
        }
    }

    fn disk_failed(&mut self, error: &SpoolError, now: SystemTime) {
        let reason = if error.is_disk_full() {
            LossReason::DiskFull
        } else {
            LossReason::DiskFailed
        };
        if !std::mem::replace(&mut self.is_degraded, true) {
            tracing::warn!(
                error = chain(error),
                memory_bytes = self.settings.memory_bytes,
                "the disk takes no alerts; they are kept in memory, as many as fit"
            );
        }
        self.disk = Disk::Fails {
            reason,
            retry_at: now.checked_add(DISK_RETRY_INTERVAL).unwrap_or(now),
        };
    }

    pub(super) fn disk_may_work(&mut self) {
        if let Disk::Fails { retry_at, .. } = &mut self.disk {
            *retry_at = SystemTime::UNIX_EPOCH;
        }
    }
}

/// A number that nobody can foresee.
fn random() -> u32 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let number = RandomState::new().build_hasher().finish();
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
