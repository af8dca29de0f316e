//! The queue of records between reader and matcher.
//!
//! One producer, one consumer, no locks. A record is its length (four bytes) and its bytes. When
//! the queue is full the producer waits: the kernel's rings fill up then, and the kernel counts what
//! it loses, so that nothing is lost between the two.

use ringbuf::traits::{Consumer as _, Observer as _, Producer as _, Split as _};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bytes of the queue: some milliseconds of a flood, and a small part of the agent's memory.
const QUEUE_BYTES: usize = 1 << 21;

const LENGTH_BYTES: usize = 4;

/// How long the producer sleeps when the queue is full.
const FULL_WAIT: Duration = Duration::from_micros(500);

/// The reader's end.
pub(crate) struct RecordSender {
    bytes: HeapProd<u8>,
    closed: Arc<AtomicBool>,
}

/// The matcher's end.
pub(crate) struct RecordReceiver {
    bytes: HeapCons<u8>,
    closed: Arc<AtomicBool>,
    record: Vec<u8>,
}

/// Makes a queue.
pub(crate) fn records() -> (RecordSender, RecordReceiver) {
    let (producer, consumer) = HeapRb::new(QUEUE_BYTES).split();
    let closed = Arc::new(AtomicBool::new(false));
    let sender = RecordSender {
        bytes: producer,
        closed: Arc::clone(&closed),
    };
    (
        sender,
        RecordReceiver {
            bytes: consumer,
            closed,
            record: Vec::new(),
        },
    )
}

impl RecordSender {
    /// Adds a record; waits where there is no room. `wake` is called before each wait.
    pub(crate) fn send(&mut self, record: &[u8], wake: impl Fn()) {
        let length = u32::try_from(record.len()).unwrap_or(0);
        while self.bytes.vacant_len() < record.len() + LENGTH_BYTES {
            if self.bytes.read_is_held() {
                wake();
                std::thread::sleep(FULL_WAIT);
            } else {
                // Nobody reads any more: the agent is ending.
                return;
            }
        }
        self.bytes.push_slice(&length.to_ne_bytes());
        self.bytes.push_slice(record);
    }
}

impl Drop for RecordSender {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
    }
}

impl RecordReceiver {
    /// The next record, if there is one now.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        let mut length = [0; LENGTH_BYTES];
        if self.bytes.occupied_len() < LENGTH_BYTES {
            return None;
        }
        self.bytes.peek_slice(&mut length);
        let length = usize::try_from(u32::from_ne_bytes(length)).ok()?;
        if self.bytes.occupied_len() < LENGTH_BYTES + length {
            // The producer has written the length and is writing the record.
            return None;
        }
        self.bytes.skip(LENGTH_BYTES);
        self.record.resize(length, 0);
        self.bytes.pop_slice(&mut self.record);
        Some(&self.record)
    }

    /// Whether nothing will come any more.
    pub(crate) fn is_finished(&self) -> bool {
        self.closed.load(Ordering::Acquire) && self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_out_as_they_went_in() {
        let (mut sender, mut receiver) = records();
        assert!(receiver.next().is_none());
        sender.send(b"one", || {});
        sender.send(b"", || {});
        sender.send(&[7; 60_000], || {});
        assert_eq!(receiver.next(), Some(&b"one"[..]));
        assert_eq!(receiver.next(), Some(&b""[..]));
        assert_eq!(receiver.next().map(<[u8]>::len), Some(60_000));
        assert!(!receiver.is_finished());
        drop(sender);
        assert!(receiver.is_finished());
    }

    #[test]
    fn a_full_queue_makes_the_producer_wait() {
        let (mut sender, mut receiver) = records();
        let count = 4 * QUEUE_BYTES / 10_000;
        let producer = std::thread::spawn(move || {
            for number in 0..count {
                sender.send(&[u8::try_from(number % 251).unwrap(); 10_000], || {});
            }
        });
        let mut seen = 0;
        while !receiver.is_finished() {
            if let Some(record) = receiver.next() {
                assert_eq!(usize::from(record[0]), seen % 251);
                seen += 1;
            }
        }
        producer.join().expect("the producer");
        assert_eq!(seen, count);
    }

    #[test]
    fn a_producer_without_a_consumer_does_not_hang() {
        let (mut sender, receiver) = records();
        drop(receiver);
        for _ in 0..100 {
            sender.send(&[0; 60_000], || {});
        }
    }
}
