//! A node's ledger in a file.
//!
//! The file is replaced as a whole: written beside, made durable, renamed. So it is either the former one or
//! the new one. It begins with [`MAGIC`], the version of the format, the length of what follows and its checksum
//! (XXH3); then come parts ([`saker_proto::v1::LedgerPart`]), each after its length. What is no such file, or is
//! not whole, is refused with what is wrong; [`resume`] keeps it aside and begins a new one.

use crate::encoding::MalformedPart;
use crate::ledger::Ledger;
use crate::node_ledger::{NodeLedger, NodeName};
use prost::Message;
use saker_proto::v1::LedgerPart;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// What a file begins with.
pub const MAGIC: [u8; 8] = *b"SAKERLGR";

/// Version of the format.
pub const VERSION: u32 = 1;

/// Largest file that is read, bytes.
pub const FILE_BYTES_MAX: u64 = 256 << 20;

/// Bytes before the first part: magic, version, zero, length, checksum.
const HEADER_BYTES: usize = 32;

/// Who talks to whom is for nobody else on the machine.
const FILE_MODE: u32 = 0o600;

/// Bytes that are no ledger.
#[derive(Debug, thiserror::Error)]
pub enum InvalidLedger {
    /// Something else.
    #[error("it does not begin as an encryption ledger does")]
    Foreign,
    /// Made by a newer version of Saker.
    #[error("its format has version {0}; this version of Saker reads {VERSION}")]
    NewerVersion(u32),
    /// It ends too early, or something follows.
    #[error("it says that {expected} bytes follow its first {HEADER_BYTES}, but there are {found}")]
    Torn {
        /// Bytes that should follow the header.
        expected: u64,
        /// Bytes that follow.
        found: u64,
    },
    /// Its bytes were changed.
    #[error("its checksum is wrong")]
    Checksum,
    /// A part is no message.
    #[error("at byte {offset}")]
    Message {
        /// Where the part begins.
        offset: usize,
        /// Why.
        source: prost::DecodeError,
    },
    /// A part says what no ledger can say.
    #[error("in the part before byte {offset}")]
    Part {
        /// Where the part ends.
        offset: usize,
        /// Why.
        source: MalformedPart,
    },
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFileError {
    /// It cannot be read.
    #[error("cannot read the ledger {path}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write the ledger {path}", path = .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is larger than any ledger.
    #[error("the ledger {path} is larger than {FILE_BYTES_MAX} bytes", path = .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no ledger, or no whole one.
    #[error("{path} is no usable ledger", path = .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidLedger,
    },
    /// It is of another node.
    #[error("the ledger {path} is of the node '{node}'", path = .path.display())]
    OtherNode {
        /// The file.
        path: PathBuf,
        /// Its node.
        node: String,
    },
}

/// The bytes of a file.
#[must_use]
pub fn encode(ledger: &NodeLedger) -> Vec<u8> {
    let mut body = Vec::new();
    for part in ledger.parts() {
        body.extend(part.encode_length_delimited_to_vec());
    }
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let mut bytes = Vec::with_capacity(body.len().saturating_add(HEADER_BYTES));
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(xxh3_64(&body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// The ledger in the bytes of a file.
///
/// # Errors
///
/// They are none; see [`InvalidLedger`].
pub fn decode(bytes: &[u8]) -> Result<Ledger, InvalidLedger> {
    let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Err(
            if !bytes.is_empty() && MAGIC.starts_with(bytes.get(..8).unwrap_or(bytes)) {
                InvalidLedger::Torn {
                    expected: 0,
                    found: 0,
                }
            } else {
                InvalidLedger::Foreign
            },
        );
    };
    let number = |at: usize| {
        let bytes = header.get(at..)?.first_chunk::<8>()?;
        Some(u64::from_le_bytes(*bytes))
    };
    if !header.starts_with(&MAGIC) {
        return Err(InvalidLedger::Foreign);
    }
    let version = header.get(8..).and_then(|rest| rest.first_chunk::<4>());
    let version = version.map_or(0, |bytes| u32::from_le_bytes(*bytes));
    if version != VERSION {
        return Err(InvalidLedger::NewerVersion(version));
    }
    let (expected, checksum) = (number(16).unwrap_or(0), number(24).unwrap_or(0));
    let found = u64::try_from(body.len()).unwrap_or(u64::MAX);
    if expected != found {
        return Err(InvalidLedger::Torn { expected, found });
    }
    if xxh3_64(body) != checksum {
        return Err(InvalidLedger::Checksum);
    }
    parts(body)
}

fn parts(body: &[u8]) -> Result<Ledger, InvalidLedger> {
    let mut ledger = Ledger::default();
    let mut rest = body;
    let offset = |rest: &[u8]| {
        let read = body.len().saturating_sub(rest.len());
        read.saturating_add(HEADER_BYTES)
    };
    while !rest.is_empty() {
        let begin = offset(rest);
        let part = LedgerPart::decode_length_delimited(&mut rest);
        let part = part.map_err(|source| InvalidLedger::Message {
            offset: begin,
            source,
        })?;
        ledger
            .add_part(part)
            .map_err(|source| InvalidLedger::Part {
                offset: offset(rest),
                source,
            })?;
    }
    Ok(ledger)
}

/// Reads a file.
///
/// # Errors
///
/// It cannot be read, or is no whole ledger.
pub fn read(path: &Path) -> Result<Ledger, LedgerFileError> {
    let failed = |source| LedgerFileError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_BYTES_MAX.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(LedgerFileError::TooLarge {
            path: path.to_owned(),
        });
    }
    decode(&bytes).map_err(|source| LedgerFileError::Invalid {
        path: path.to_owned(),
        source,
    })
}

/// Replaces the file, and returns when the new one is durable. Makes the folder if it is not there.
///
/// # Errors
///
/// It cannot be written; the former one is still there.
pub fn write(path: &Path, ledger: &NodeLedger) -> Result<(), LedgerFileError> {
    replace(path, &encode(ledger)).map_err(|source| LedgerFileError::Write {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let beside = with_suffix(path, ".new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The new name is durable once the folder is.
    File::open(folder)?.sync_all()
}

/// A ledger to go on with.
#[derive(Debug)]
pub struct Resumed {
    /// The ledger, observing from now on.
    pub ledger: NodeLedger,
    /// Why it is a new one although there was a file, which was kept aside.
    pub replaced: Option<LedgerFileError>,
}

/// Goes on with the ledger in a file, or begins one. A file that cannot be used is kept beside, with the ending
/// `.damaged`, in place of one that was kept before.
///
/// # Errors
///
/// The file can be neither read nor kept aside.
pub fn resume(path: &Path, name: NodeName, now_wall_ms: u64) -> Result<Resumed, LedgerFileError> {
    let found = match read(path) {
        Ok(ledger) => of_node(path, ledger, &name),
        Err(LedgerFileError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error @ LedgerFileError::Read { .. }) => return Err(error),
        Err(error) => Err(error),
    };
    let replaced = match found {
        Ok(Some(mut ledger)) => {
            ledger.resume(now_wall_ms);
            return Ok(Resumed {
                ledger,
                replaced: None,
            });
        }
        Ok(None) => None,
        Err(error) => {
            let aside = with_suffix(path, ".damaged");
            fs::rename(path, &aside).map_err(|source| LedgerFileError::Write {
                path: aside,
                source,
            })?;
            Some(error)
        }
    };
    Ok(Resumed {
        ledger: NodeLedger::begin(name, now_wall_ms),
        replaced,
    })
}

/// The ledger of this node in what a file holds.
fn of_node(
    path: &Path,
    ledger: Ledger,
    name: &NodeName,
) -> Result<Option<NodeLedger>, LedgerFileError> {
    let newest = ledger.into_nodes().max_by_key(|node| node.begun_wall_ms);
    match newest {
        Some(node) if node.name != *name => Err(LedgerFileError::OtherNode {
            path: path.to_owned(),
            node: node.name.node.into(),
        }),
        newest => Ok(newest),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
