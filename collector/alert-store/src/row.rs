//! An alert as the databases keep it: encoded, beside the few columns that questions are asked about.

use crate::Incoming;
use prost::Message;
use saker_proto::{AlertId, v1};
use sha2::{Digest, Sha256};

/// Texts of columns are cut to this: an index of PostgreSQL takes no more than 2,700 bytes. The encoded alert has
/// them whole.
const TEXT_BYTES_MAX: usize = 512;
/// Stands before, between and after the tags in their column. An alert has no control characters.
const TAG_SEPARATOR: char = '\u{1f}';
const NS_PER_MS: u64 = 1_000_000;

/// An alert with the columns of its row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: AlertId,
    /// Nanoseconds since the epoch.
    pub(crate) time_ns: i64,
    pub(crate) priority: i32,
    pub(crate) rule: String,
    pub(crate) tags: String,
    pub(crate) node: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) pod: Option<String>,
    pub(crate) container_id: Option<String>,
    pub(crate) container_name: Option<String>,
    pub(crate) payload: Vec<u8>,
    /// What repeats have in common.
    pub(crate) fingerprint: [u8; 16],
}

impl Row {
    pub(crate) fn new(incoming: &Incoming) -> Self {
        let alert = &*incoming.alert;
        let pod = alert.pod.as_ref();
        let container = alert.container.as_ref();
        Self {
            id: incoming.id,
            time_ns: event_time_ns(incoming.id, alert.time_unix_ns),
            priority: priority(alert),
            rule: column_text(&alert.rule),
            tags: tag_column(&alert.tags),
            node: alert
                .node
                .as_ref()
                .and_then(|node| optional(&node.hostname)),
            namespace: pod.and_then(|pod| optional(&pod.namespace)),
            pod: pod.and_then(|pod| optional(&pod.name)),
            container_id: container.and_then(|container| {
                optional(&container.id).or_else(|| optional(short_container_id(&container.full_id)))
            }),
            container_name: container.and_then(|container| optional(&container.name)),
            payload: pack(&incoming.payload),
            fingerprint: fingerprint(alert),
        }
    }
}

/// The priority, or none of the known ones: a newer agent may have more, and hostile ones anything.
pub(crate) fn priority(alert: &v1::Alert) -> i32 {
    i32::from(v1::Priority::try_from(alert.priority).unwrap_or(v1::Priority::Unspecified))
}

/// When the event happened. The id is what alerts are ordered, partitioned and expired by; the alert's own time
/// only adds what is finer, and nothing if the two contradict each other.
fn event_time_ns(id: AlertId, time_ns: u64) -> i64 {
    let id_ms = milliseconds(id);
    let time_ns = if time_ns / NS_PER_MS == id_ms {
        time_ns
    } else {
        id_ms.saturating_mul(NS_PER_MS)
    };
    i64::try_from(time_ns).unwrap_or(i64::MAX)
}

/// The milliseconds since the epoch that an id begins with.
pub(crate) fn milliseconds(id: AlertId) -> u64 {
    let number = u128::from_be_bytes(id.to_bytes()) >> 80_u32;
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The first id that an event of this millisecond can have.
pub(crate) fn first_id_of(milliseconds: u64) -> AlertId {
    let bounded = u128::from(milliseconds.min((1 << 48) - 1));
    AlertId::from_bytes((bounded << 80_u32).to_be_bytes())
}

/// Nanoseconds as the databases keep them.
pub(crate) fn nanoseconds(time_ns: u64) -> i64 {
    i64::try_from(time_ns).unwrap_or(i64::MAX)
}

/// The first of twelve digits of a full id; what is shorter stays.
pub(crate) fn short_container_id(id: &str) -> &str {
    let is_full = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_full {
        id.get(..12).unwrap_or(id)
    } else {
        id
    }
}

/// A text as its column keeps it: PostgreSQL has no NUL in texts.
pub(crate) fn column_text(text: &str) -> String {
    let cut = text.get(..text.floor_char_boundary(TEXT_BYTES_MAX));
    cut.unwrap_or_default().replace('\0', "\u{fffd}")
}

fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| column_text(text))
}

fn tag_column(tags: &[String]) -> String {
    let mut column = String::from(TAG_SEPARATOR);
    for tag in tags {
        column.push_str(&column_text(tag));
        column.push(TAG_SEPARATOR);
    }
    column
}

/// What is found in the column of tags if this is one of them.
pub(crate) fn tag_needle(tag: &str) -> String {
    format!("{TAG_SEPARATOR}{}{TAG_SEPARATOR}", column_text(tag))
}

/// Repeats have the same rule, priority, cluster, node, container, pod and program.
///
/// It is a cryptographic hash: a process that chose its path so that it falls together with another rule's noise
/// would be told as a repeat of that.
fn fingerprint(alert: &v1::Alert) -> [u8; 16] {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    };
    add(&alert.rule);
    add(&alert.source);
    add(&alert.cluster);
    add(alert.node.as_ref().map_or("", |node| &node.hostname));
    match &alert.container {
        Some(container) if container.full_id.is_empty() => add(&container.id),
        Some(container) => add(&container.full_id),
        None => add(""),
    }
    match &alert.pod {
        Some(pod) => {
            add(&pod.uid);
            add(&pod.namespace);
            add(&pod.name);
        }
        None => add("no pod"),
    }
    add(alert
        .process
        .as_ref()
        .map_or("", |process| &process.executable));
    hash.update(alert.priority.to_be_bytes());
    let digest = hash.finalize();
    let mut fingerprint = [0; 16];
    for (byte, digit) in fingerprint.iter_mut().zip(digest) {
        *byte = digit;
    }
    fingerprint
}

/// How the alert follows in the column.
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// An alert that grows to more than this was not written by a collector.
const ALERT_BYTES_MAX: usize = 16 << 20;

fn pack(payload: &[u8]) -> Vec<u8> {
    let compressed = zstd::bulk::compress(payload, 1).ok();
    let (kind, bytes) = match &compressed {
        Some(compressed) if compressed.len() < payload.len() => (ZSTD, &**compressed),
        _ => (PLAIN, payload),
    };
    let mut packed = Vec::with_capacity(bytes.len().saturating_add(1));
    packed.push(kind);
    packed.extend_from_slice(bytes);
    packed
}

/// The alert of a column, or none if what the column holds is no alert.
pub(crate) fn unpack(packed: &[u8]) -> Option<v1::Alert> {
    match packed.split_first()? {
        (&PLAIN, payload) => v1::Alert::decode(payload).ok(),
        (&ZSTD, compressed) => {
            let size = zstd::bulk::Decompressor::upper_bound(compressed)?.min(ALERT_BYTES_MAX);
            let payload = zstd::bulk::decompress(compressed, size).ok()?;
            v1::Alert::decode(&*payload).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
