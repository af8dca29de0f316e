//! The first frame: the host, and the event table.

use saker_event_schema::{EventHeader, ROWS, Row, SocketTuple};
use serde::{Deserialize, Serialize};

/// The host that a recording is of, and what its events mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// Version of Saker that wrote it.
    pub saker_version: String,
    /// Tells the recording from all others.
    pub capture_id: String,
    /// Id of the host's boot, which alert ids are made of.
    pub boot_id: String,
    /// Name of the host.
    pub hostname: String,
    /// Release of its kernel.
    pub kernel_release: String,
    /// Architecture of the host, by Rust's name for it.
    pub architecture: String,
    /// When the recording began, nanoseconds since the epoch.
    pub began_wall_ns: u64,
    /// Nanoseconds that the wall clock was ahead of the time since boot when it began.
    pub wall_offset_ns: i64,
    /// Seconds that local time was ahead of UTC when it began.
    pub utc_offset_s: i32,
    /// The condition that chose events, if there was one.
    pub filter: Option<String>,
    /// Bytes of the head of each event.
    pub event_head_bytes: u32,
    /// Bytes of the fixed part of a socket.
    pub socket_bytes: u32,
    /// The event table.
    pub rows: Vec<StoredRow>,
}

impl Default for Header {
    /// No host, with the event table of this version.
    fn default() -> Self {
        Self {
            saker_version: env!("CARGO_PKG_VERSION").to_owned(),
            capture_id: String::new(),
            boot_id: String::new(),
            hostname: String::new(),
            kernel_release: String::new(),
            architecture: std::env::consts::ARCH.to_owned(),
            began_wall_ns: 0,
            wall_offset_ns: 0,
            utc_offset_s: 0,
            filter: None,
            event_head_bytes: u32::try_from(size_of::<EventHeader>()).unwrap_or(0),
            socket_bytes: u32::try_from(size_of::<SocketTuple>()).unwrap_or(0),
            rows: ROWS.iter().map(StoredRow::of).collect(),
        }
    }
}

/// A row of the event table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredRow {
    /// Id on the wire.
    pub id: u16,
    /// Name of the event.
    pub name: String,
    /// Arguments in the order of their slots.
    pub arguments: Vec<StoredArgument>,
}

/// An argument of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredArgument {
    /// Name.
    pub name: String,
    /// Name of its kind.
    pub kind: String,
    /// Whether its slot refers to data elsewhere in the record.
    pub is_data: bool,
}

impl StoredRow {
    /// A row of today's table.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        Self {
            id: row.id.get(),
            name: row.name.to_owned(),
            arguments: row
                .arguments
                .iter()
                .map(|argument| StoredArgument {
                    name: argument.name.to_owned(),
                    kind: argument.kind.name().to_owned(),
                    is_data: argument.kind.is_data(),
                })
                .collect(),
        }
    }
}
