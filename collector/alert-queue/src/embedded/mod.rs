//! A log in a file of this machine.
//!
//! # Purpose
//!
//! The queue of a single collector that needs no server. Publishers hand their alerts to one thread, which writes
//! all that wait with one sync (group commit) and answers when they are durable; consumers get them from memory,
//! or from the file when they are behind.
//!
//! # Invariants
//!
//! - A publish that returned `Ok` is in the file, and survives a crash of process or machine.
//! - Who has which alert is known in memory only: after a restart whatever was not acknowledged comes again, and
//!   with it the other alerts of its chunk (60 KiB), and what was acknowledged in the last moments.

mod chunk;
mod core;
mod error;
mod ledger;
mod log;
mod settings;
mod writer;

use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use self::core::{Claim, Core, wall_clock_ms};
use self::ledger::{ConsumerId, Handed, Ledger, Order};
use self::log::Opener;
use self::writer::{Command, Request, Writer};
use crate::error::QueueError;
use crate::queue::{
    AlertQueue, Consumer, Delivery, QueueCounters, QueueStats, QueuedAlert, Receipt, ReceiptKind,
};
use crate::settings::Partitions;

pub use error::EmbeddedError;
pub(crate) use ledger::Place;
pub use settings::EmbeddedSettings;

const FILE_NAME: &str = "alerts.redb";

/// KiB of alerts that wait to be written, of all publishers together.
const WAITING_KIB_MAX: u32 = 64 * 1024;

/// The embedded queue.
pub(crate) struct EmbeddedQueue {
    handle: Arc<Handle>,
    partitions: Option<Partitions>,
    room: Arc<Semaphore>,
}

/// Ends the writer when queue and consumers are gone.
struct Handle {
    core: Arc<Core>,
    commands: Option<Sender<Command>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Handle {
    fn send(&self, command: Command) -> Result<(), EmbeddedError> {
        let commands = self.commands.as_ref().ok_or(EmbeddedError::Stopped)?;
        commands.send(command).map_err(|_| EmbeddedError::Stopped)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.commands = None;
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the queue panicked");
        }
    }
}

impl EmbeddedQueue {
    pub(crate) async fn open(
        settings: &EmbeddedSettings,
        directory: &Path,
    ) -> Result<Self, QueueError> {
        Self::open_with(settings, directory, Box::new(log::open_file)).await
    }

    async fn open_with(
        settings: &EmbeddedSettings,
        directory: &Path,
        opener: Opener,
    ) -> Result<Self, QueueError> {
        let settings = settings.clone();
        let directory = directory.to_owned();
        let partitions = settings.partitions;
        let handle = tokio::task::spawn_blocking(move || start(&settings, &directory, opener))
            .await
            .map_err(|_| EmbeddedError::Stopped)??;
        Ok(Self {
            handle: Arc::new(handle),
            partitions,
            room: Arc::new(Semaphore::new(WAITING_KIB_MAX as usize)),
        })
    }
}

/// Opens the log and starts the writer. Blocks.
fn start(
    settings: &EmbeddedSettings,
    directory: &Path,
    opener: Opener,
) -> Result<Handle, EmbeddedError> {
    std::fs::create_dir_all(directory).map_err(|source| EmbeddedError::Directory {
        path: directory.to_owned(),
        source,
    })?;
    let partitions = Partitions::count(settings.partitions);
    let order = match settings.partitions {
        None => Order::Free,
        Some(_) => Order::Kept,
    };
    let ledger = Ledger::new(
        partitions,
        order,
        Duration::from_secs(settings.lease_seconds.get()),
        settings.memory_bytes_max.get(),
    );
    let path = directory.join(FILE_NAME);
    let bytes_max = settings.bytes_max.get();
    let core = Arc::new(Core::open(opener, path, bytes_max, partitions, ledger)?);
    let (commands, received) = std::sync::mpsc::channel();
    let writer = Writer::new(Arc::clone(&core), received)?;
    let thread = std::thread::Builder::new()
        .name("alert-queue".to_owned())
        .spawn(move || writer.run())
        .map_err(EmbeddedError::Thread)?;
    Ok(Handle {
        core,
        commands: Some(commands),
        thread: Mutex::new(Some(thread)),
    })
}

#[async_trait]
impl AlertQueue for EmbeddedQueue {
    async fn publish(&self, alerts: Vec<QueuedAlert>) -> Result<(), QueueError> {
        if alerts.is_empty() {
            return Ok(());
        }
        let mut bytes = chunk::CHUNK_OVERHEAD_BYTES;
        for alert in &alerts {
            if alert.payload.len() > chunk::ALERT_BYTES_MAX {
                return Err(QueueError::TooLarge {
                    id: alert.id,
                    bytes: alert.payload.len(),
                    bytes_max: chunk::ALERT_BYTES_MAX,
                });
            }
            bytes += alert.payload.len() as u64 + 4;
        }
        let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
        let kib = kib.saturating_add(1).min(WAITING_KIB_MAX);
        let room = Arc::clone(&self.room)
            .acquire_many_owned(kib)
            .await
            .map_err(|_| EmbeddedError::Stopped)?;
        let (answer, answered) = oneshot::channel();
        let alerts = alerts
            .into_iter()
            .map(|alert| {
                (
                    Partitions::of_key(self.partitions, alert.key),
                    alert.payload,
                )
            })
            .collect();
        self.handle.send(Command::Write(Request {
            alerts,
            bytes,
            answer,
            _room: room,
        }))?;
        answered.await.map_err(|_| EmbeddedError::Stopped)?
    }

    async fn consumer(&self) -> Result<Box<dyn Consumer>, QueueError> {
        Ok(Box::new(EmbeddedConsumer {
            id: ConsumerId(self.handle.core.next_consumer()),
            handle: Arc::clone(&self.handle),
        }))
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        let core = Arc::clone(&self.handle.core);
        let read = tokio::task::spawn_blocking(move || stats(&core));
        Ok(read.await.map_err(|_| EmbeddedError::Stopped)??)
    }

    fn counters(&self) -> QueueCounters {
        self.handle.core.counters.read()
    }
}

/// Blocks.
fn stats(core: &Core) -> Result<QueueStats, EmbeddedError> {
    let (depth, bytes, (mut oldest, unloaded)) = {
        let shared = core.shared();
        (shared.depth, shared.bytes, shared.ledger.oldest())
    };
    for key in unloaded {
        let written = core.log()?.written_ms(key)?;
        oldest = match (oldest, written) {
            (Some(oldest), Some(written)) => Some(oldest.min(written)),
            (oldest, written) => oldest.or(written),
        };
    }
    let age_ms = oldest.map_or(0, |oldest| wall_clock_ms().saturating_sub(oldest));
    Ok(QueueStats {
        depth,
        bytes,
        bytes_max: core.bytes_max,
        oldest_age: Duration::from_millis(age_ms),
    })
}

/// One of those who share the alerts of an embedded queue.
struct EmbeddedConsumer {
    id: ConsumerId,
    handle: Arc<Handle>,
}

impl EmbeddedConsumer {
    /// What is ready now.
    fn take(&self, max: usize) -> Vec<Delivery> {
        let core = &self.handle.core;
        let handed = {
            let mut shared = core.shared();
            let now = Instant::now();
            shared.ledger.expire(now);
            shared.ledger.take(self.id, max, now)
        };
        core.counters.delivered.add(handed.len());
        let again = handed.iter().filter(|handed| handed.deliveries_before > 0);
        core.counters.redelivered.add(again.count());
        handed.into_iter().map(delivery).collect()
    }
}

fn delivery(handed: Handed) -> Delivery {
    Delivery {
        payload: handed.payload,
        receipt: Receipt(ReceiptKind::Embedded(handed.place)),
        redelivered: handed.deliveries_before,
    }
}

#[async_trait]
impl Consumer for EmbeddedConsumer {
    async fn next_batch(
        &mut self,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Delivery>, QueueError> {
        let core = &self.handle.core;
        let give_up = Instant::now() + patience;
        loop {
            let mut ready = std::pin::pin!(core.ready.notified());
            // From here on a notification is not missed.
            ready.as_mut().enable();
            let batch = self.take(max);
            if !batch.is_empty() || max == 0 {
                return Ok(batch);
            }
            if let Claim::Load(key) = core.claim_load() {
                let loader = Arc::clone(core);
                // Goes on, and wakes the others, if this future is dropped.
                let load = tokio::task::spawn_blocking(move || loader.load(key));
                let loaded = load.await.map_err(|_| EmbeddedError::Stopped)?;
                if let Err(EmbeddedError::Closed { .. }) = loaded {
                    self.handle.send(Command::Open)?;
                }
                loaded?;
                continue;
            }
            let expiry = core.shared().ledger.next_expiry();
            let wake = expiry.map_or(give_up, |expiry| expiry.min(give_up));
            tokio::select! {
                () = ready => {}
                () = tokio::time::sleep_until(wake) => {
                    if wake == give_up {
                        return Ok(self.take(max));
                    }
                }
            }
        }
    }

    async fn acknowledge(&mut self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        let mut places = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            match receipt.0 {
                ReceiptKind::Embedded(place) => places.push(place),
                _ => return Err(QueueError::ForeignReceipt),
            }
        }
        let core = &self.handle.core;
        let has_finished = {
            let mut shared = core.shared();
            let (acknowledged, finished) = shared.ledger.acknowledge(&places);
            core.counters.acknowledged.add(acknowledged);
            shared.depth = shared.depth.saturating_sub(acknowledged as u64);
            let has_finished = !finished.is_empty();
            shared.finished.extend(finished);
            has_finished
        };
        // There may be room for the next chunk, or a partition that is free again.
        core.ready.notify_waiters();
        if has_finished {
            self.handle.send(Command::Remove)?;
        }
        Ok(())
    }
}

impl Drop for EmbeddedConsumer {
    fn drop(&mut self) {
        self.handle.core.shared().ledger.release(self.id);
        self.handle.core.ready.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
