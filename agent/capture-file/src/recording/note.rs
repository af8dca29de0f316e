//! What is recorded beside events.

use super::container::StoredContainer;
use super::error::RecordingError;
use super::process::StoredSnapshot;
use serde::{Deserialize, Serialize};

/// What the agent learnt from elsewhere. Notes stand before the event for which they were made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// The users and groups of the host changed: all of them are told anew.
    UsersChanged,
    /// A user of the host.
    User {
        /// Id.
        uid: u32,
        /// Login name.
        #[serde(with = "serde_bytes")]
        name: Vec<u8>,
        /// Home directory.
        #[serde(with = "serde_bytes")]
        home: Vec<u8>,
        /// Login shell.
        #[serde(with = "serde_bytes")]
        shell: Vec<u8>,
    },
    /// A group of the host.
    Group {
        /// Id.
        gid: u32,
        /// Name.
        #[serde(with = "serde_bytes")]
        name: Vec<u8>,
    },
    /// A process that ran at the begin.
    Process(Box<StoredSnapshot>),
    /// All that was there at the begin has been told.
    Started,
    /// The clocks, whenever they changed against each other.
    Clock {
        /// Nanoseconds that the wall clock is ahead of the time since boot.
        wall_offset_ns: i64,
        /// Seconds that local time is ahead of UTC.
        utc_offset_s: i32,
    },
    /// What `/proc` said about a process.
    ProcessRead {
        /// Its id.
        pid: u32,
        /// What was there.
        snapshot: Option<Box<StoredSnapshot>>,
    },
    /// What `/proc` said about the cgroup of a process.
    ProcessCgroup {
        /// Its id.
        pid: u32,
        /// Path of the cgroup.
        #[serde(with = "serde_bytes")]
        path: Option<Vec<u8>>,
    },
    /// What the cgroup file system said about a cgroup.
    Cgroup {
        /// kernfs id.
        id: u64,
        /// Its path.
        #[serde(with = "serde_bytes")]
        path: Option<Vec<u8>>,
    },
    /// What a runtime said about the container of an event.
    Container(Box<StoredContainer>),
    /// Processes were looked for whose end was not seen.
    Sweep {
        /// When, nanoseconds since boot.
        time_boot_ns: u64,
        /// Ids of those that were not there.
        gone: Vec<u32>,
    },
}

impl Note {
    /// Bytes of the texts that one who keeps the note has to keep.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let lengths = |texts: &[&Vec<u8>]| {
            let lengths = texts.iter().map(|text| text.len());
            lengths.fold(0, usize::saturating_add)
        };
        match self {
            Self::User {
                name, home, shell, ..
            } => lengths(&[name, home, shell]),
            Self::Group { name, .. } => name.len(),
            Self::Process(snapshot) => snapshot.text_bytes(),
            Self::Container(container) => container.text_bytes(),
            Self::ProcessRead { snapshot, .. } => snapshot
                .as_ref()
                .map_or(0, |snapshot| snapshot.text_bytes()),
            Self::ProcessCgroup { path, .. } | Self::Cgroup { path, .. } => {
                path.as_ref().map_or(0, Vec::len)
            }
            Self::UsersChanged | Self::Started | Self::Clock { .. } | Self::Sweep { .. } => 0,
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), RecordingError> {
        encode("a note", self, out)
    }

    /// `None` for a note that is not understood.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        ciborium::from_reader(bytes).ok()
    }
}

/// Appends a value in CBOR.
pub(super) fn encode(
    what: &'static str,
    value: &impl Serialize,
    out: &mut Vec<u8>,
) -> Result<(), RecordingError> {
    ciborium::into_writer(value, out).map_err(|error| RecordingError::Encode {
        what,
        problem: error.to_string(),
    })
}
