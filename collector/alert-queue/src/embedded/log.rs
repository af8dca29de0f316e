//! Chunks on disk: two tables of a redb file, written together.
//!
//! redb is a copy-on-write tree: a commit writes new pages, then switches to them with one sync, so a crash or a
//! torn write leaves the commit before. Pages of removed chunks are used again.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::EmbeddedError;
use super::chunk::{self, CHUNK_OVERHEAD_BYTES};

/// Partition and sequence of a chunk.
pub(crate) type ChunkKey = (u16, u64);

/// When it was written (milliseconds since the epoch), how many alerts it has, and its size in bytes.
type Entry = (u64, u32, u64);

const CHUNKS: TableDefinition<'_, ChunkKey, &[u8]> = TableDefinition::new("chunks");
const INDEX: TableDefinition<'_, ChunkKey, Entry> = TableDefinition::new("index");
/// What the file holds, by name.
const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");
const PARTITIONS: &str = "partitions";

/// Pages that stay in memory. Most chunks are delivered from memory before they are read again.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A chunk to be written.
#[derive(Debug)]
pub(crate) struct NewChunk {
    pub(crate) key: ChunkKey,
    pub(crate) written_ms: u64,
    pub(crate) value: Bytes,
    pub(crate) alerts: Vec<Bytes>,
}

impl NewChunk {
    /// Its size as it counts against the bound.
    pub(crate) fn bytes(&self) -> u64 {
        size(self.value.len())
    }

    fn entry(&self) -> Entry {
        let count = u32::try_from(self.alerts.len()).unwrap_or(u32::MAX);
        (self.written_ms, count, self.bytes())
    }
}

fn size(value_bytes: usize) -> u64 {
    (value_bytes as u64).saturating_add(CHUNK_OVERHEAD_BYTES)
}

/// A chunk that was read.
#[derive(Debug)]
pub(crate) struct StoredChunk {
    pub(crate) key: ChunkKey,
    pub(crate) written_ms: u64,
    pub(crate) bytes: u64,
    /// None if it cannot be read; then this many are lost.
    pub(crate) alerts: Result<Vec<Bytes>, u32>,
}

/// What a log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) alerts: u64,
    pub(crate) bytes: u64,
    /// For each partition the sequence of its next chunk.
    pub(crate) next: Vec<u64>,
    /// For each partition the sequence of its first chunk.
    pub(crate) first: Vec<u64>,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Log {
    database: Database,
    path: PathBuf,
}

/// Where the database lies; tests put faults between it and the file.
pub(crate) type Opener = Box<dyn Fn(&Path) -> Result<Database, redb::DatabaseError> + Send>;

/// Opens the file, and makes it if it is not there.
pub(crate) fn open_file(path: &Path) -> Result<Database, redb::DatabaseError> {
    builder().create(path)
}

pub(crate) fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    // A file that something else has written to is refused instead of trusted. That reads all of it, as a start
    // after a crash does anyway; a queue is nearly empty most of the time.
    builder
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(true);
    builder
}

impl Log {
    pub(crate) fn open(
        opener: &Opener,
        path: &Path,
        partitions: u16,
    ) -> Result<Self, EmbeddedError> {
        let database = opener(path).map_err(|source| EmbeddedError::open(path, source))?;
        let log = Self {
            database,
            path: path.to_owned(),
        };
        log.check_partitions(partitions)?;
        Ok(log)
    }

    fn failed(&self, source: impl Into<redb::Error>) -> EmbeddedError {
        EmbeddedError::Log {
            path: self.path.clone(),
            source: Box::new(source.into()),
        }
    }

    /// Makes the tables, and refuses to spread keys over another number of partitions than what is queued.
    fn check_partitions(&self, partitions: u16) -> Result<(), EmbeddedError> {
        let mut found = None;
        let transaction = self
            .database
            .begin_write()
            .map_err(|error| self.failed(error))?;
        (|| {
            let mut facts = transaction.open_table(FACTS)?;
            transaction.open_table(CHUNKS)?;
            let index = transaction.open_table(INDEX)?;
            found = facts.get(PARTITIONS)?.map(|count| count.value());
            if index.first()?.is_none() {
                found = None;
            }
            if found.is_none() {
                facts.insert(PARTITIONS, u64::from(partitions))?;
            }
            Ok::<(), redb::Error>(())
        })()
        .map_err(|error| self.failed(error))?;
        transaction.commit().map_err(|error| self.failed(error))?;
        match found {
            Some(found) if found != u64::from(partitions) => Err(EmbeddedError::Partitions {
                path: self.path.clone(),
                found,
                wanted: partitions,
            }),
            _ => Ok(()),
        }
    }

    /// Adds up what is there.
    pub(crate) fn contents(&self, partitions: u16) -> Result<Contents, EmbeddedError> {
        let count = usize::from(partitions);
        let mut contents = Contents {
            next: vec![0; count],
            first: vec![0; count],
            ..Contents::default()
        };
        (|| {
            let index = self.database.begin_read()?.open_table(INDEX)?;
            let mut seen = vec![false; count];
            for row in index.iter()? {
                let (key, entry) = row?;
                let ((partition, sequence), (_, alerts, bytes)) = (key.value(), entry.value());
                let partition = usize::from(partition);
                contents.alerts += u64::from(alerts);
                contents.bytes += bytes;
                if let (Some(next), Some(first), Some(seen)) = (
                    contents.next.get_mut(partition),
                    contents.first.get_mut(partition),
                    seen.get_mut(partition),
                ) {
                    *next = sequence + 1;
                    if !*seen {
                        (*first, *seen) = (sequence, true);
                    }
                }
            }
            Ok::<(), redb::Error>(())
        })()
        .map_err(|error| self.failed(error))?;
        Ok(contents)
    }

    /// Adds and removes chunks, durably, all or none.
    pub(crate) fn write(
        &self,
        added: &[NewChunk],
        removed: &[ChunkKey],
    ) -> Result<(), EmbeddedError> {
        (|| {
            let transaction = self.database.begin_write()?;
            {
                let mut chunks = transaction.open_table(CHUNKS)?;
                let mut index = transaction.open_table(INDEX)?;
                for key in removed {
                    chunks.remove(key)?;
                    index.remove(key)?;
                }
                for chunk in added {
                    chunks.insert(chunk.key, &*chunk.value)?;
                    index.insert(chunk.key, chunk.entry())?;
                }
            }
            transaction.commit()?;
            Ok::<(), redb::Error>(())
        })()
        .map_err(|error| self.failed(error))
    }

    /// Reads chunks of a partition from a sequence on, until they have so many bytes.
    pub(crate) fn read(
        &self,
        (partition, from): ChunkKey,
        bytes_max: u64,
    ) -> Result<Vec<StoredChunk>, EmbeddedError> {
        (|| {
            let transaction = self.database.begin_read()?;
            let chunks = transaction.open_table(CHUNKS)?;
            let index = transaction.open_table(INDEX)?;
            let mut found: Vec<StoredChunk> = Vec::new();
            let mut total = 0_u64;
            for row in index.range((partition, from)..=(partition, u64::MAX))? {
                if total >= bytes_max {
                    break;
                }
                let (key, entry) = row?;
                let (key, (written_ms, count, bytes)) = (key.value(), entry.value());
                let alerts = match chunks.get(key)? {
                    Some(value) => chunk::decode(Bytes::copy_from_slice(value.value()))
                        .inspect_err(|error| {
                            tracing::error!(?key, %error, "chunk of the queue is damaged");
                        })
                        .ok()
                        .filter(|alerts| alerts.len() as u64 == u64::from(count)),
                    None => None,
                };
                total = total.saturating_add(bytes);
                found.push(StoredChunk {
                    key,
                    written_ms,
                    bytes,
                    alerts: alerts.ok_or(count),
                });
            }
            Ok::<_, redb::Error>(found)
        })()
        .map_err(|error| self.failed(error))
    }

    /// Whether it has a chunk.
    pub(crate) fn holds(&self, key: ChunkKey) -> Result<bool, EmbeddedError> {
        (|| {
            let index = self.database.begin_read()?.open_table(INDEX)?;
            Ok::<_, redb::Error>(index.get(key)?.is_some())
        })()
        .map_err(|error| self.failed(error))
    }

    /// When the first chunk of a partition from a sequence on was written.
    pub(crate) fn written_ms(
        &self,
        (partition, from): ChunkKey,
    ) -> Result<Option<u64>, EmbeddedError> {
        (|| {
            let index = self.database.begin_read()?.open_table(INDEX)?;
            let mut rows = index.range((partition, from)..=(partition, u64::MAX))?;
            Ok::<_, redb::Error>(rows.next().transpose()?.map(|(_, entry)| entry.value().0))
        })()
        .map_err(|error| self.failed(error))
    }

    /// Changes a byte of a chunk.
    #[cfg(test)]
    pub(crate) fn damage(&self, key: ChunkKey) {
        let transaction = self.database.begin_write().unwrap();
        {
            let mut chunks = transaction.open_table(CHUNKS).unwrap();
            let mut value = chunks.get(key).unwrap().unwrap().value().to_vec();
            value[20] ^= 1;
            chunks.insert(key, &*value).unwrap();
        }
        transaction.commit().unwrap();
    }
}
