//! The file that says what was acknowledged: for each priority the segment and the offset up to which all is.
//!
//! It is written now and then. What it lacks after a crash is delivered twice.

use crate::directory::Directory;
use crate::error::SpoolError;
use crate::frame::{checksum, take};
use crate::priority::{PRIORITIES, PriorityTable};

const NAME: &str = "acknowledged";
const MAGIC: &[u8; 8] = b"SKRACKED";
const VERSION: u32 = 1;
/// Magic, version, two numbers for each of nine priorities, checksum.
const BYTES: usize = 8 + 4 + 9 * 16 + 4;

/// A place in the segments of a priority. Everything before it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) sequence: u64,
    pub(crate) offset: u64,
}

/// What the file holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Absent,
    Damaged,
    Positions(PriorityTable<Position>),
}

pub(crate) fn load(directory: &Directory) -> Result<Stored, SpoolError> {
    let longest = crate::frame::count(BYTES).saturating_add(1);
    Ok(match directory.read_small(NAME, longest)? {
        None => Stored::Absent,
        Some(bytes) => parse(&bytes).map_or(Stored::Damaged, Stored::Positions),
    })
}

pub(crate) fn store(
    directory: &Directory,
    positions: &PriorityTable<Position>,
) -> Result<(), SpoolError> {
    directory.replace(NAME, &encode(positions))
}

fn encode(positions: &PriorityTable<Position>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    for priority in PRIORITIES {
        let position = positions.get(priority);
        bytes.extend_from_slice(&position.sequence.to_le_bytes());
        bytes.extend_from_slice(&position.offset.to_le_bytes());
    }
    let checksum = checksum(0, &[&bytes]);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

fn parse(bytes: &[u8]) -> Option<PriorityTable<Position>> {
    let (content, stored) = bytes.split_last_chunk::<4>()?;
    if bytes.len() != BYTES || u32::from_le_bytes(*stored) != checksum(0, &[content]) {
        return None;
    }
    let mut rest = content;
    let is_ours =
        take::<8>(&mut rest)? == *MAGIC && u32::from_le_bytes(take(&mut rest)?) == VERSION;
    if !is_ours {
        return None;
    }
    let mut positions = PriorityTable::default();
    for priority in PRIORITIES {
        *positions.get_mut(priority) = Position {
            sequence: u64::from_le_bytes(take(&mut rest)?),
            offset: u64::from_le_bytes(take(&mut rest)?),
        };
    }
    Some(positions)
}
