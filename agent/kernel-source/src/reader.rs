//! Reads the rings and hands their records over in the order of their time.
//!
//! A lifecycle event must not overtake an earlier bulk event of the same process: an `open` before
//! an `exec` belongs to the old image. So a round notes the time, reads the bulk ring (and before it the one of
//! connections, if there is one), then the lifecycle ring, and hands over what is not younger than the noted time (or than the last record
//! of a ring that was not emptied). What a process did before that time is in the rings by then;
//! younger records wait for the next round.

use crate::KernelSourceError;
use crate::counters::Delivered;
use aya::maps::{MapData, RingBuf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use saker_event_schema::EventHeader;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use zerocopy::FromBytes;

/// Most bytes that one round takes from a ring; what is left waits in the ring.
const ROUND_BYTES_MAX: usize = 1 << 20;

/// Reads the rings; see the module's text.
pub struct EventReader {
    lifecycle: Source,
    bulk: Source,
    network: Option<Source>,
    delivered: Arc<Delivered>,
    bytes: Vec<u8>,
    frames: Vec<Frame>,
    spare: Vec<u8>,
}

/// One of the rings.
struct Source {
    ring: RingBuf<MapData>,
    /// Time of the last record that was taken from it.
    newest_ns: u64,
}

impl Source {
    const fn new(ring: RingBuf<MapData>) -> Self {
        Self { ring, newest_ns: 0 }
    }
}

/// One record in the reader's buffer.
struct Frame {
    time_boot_ns: u64,
    range: Range<usize>,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOutcome {
    /// Records handed over.
    pub delivered: usize,
    /// Records that wait for the next round.
    pub waiting: usize,
}

impl EventReader {
    pub(crate) fn new(
        lifecycle: RingBuf<MapData>,
        bulk: RingBuf<MapData>,
        network: Option<RingBuf<MapData>>,
        delivered: Arc<Delivered>,
    ) -> Self {
        Self {
            lifecycle: Source::new(lifecycle),
            bulk: Source::new(bulk),
            network: network.map(Source::new),
            delivered,
            bytes: Vec::new(),
            frames: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Waits until a ring holds much, or the time is over.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::Wait`] where the kernel refuses; being interrupted is no error.
    pub fn wait(&self, limit: Duration) -> Result<(), KernelSourceError> {
        let sources = [&self.lifecycle, &self.bulk]
            .into_iter()
            .chain(&self.network);
        let mut rings: Vec<PollFd<'_>> = sources
            .map(|source| PollFd::from_borrowed_fd(source.ring.as_fd(), PollFlags::IN))
            .collect();
        let limit = Timespec::try_from(limit).unwrap_or(Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        });
        match poll(&mut rings, Some(&limit)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(KernelSourceError::Wait {
                source: error.into(),
            }),
        }
    }

    /// One round: hands over what is ready, oldest first.
    pub fn read(&mut self, mut sink: impl FnMut(&[u8])) -> ReadOutcome {
        let mut limit_ns = boot_time_ns();
        let sources = self.network.iter_mut();
        for source in sources.chain([&mut self.bulk, &mut self.lifecycle]) {
            let newest = fill(source, &mut self.bytes, &mut self.frames, &self.delivered);
            limit_ns = limit_ns.min(newest);
        }
        self.frames.sort_by_key(|frame| frame.time_boot_ns);
        let ready = self
            .frames
            .partition_point(|frame| frame.time_boot_ns <= limit_ns);
        for frame in &self.frames[..ready] {
            sink(&self.bytes[frame.range.clone()]);
        }
        self.keep_from(ready);
        ReadOutcome {
            delivered: ready,
            waiting: self.frames.len(),
        }
    }

    /// Keeps the frames from `ready` on, and only their bytes.
    fn keep_from(&mut self, ready: usize) {
        self.spare.clear();
        self.frames.drain(..ready);
        for frame in &mut self.frames {
            let start = self.spare.len();
            self.spare
                .extend_from_slice(&self.bytes[frame.range.clone()]);
            frame.range = start..self.spare.len();
        }
        std::mem::swap(&mut self.bytes, &mut self.spare);
    }
}

/// Takes records from one ring. Returns the time of the last one if more are or will be there, or
/// else the end of time.
fn fill(
    source: &mut Source,
    bytes: &mut Vec<u8>,
    frames: &mut Vec<Frame>,
    delivered: &Delivered,
) -> u64 {
    let start = bytes.len();
    while let Some(record) = source.ring.next() {
        let Ok((header, _)) = EventHeader::ref_from_prefix(&record) else {
            delivered.malformed.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        delivered.count(header.event);
        let time_boot_ns = header.time_boot_ns;
        let from = bytes.len();
        bytes.extend_from_slice(&record);
        frames.push(Frame {
            time_boot_ns,
            range: from..bytes.len(),
        });
        source.newest_ns = time_boot_ns;
        if bytes.len() - start > ROUND_BYTES_MAX {
            return source.newest_ns;
        }
    }
    // A record that is still being copied hides those behind it; the ring is readable then.
    if is_readable(&source.ring) {
        source.newest_ns
    } else {
        u64::MAX
    }
}

/// Whether a ring holds records, finished or not.
fn is_readable(ring: &RingBuf<MapData>) -> bool {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut rings = [PollFd::from_borrowed_fd(ring.as_fd(), PollFlags::IN)];
    poll(&mut rings, Some(&now)).is_ok_and(|readable| readable > 0)
}

/// Nanoseconds since boot, on the clock of the records.
fn boot_time_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}
