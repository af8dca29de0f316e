//! What happens to containers, as a stream of lines.

use super::connection::{self, Reply};
use super::is_path_part;
use super::messages::Event;
use crate::client::{Change, Changes};
use crate::error::RuntimeError;
use http_body_util::BodyExt;
use saker_process_state::ContainerId;

/// Asks for what is understood here. `destroy` is Docker's word, `died` and `remove` are podman's.
pub(super) const FILTERS: &str = concat!(
    "filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B",
    "%22create%22%2C%22start%22%2C%22rename%22%2C%22update%22%2C",
    "%22die%22%2C%22died%22%2C%22destroy%22%2C%22remove%22%5D%7D",
);

/// Longest line, bytes: an event carries all labels of its container.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Sends what a reply tells until it ends. Lines that say nothing that can be understood are skipped.
pub(super) async fn follow(mut reply: Reply, changes: &Changes) -> Result<(), RuntimeError> {
    let mut lines = Lines::default();
    while let Some(frame) = reply.body.frame().await {
        let frame = frame.map_err(|source| connection::failed("events", source))?;
        let Ok(bytes) = frame.into_data() else {
            continue;
        };
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(line) = lines.push(piece) else {
                continue;
            };
            match change(&line) {
                Ok(Some(change)) => {
                    if changes.send(change).await.is_err() {
                        return Ok(());
                    }
                }
                Ok(None) => {}
                Err(error) => lines.skip(error.column(), &error.to_string()),
            }
        }
    }
    Ok(())
}

/// Puts pieces together to lines.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    is_long: bool,
    skipped: u64,
}

impl Lines {
    /// A line, when a piece ends one.
    fn push(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        let is_end = piece.ends_with(b"\n");
        self.is_long |= self.line.len().saturating_add(piece.len()) > LINE_BYTES_MAX;
        if self.is_long {
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(piece);
        }
        if !is_end {
            return None;
        }
        if std::mem::take(&mut self.is_long) {
            self.skip(LINE_BYTES_MAX, "the line is too long");
        }
        Some(std::mem::take(&mut self.line))
    }

    fn skip(&mut self, column: usize, reason: &str) {
        self.skipped = self.skipped.saturating_add(1);
        // Each further one would only repeat it.
        if self.skipped.is_power_of_two() {
            let skipped = self.skipped;
            tracing::debug!(
                column,
                reason,
                skipped,
                "skipped an event that cannot be read"
            );
        }
    }
}

/// What a line says; `None` where it says nothing of a container.
fn change(line: &[u8]) -> Result<Option<Change>, serde_json::Error> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let event: Event = serde_json::from_slice(line)?;
    let Some(actor) = event
        .actor
        .filter(|actor| event.kind == "container" && is_path_part(&actor.id))
    else {
        return Ok(None);
    };
    let id = ContainerId::new(&actor.id);
    Ok(match event.action.as_str() {
        "create" | "start" | "rename" | "update" => Some(Change::Began(id)),
        "die" | "died" | "destroy" | "remove" => Some(Change::Ended(id)),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
