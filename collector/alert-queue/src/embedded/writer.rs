//! The thread that writes: everything that waits is written with one sync.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::EmbeddedError;
use super::chunk::ChunkBuilder;
use super::core::{Core, wall_clock_ms};
use super::ledger::Finished;
use super::log::{Log, NewChunk};
use crate::error::QueueError;

/// Bytes after which no further request joins a group, so that the first need not wait for ever.
const GROUP_BYTES: u64 = 8 * 1024 * 1024;

/// How long a removal waits for others, or for alerts to be written with. Removals are in no hurry: what is
/// removed late only takes room, or comes again after a crash.
const REMOVAL_PAUSE: Duration = Duration::from_millis(100);

/// Chunks that are removed with one commit.
const REMOVALS_MAX: usize = 1024;

/// Alerts of one publisher, sorted by partition.
pub(crate) struct Request {
    pub(crate) alerts: Vec<(u16, Bytes)>,
    pub(crate) bytes: u64,
    pub(crate) answer: oneshot::Sender<Result<(), QueueError>>,
    /// Memory that is free again when the request is done.
    pub(crate) _room: OwnedSemaphorePermit,
}

/// What the writer is told.
pub(crate) enum Command {
    Write(Request),
    /// There are chunks to be removed.
    Remove,
    /// Someone wants to read, and the file is closed since a write failed.
    Open,
}

pub(crate) struct Writer {
    core: Arc<Core>,
    commands: Receiver<Command>,
    /// For each partition the sequence of the next chunk.
    next: Vec<u64>,
    group: Vec<Request>,
    removal_due: Option<Instant>,
    /// Chunks of a write that failed: it may have arrived nevertheless, all of it or nothing.
    uncertain: Vec<NewChunk>,
}

impl Writer {
    pub(crate) fn new(core: Arc<Core>, commands: Receiver<Command>) -> Result<Self, EmbeddedError> {
        let next = core.log()?.contents(core.partitions)?.next;
        Ok(Self {
            core,
            commands,
            next,
            group: Vec::new(),
            removal_due: None,
            uncertain: Vec::new(),
        })
    }

    /// Writes until nobody can ask for it any more.
    pub(crate) fn run(mut self) {
        loop {
            let is_last = !self.gather();
            let is_removal_due =
                is_last || self.removal_due.is_some_and(|due| due <= Instant::now());
            if !self.group.is_empty() || is_removal_due {
                self.write_group();
            }
            if is_last {
                break;
            }
        }
        self.core.close_log();
    }

    /// Waits for a command, and takes what else is there. False: no more will come.
    fn gather(&mut self) -> bool {
        let first = match self.removal_due {
            None => self
                .commands
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => self
                .commands
                .recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        match first {
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => return true,
            Ok(command) => self.take(command),
        }
        while self.group_bytes() < GROUP_BYTES {
            let Ok(command) = self.commands.try_recv() else {
                break;
            };
            self.take(command);
        }
        true
    }

    fn group_bytes(&self) -> u64 {
        self.group.iter().map(|request| request.bytes).sum()
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Write(request) => self.group.push(request),
            Command::Remove => {
                self.removal_due
                    .get_or_insert_with(|| Instant::now() + REMOVAL_PAUSE);
            }
            Command::Open => {
                if let Err(error) = self.log() {
                    report(&error);
                }
            }
        }
    }

    /// Writes the requests that fit, removes what is finished, and answers.
    fn write_group(&mut self) {
        let removed = self.finished();
        let (accepted, refused) = self.admit(&removed);
        for request in refused {
            self.core.counters.full.add(request.alerts.len());
            let bytes_max = self.core.bytes_max;
            answer(request, Err(QueueError::Full { bytes_max }));
        }
        if accepted.is_empty() && removed.is_empty() {
            return;
        }
        let chunks = self.chunks(&accepted);
        match self.write(&chunks, &removed) {
            Ok(()) => {
                self.written(chunks);
                let freed: u64 = removed.iter().map(|finished| finished.bytes).sum();
                let mut shared = self.core.shared();
                shared.bytes = shared.bytes.saturating_sub(freed);
                drop(shared);
                for request in accepted {
                    self.core.counters.published.add(request.alerts.len());
                    answer(request, Ok(()));
                }
                self.core.ready.notify_waiters();
            }
            Err(error) => {
                report(&error);
                self.uncertain.extend(chunks);
                let error = Arc::new(error);
                for request in accepted {
                    answer(
                        request,
                        Err(EmbeddedError::Group(Arc::clone(&error)).into()),
                    );
                }
                self.core.shared().finished.extend(removed);
                self.removal_due = Some(Instant::now() + Duration::from_secs(1));
            }
        }
    }

    /// What is to be removed now; more of it is due at once.
    fn finished(&mut self) -> Vec<Finished> {
        let mut shared = self.core.shared();
        let count = shared.finished.len().min(REMOVALS_MAX);
        let taken = shared.finished.drain(..count).collect();
        self.removal_due = (!shared.finished.is_empty()).then(Instant::now);
        taken
    }

    /// Tells the requests that there is room for from the others.
    fn admit(&mut self, removed: &[Finished]) -> (Vec<Request>, Vec<Request>) {
        let freed: u64 = removed.iter().map(|finished| finished.bytes).sum();
        let mut bytes = self.core.shared().bytes.saturating_sub(freed);
        let bytes_max = self.core.bytes_max;
        self.group.drain(..).partition(|request| {
            let after = bytes.saturating_add(request.bytes);
            if after <= bytes_max {
                bytes = after;
            }
            after <= bytes_max
        })
    }

    fn chunks(&mut self, requests: &[Request]) -> Vec<NewChunk> {
        let mut builders: Vec<ChunkBuilder> = Vec::new();
        builders.resize_with(self.next.len(), ChunkBuilder::default);
        let mut chunks = Vec::new();
        let alerts = requests.iter().flat_map(|request| &request.alerts);
        for (partition, alert) in alerts {
            let number = usize::from(*partition);
            let (Some(builder), Some(next)) = (builders.get_mut(number), self.next.get_mut(number))
            else {
                continue;
            };
            if builder.is_full_for(alert) {
                chunks.push(seal(std::mem::take(builder), *partition, next));
            }
            builder.push(alert.clone());
        }
        for ((partition, builder), next) in (0..).zip(builders).zip(&mut self.next) {
            if !builder.is_empty() {
                chunks.push(seal(builder, partition, next));
            }
        }
        chunks
    }

    fn write(&mut self, chunks: &[NewChunk], removed: &[Finished]) -> Result<(), EmbeddedError> {
        let log = self.log()?;
        let keys: Vec<_> = removed.iter().map(|finished| finished.key).collect();
        let result = log.write(chunks, &keys);
        drop(log);
        if result.is_err() {
            self.core.close_log();
        }
        result
    }

    /// The file, which is opened anew if a write failed before.
    fn log(&mut self) -> Result<Arc<Log>, EmbeddedError> {
        if let Ok(log) = self.core.log() {
            return Ok(log);
        }
        self.core.open_log()?;
        let log = self.core.log()?;
        let has_arrived = match self.uncertain.first() {
            Some(chunk) => log.holds(chunk.key)?,
            None => false,
        };
        let uncertain = std::mem::take(&mut self.uncertain);
        if has_arrived {
            self.written(uncertain);
        }
        self.core.ready.notify_waiters();
        Ok(log)
    }

    /// Hands chunks that were written to consumers, without reading them again.
    fn written(&self, chunks: Vec<NewChunk>) {
        let mut shared = self.core.shared();
        for chunk in chunks {
            let ((partition, sequence), bytes) = (chunk.key, chunk.bytes());
            shared.depth += chunk.alerts.len() as u64;
            shared.bytes += bytes;
            shared.ledger.written(partition, sequence);
            if shared.ledger.to_load(partition) == Some(sequence) {
                shared
                    .ledger
                    .load(chunk.key, chunk.alerts, chunk.written_ms, bytes);
            }
        }
    }
}

fn report(error: &EmbeddedError) {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the queue on disk failed"
    );
}

fn seal(builder: ChunkBuilder, partition: u16, next: &mut u64) -> NewChunk {
    let (value, alerts) = builder.finish();
    let key = (partition, *next);
    *next += 1;
    NewChunk {
        key,
        written_ms: wall_clock_ms(),
        value,
        alerts,
    }
}

fn answer(request: Request, result: Result<(), QueueError>) {
    // Who no longer waits gets the alerts back from the queue or publishes them again.
    drop(request.answer.send(result));
}
