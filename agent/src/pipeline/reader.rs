//! The thread that empties the kernel's rings.

use crate::pipeline::queue::RecordSender;
use saker_kernel_source::{EventReader, KernelSourceError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// How long the reader sleeps after it found something.
const WAIT_BUSY: Duration = Duration::from_millis(5);

/// How long it sleeps at most when nothing happens; also how late the first alert may be. The kernel
/// wakes it earlier when a ring fills.
const WAIT_IDLE: Duration = Duration::from_millis(80);

/// Most rounds that drain the rings at the end: more than the largest rings need, since each round
/// takes up to a mebibyte and nothing is added any more.
const DRAIN_ROUNDS: usize = 1024;

/// Starts the thread. It ends when `stop` is set and the rings are empty.
pub(crate) fn spawn(
    reader: EventReader,
    sender: RecordSender,
    matcher: Thread,
    stop: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<Result<(), KernelSourceError>>> {
    thread::Builder::new()
        .name("saker-reader".to_owned())
        .spawn(move || read(reader, sender, &matcher, &stop))
}

fn read(
    mut reader: EventReader,
    mut sender: RecordSender,
    matcher: &Thread,
    stop: &AtomicBool,
) -> Result<(), KernelSourceError> {
    let mut wait = WAIT_BUSY;
    while !stop.load(Ordering::Acquire) {
        reader.wait(wait)?;
        let outcome = reader.read(|record| sender.send(record, || matcher.unpark()));
        if outcome.delivered > 0 {
            matcher.unpark();
            wait = WAIT_BUSY;
        } else {
            wait = (wait * 2).min(WAIT_IDLE);
        }
    }
    for _ in 0..DRAIN_ROUNDS {
        let outcome = reader.read(|record| sender.send(record, || matcher.unpark()));
        if outcome.delivered == 0 && outcome.waiting == 0 {
            break;
        }
    }
    drop(sender);
    matcher.unpark();
    Ok(())
}
