//! From bytes to events.

use std::io;

use serde_json::Value;

use crate::error::{AuditError, Place};
use crate::event::{AuditEvent, Refusal};

/// Bounds on the input.
///
/// A parsed value takes up to some 40 times its bytes, so the memory for a batch is bounded by
/// `input_bytes_max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest body or file, in bytes.
    pub input_bytes_max: usize,
    /// Largest event, in bytes of JSON without blanks.
    pub event_bytes_max: usize,
    /// Most events that are looked at, refused ones included.
    pub events_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // An API server sends up to 10 MiB at a time unless told otherwise.
            input_bytes_max: 12 * 1024 * 1024,
            // Objects have up to 1.5 MiB, which etcd allows; an event may hold two of them.
            event_bytes_max: 4 * 1024 * 1024,
            // An API server sends up to 400 at a time unless told otherwise.
            events_max: 10_000,
        }
    }
}

/// What one piece of input holds.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events, in the order in which they are written.
    pub events: Vec<AuditEvent>,
    /// What was refused.
    pub errors: Vec<AuditError>,
}

impl Batch {
    /// Reads one JSON value: an event, a list of events, or an array of these.
    #[must_use]
    pub fn from_body(body: &[u8], limits: &Limits) -> Self {
        let mut reader = Reader::new(limits);
        if reader.accepts(body) {
            reader.read(body);
        }
        reader.batch
    }

    /// Reads a JSON value a line; empty lines are skipped.
    #[must_use]
    pub fn from_lines(text: &[u8], limits: &Limits) -> Self {
        let mut reader = Reader::new(limits);
        if !reader.accepts(text) {
            return reader.batch;
        }
        for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            reader.place = Place {
                line: Some(number),
                event: None,
            };
            reader.read(line);
            if reader.is_full {
                break;
            }
        }
        reader.batch
    }
}

/// Collects the events of one piece of input.
struct Reader<'l> {
    limits: &'l Limits,
    batch: Batch,
    place: Place,
    /// Whether there was more than may be looked at.
    is_full: bool,
}

impl<'l> Reader<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            batch: Batch::default(),
            place: Place::default(),
            is_full: false,
        }
    }

    fn accepts(&mut self, input: &[u8]) -> bool {
        let limit = self.limits.input_bytes_max;
        if input.len() > limit {
            self.refuse(AuditError::TooLarge {
                bytes: input.len(),
                limit,
            });
        }
        input.len() <= limit
    }

    fn refuse(&mut self, error: AuditError) {
        self.batch.errors.push(error);
    }

    /// Whether another event may be looked at.
    fn has_room(&mut self) -> bool {
        let looked_at = self
            .batch
            .events
            .len()
            .saturating_add(self.batch.errors.len());
        let limit = self.limits.events_max;
        if looked_at >= limit && !self.is_full {
            self.is_full = true;
            self.refuse(AuditError::TooMany { limit });
        }
        !self.is_full
    }

    fn read(&mut self, text: &[u8]) {
        if !self.has_room() {
            return;
        }
        match serde_json::from_slice(text) {
            Ok(value) => self.take(value),
            Err(source) => self.refuse(AuditError::Json {
                place: self.place,
                source,
            }),
        }
    }

    /// Takes an event, a list or an array. The parser bounds how deep arrays lie in one another.
    fn take(&mut self, value: Value) {
        let mut value = match value {
            Value::Array(values) => {
                for value in values {
                    if self.is_full {
                        return;
                    }
                    self.take(value);
                }
                return;
            }
            value => value,
        };
        match value.get("kind").and_then(Value::as_str) {
            Some("Event") => self.take_event(value),
            Some("EventList") => match value.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => {
                    for item in items {
                        if self.is_full {
                            return;
                        }
                        self.take_event(item);
                    }
                }
                _ => self.refuse_kind(),
            },
            _ => self.refuse_kind(),
        }
    }

    fn refuse_kind(&mut self) {
        if self.has_room() {
            let place = self.next_place();
            self.refuse(AuditError::Kind { place });
        }
    }

    fn next_place(&mut self) -> Place {
        let number = self.place.event.unwrap_or(0).saturating_add(1);
        self.place.event = Some(number);
        self.place
    }

    fn take_event(&mut self, value: Value) {
        if !self.has_room() {
            return;
        }
        let place = self.next_place();
        let bytes = json_length(&value);
        let limit = self.limits.event_bytes_max;
        if bytes > limit {
            self.refuse(AuditError::EventTooLarge {
                place,
                bytes,
                limit,
            });
            return;
        }
        match AuditEvent::new(value) {
            Ok(event) => self.batch.events.push(event),
            Err(Refusal::NoTime) => self.refuse(AuditError::NoTime { place }),
            Err(Refusal::Time) => self.refuse(AuditError::Time { place }),
        }
    }
}

/// Bytes that a value has as JSON without blanks.
fn json_length(value: &Value) -> usize {
    let mut length = Length(0);
    // Counting does not fail, and every value has a text.
    match serde_json::to_writer(&mut length, value) {
        Ok(()) => length.0,
        Err(_) => usize::MAX,
    }
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
