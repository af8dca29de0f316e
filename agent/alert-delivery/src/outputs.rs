//! The outputs, each in a file of its own.

pub(crate) mod file;
pub(crate) mod program;
pub(crate) mod spooled;
pub(crate) mod stdout;
pub(crate) mod syslog;

use std::sync::Arc;

use saker_alert_formats::Renderer;

use crate::output::{Progress, Routed};

/// Bytes that are written at once, at least: enough that writing costs little.
const CHUNK_BYTES: usize = 64 << 10;

/// Lines that are written together.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
}

impl Lines {
    /// The lines of the front of a batch, as many as are written at once.
    fn of(renderer: &Renderer, batch: &[Arc<Routed>]) -> Self {
        let mut lines = Self::default();
        for routed in batch {
            let line = renderer.line(&routed.notification);
            lines.bytes.extend_from_slice(line.as_bytes());
            lines.bytes.push(b'\n');
            lines.ends.push(lines.bytes.len());
            if lines.bytes.len() >= CHUNK_BYTES {
                break;
            }
        }
        lines
    }

    /// How many lines lie wholly within these bytes.
    fn within(&self, written: usize) -> usize {
        self.ends.partition_point(|end| *end <= written)
    }

    /// All lines were written.
    fn written(&self) -> Progress {
        Progress::all(self.ends.len())
    }
}

#[cfg(test)]
pub(crate) mod tests;
