//! Looking at a batch.

use crate::header::IntakeHeader;
use crate::{Refusal, RefusedAlert};
use bytes::Bytes;
use prost::Message;
use saker_proto::{AlertId, EncodedBatch};
use xxhash_rust::xxh3::Xxh3;

/// Characters of a name that a refusal repeats: a host name has no more than 253.
const NAME_CHARACTERS_SHOWN: usize = 253;

/// How large alerts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an encoded alert.
    pub alert_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            alert_bytes_max: 256 << 10,
        }
    }
}

/// An alert that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Its place in the batch, from 0.
    pub index: u32,
    /// Its id.
    pub id: AlertId,
    /// The same for all alerts of a node, whose order may matter.
    pub key: u64,
    /// The alert, encoded as it came.
    pub payload: Bytes,
}

/// What became of the alerts of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screened {
    /// Those that are taken, in their order.
    pub admitted: Vec<Admitted>,
    /// Those that are not, in their order.
    pub refused: Vec<RefusedAlert>,
}

/// Looks at each alert of a batch. With a `node`, which the sender proved to be, it may tell of that one only.
#[must_use]
pub fn screen(batch: EncodedBatch, limits: &Limits, node: Option<&str>) -> Screened {
    let mut screened = Screened::default();
    for (index, payload) in (0u32..).zip(batch.alerts) {
        match examine(index, payload, limits, node) {
            Ok(alert) => screened.admitted.push(alert),
            Err(refusal) => screened.refused.push(RefusedAlert { index, refusal }),
        }
    }
    screened
}

fn examine(
    index: u32,
    payload: Bytes,
    limits: &Limits,
    node: Option<&str>,
) -> Result<Admitted, Refusal> {
    if payload.len() > limits.alert_bytes_max {
        return Err(Refusal::TooLarge {
            bytes: payload.len(),
            max: limits.alert_bytes_max,
        });
    }
    let header = IntakeHeader::decode(payload.clone())?;
    let id = AlertId::from_slice(&header.id).ok_or(Refusal::InvalidId(header.id.len()))?;
    if header.rule.is_empty() {
        return Err(Refusal::NoRule);
    }
    // Host names are the same in capitals (RFC 4343).
    let foreign = node.filter(|proven| !proven.eq_ignore_ascii_case(header.hostname()));
    if let Some(proven) = foreign {
        return Err(Refusal::ForeignNode {
            claimed: shown(header.hostname()),
            proven: proven.to_owned(),
        });
    }
    Ok(Admitted {
        index,
        id,
        key: key(&header),
        payload,
    })
}

/// Tells nodes apart, also those of several clusters.
fn key(header: &IntakeHeader) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(header.cluster.as_bytes());
    hash.update(b"\0");
    hash.update(header.hostname().as_bytes());
    hash.digest()
}

/// A name for people: short, and without control characters.
fn shown(name: &str) -> String {
    name.chars()
        .take(NAME_CHARACTERS_SHOWN)
        .map(|character| match character {
            character if character.is_control() => char::REPLACEMENT_CHARACTER,
            character => character,
        })
        .collect()
}

#[cfg(test)]
mod tests;
