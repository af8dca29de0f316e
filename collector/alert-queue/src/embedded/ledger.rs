//! Who has which alert: the part of the queue that is in memory, without clock, disk or waiting.
//!
//! Chunks are loaded into it from the log, in their order, while there is room. An alert is ready, leased or
//! done; a chunk whose alerts are done leaves, to be removed from the log.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::log::ChunkKey;

/// Where an alert is: partition, sequence of the chunk, index in the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) partition: u16,
    pub(crate) sequence: u64,
    pub(crate) index: u32,
}

/// Names a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConsumerId(pub(crate) u64);

/// Whether the batches of a partition may be out side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Several batches at once.
    Free,
    /// One batch at a time, so that keys keep their order.
    Kept,
}

/// Memory that a chunk and an alert cost beside their bytes.
const CHUNK_MEMORY_BYTES: u64 = 256;
const ALERT_MEMORY_BYTES: u64 = 128;

#[derive(Debug)]
enum Standing {
    Ready,
    Leased { batch: u64 },
    Done,
}

#[derive(Debug)]
struct Slot {
    payload: Bytes,
    standing: Standing,
    deliveries: u64,
}

#[derive(Debug)]
struct Chunk {
    slots: Vec<Slot>,
    undone: usize,
    written_ms: u64,
    memory_bytes: u64,
    log_bytes: u64,
}

/// A batch that is out.
#[derive(Debug)]
struct Lease {
    batch: u64,
    consumer: ConsumerId,
    until: Instant,
    places: Vec<Place>,
}

#[derive(Debug, Default)]
struct Partition {
    chunks: BTreeMap<u64, Chunk>,
    /// Sequence and index of what can go out.
    ready: BTreeSet<(u64, u32)>,
    leased: usize,
    /// Sequence of the first chunk that is not loaded.
    loaded_until: u64,
    /// Sequence after the last chunk of the log.
    written_until: u64,
    memory_bytes: u64,
}

/// An alert that goes out.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) place: Place,
    pub(crate) payload: Bytes,
    pub(crate) deliveries_before: u64,
}

/// A chunk whose alerts are all acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) key: ChunkKey,
    pub(crate) bytes: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ledger {
    partitions: Vec<Partition>,
    leases: VecDeque<Lease>,
    order: Order,
    lease: Duration,
    partition_memory_bytes_max: u64,
    next_batch: u64,
    /// Where the search for ready alerts begins, so that no partition waits for ever.
    turn: usize,
}

impl Ledger {
    pub(crate) fn new(
        partitions: u16,
        order: Order,
        lease: Duration,
        memory_bytes_max: u64,
    ) -> Self {
        let count = partitions.max(1);
        Self {
            partitions: (0..count).map(|_| Partition::default()).collect(),
            leases: VecDeque::new(),
            order,
            lease,
            partition_memory_bytes_max: memory_bytes_max / u64::from(count),
            next_batch: 0,
            turn: 0,
        }
    }

    /// Says that the log has a chunk. Those of a partition come in order, but numbers may be missing: those of
    /// writes that failed.
    pub(crate) fn written(&mut self, partition: u16, sequence: u64) {
        if let Some(partition) = self.partitions.get_mut(usize::from(partition)) {
            if partition.loaded_until >= partition.written_until {
                partition.loaded_until = partition.loaded_until.max(sequence);
            }
            partition.written_until = partition.written_until.max(sequence + 1);
        }
    }

    /// Sequence of the chunk that a partition is to load next, if it has room and the log has one.
    pub(crate) fn to_load(&self, partition: u16) -> Option<u64> {
        let partition = self.partitions.get(usize::from(partition))?;
        let has_room =
            partition.chunks.is_empty() || partition.memory_bytes < self.partition_memory_bytes_max;
        (has_room && partition.loaded_until < partition.written_until)
            .then_some(partition.loaded_until)
    }

    /// Partitions that could go on if they loaded.
    pub(crate) fn starving(&self) -> Option<(u16, u64)> {
        let count = self.partitions.len();
        (0..count).find_map(|offset| {
            let index = (self.turn + offset) % count;
            let partition = self.partitions.get(index)?;
            let is_held = self.order == Order::Kept && partition.leased > 0;
            if is_held || !partition.ready.is_empty() {
                return None;
            }
            let number = index as u16;
            self.to_load(number).map(|sequence| (number, sequence))
        })
    }

    /// Takes a chunk in, if it is the one that is next.
    pub(crate) fn load(
        &mut self,
        (number, sequence): ChunkKey,
        alerts: Vec<Bytes>,
        written_ms: u64,
        log_bytes: u64,
    ) {
        if self.to_load(number).is_none_or(|next| sequence < next) {
            return;
        }
        let Some(partition) = self.partitions.get_mut(usize::from(number)) else {
            return;
        };
        let payload_bytes: usize = alerts.iter().map(Bytes::len).sum();
        let memory_bytes =
            CHUNK_MEMORY_BYTES + payload_bytes as u64 + ALERT_MEMORY_BYTES * alerts.len() as u64;
        let slots: Vec<Slot> = alerts
            .into_iter()
            .map(|payload| Slot {
                payload,
                standing: Standing::Ready,
                deliveries: 0,
            })
            .collect();
        partition.loaded_until = sequence + 1;
        partition.memory_bytes += memory_bytes;
        let indices = 0..slots.len() as u32;
        partition
            .ready
            .extend(indices.map(|index| (sequence, index)));
        let chunk = Chunk {
            undone: slots.len(),
            slots,
            written_ms,
            memory_bytes,
            log_bytes,
        };
        partition.chunks.insert(sequence, chunk);
    }

    /// Goes past a chunk that cannot be read.
    pub(crate) fn skip(&mut self, (number, sequence): ChunkKey) {
        if let Some(partition) = self.partitions.get_mut(usize::from(number)) {
            partition.loaded_until = partition.loaded_until.max(sequence + 1);
        }
    }

    /// Hands out up to `max` alerts that are ready.
    pub(crate) fn take(&mut self, consumer: ConsumerId, max: usize, now: Instant) -> Vec<Handed> {
        let count = self.partitions.len();
        let batch = self.next_batch;
        let mut handed = Vec::new();
        for offset in 0..count {
            let index = (self.turn + offset) % count;
            let Some(partition) = self.partitions.get_mut(index) else {
                continue;
            };
            if self.order == Order::Kept && partition.leased > 0 {
                continue;
            }
            while handed.len() < max {
                let Some((sequence, slot_index)) = partition.ready.pop_first() else {
                    break;
                };
                let slot = partition
                    .chunks
                    .get_mut(&sequence)
                    .and_then(|chunk| chunk.slots.get_mut(slot_index as usize));
                let Some(slot) = slot else { continue };
                slot.standing = Standing::Leased { batch };
                partition.leased += 1;
                handed.push(Handed {
                    place: Place {
                        partition: index as u16,
                        sequence,
                        index: slot_index,
                    },
                    payload: slot.payload.clone(),
                    deliveries_before: slot.deliveries,
                });
                slot.deliveries += 1;
            }
            if handed.len() >= max {
                self.turn = (index + 1) % count;
                break;
            }
        }
        if !handed.is_empty() {
            self.next_batch += 1;
            self.leases.push_back(Lease {
                batch,
                consumer,
                until: now + self.lease,
                places: handed.iter().map(|handed| handed.place).collect(),
            });
        }
        handed
    }

    /// Marks alerts as done, and tells how many were not yet and which chunks are finished by it.
    pub(crate) fn acknowledge(&mut self, places: &[Place]) -> (usize, Vec<Finished>) {
        let mut finished = Vec::new();
        let mut acknowledged = 0;
        for place in places {
            let Some(partition) = self.partitions.get_mut(usize::from(place.partition)) else {
                continue;
            };
            let Some(chunk) = partition.chunks.get_mut(&place.sequence) else {
                continue;
            };
            let Some(slot) = chunk.slots.get_mut(place.index as usize) else {
                continue;
            };
            match slot.standing {
                Standing::Done => continue,
                Standing::Leased { .. } => partition.leased -= 1,
                Standing::Ready => {
                    partition.ready.remove(&(place.sequence, place.index));
                }
            }
            slot.standing = Standing::Done;
            slot.payload = Bytes::new();
            chunk.undone -= 1;
            acknowledged += 1;
            if chunk.undone == 0 {
                finished.push(Finished {
                    key: (place.partition, place.sequence),
                    bytes: chunk.log_bytes,
                });
                partition.memory_bytes -= chunk.memory_bytes;
                partition.chunks.remove(&place.sequence);
            }
        }
        self.forget_ended_leases();
        (acknowledged, finished)
    }

    /// Leases at the front whose alerts are all acknowledged need not be waited for.
    fn forget_ended_leases(&mut self) {
        while let Some(lease) = self.leases.front() {
            let is_held = lease
                .places
                .iter()
                .any(|place| self.holds(lease.batch, *place));
            if is_held {
                return;
            }
            self.leases.pop_front();
        }
    }

    fn slot(&mut self, place: Place) -> Option<&mut Slot> {
        let partition = self.partitions.get_mut(usize::from(place.partition))?;
        let chunk = partition.chunks.get_mut(&place.sequence)?;
        chunk.slots.get_mut(place.index as usize)
    }

    fn holds(&self, batch: u64, place: Place) -> bool {
        let partition = self.partitions.get(usize::from(place.partition));
        partition
            .and_then(|partition| partition.chunks.get(&place.sequence))
            .and_then(|chunk| chunk.slots.get(place.index as usize))
            .is_some_and(
                |slot| matches!(slot.standing, Standing::Leased { batch: holder } if holder == batch),
            )
    }

    fn end(&mut self, lease: &Lease) {
        for place in &lease.places {
            if !self.holds(lease.batch, *place) {
                continue;
            }
            if let Some(slot) = self.slot(*place) {
                slot.standing = Standing::Ready;
            }
            if let Some(partition) = self.partitions.get_mut(usize::from(place.partition)) {
                partition.leased -= 1;
                partition.ready.insert((place.sequence, place.index));
            }
        }
    }

    /// Takes back what was leased too long ago.
    pub(crate) fn expire(&mut self, now: Instant) {
        while self.leases.front().is_some_and(|lease| lease.until <= now) {
            if let Some(lease) = self.leases.pop_front() {
                self.end(&lease);
            }
        }
    }

    /// When the next lease is over.
    pub(crate) fn next_expiry(&self) -> Option<Instant> {
        self.leases.front().map(|lease| lease.until)
    }

    /// Takes back what a consumer has.
    pub(crate) fn release(&mut self, consumer: ConsumerId) {
        let (ended, kept) = std::mem::take(&mut self.leases)
            .into_iter()
            .partition(|lease| lease.consumer == consumer);
        self.leases = kept;
        for lease in Vec::from(ended) {
            self.end(&lease);
        }
    }

    /// When the oldest chunk that is loaded was written, and from where on the log has older ones than memory.
    pub(crate) fn oldest(&self) -> (Option<u64>, Vec<ChunkKey>) {
        let mut oldest: Option<u64> = None;
        let mut unloaded = Vec::new();
        for (number, partition) in self.partitions.iter().enumerate() {
            if let Some(chunk) = partition.chunks.values().next() {
                let written = chunk.written_ms;
                oldest = Some(oldest.map_or(written, |oldest| oldest.min(written)));
            } else if partition.loaded_until < partition.written_until {
                unloaded.push((number as u16, partition.loaded_until));
            }
        }
        (oldest, unloaded)
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
