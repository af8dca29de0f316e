//! Connections to the file: one that writes, some that read.

use super::migration;
use crate::{ErrorKind, SqliteSettings, StoreError};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Another process, such as a query, may hold the lock so long.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);
/// So many read at the same time; more wait.
const READERS_MAX: usize = 4;
const STATEMENTS_MAX: usize = 64;

/// SQLite has one writer at a time, and readers that never wait for it (WAL).
#[derive(Clone)]
pub(super) struct Connections {
    path: PathBuf,
    writer: Arc<Mutex<Connection>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    reading: Arc<Semaphore>,
}

impl Connections {
    pub(super) fn open(settings: &SqliteSettings) -> Result<Self, StoreError> {
        let path = settings.path.clone();
        let mut writer =
            connect(&path).map_err(|error| failure(&path, "cannot open the database", error))?;
        migration::migrate(&mut writer, &path)?;
        Ok(Self {
            path,
            writer: Arc::new(Mutex::new(writer)),
            readers: Arc::default(),
            reading: Arc::new(Semaphore::new(READERS_MAX)),
        })
    }

    /// Runs a job on the connection that writes, away from the threads that must not wait. Once begun it is
    /// finished, also if nobody waits for it any longer.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let writer = Arc::clone(&self.writer);
        self.run(action, move || {
            // A job that panicked left no transaction open: it is rolled back where it is dropped.
            job(&mut writer.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
    }

    /// Runs a job on a connection of those that read.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        action: &'static str,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        let path = self.path.clone();
        let permit = Arc::clone(&self.reading).acquire_owned().await;
        self.run(action, move || {
            let _permit = permit;
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let reader = match idle {
                Some(reader) => reader,
                None => connect(&path)?,
            };
            let answer = job(&reader)?;
            readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(reader);
            Ok(answer)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        action: &'static str,
        job: impl FnOnce() -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        match tokio::task::spawn_blocking(job).await {
            Ok(answer) => answer.map_err(|error| failure(&self.path, action, error)),
            Err(error) => Err(StoreError::Database {
                database: self.path.display().to_string(),
                action,
                kind: ErrorKind::Transient,
                source: Box::new(error),
            }),
        }
    }
}

fn connect(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Before the first table is made, or it does nothing.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A batch is acknowledged to the queue when it is stored, so it must survive a loss of power: NORMAL would
    // lose the last transactions then. One sync a batch.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // KiB.
    connection.pragma_update(None, "cache_size", -65_536)?;
    // Bytes to which the log is cut after a checkpoint.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(connection)
}

pub(super) fn failure(
    path: &std::path::Path,
    action: &'static str,
    error: rusqlite::Error,
) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::SchemaChanged,
        ) => ErrorKind::Transient,
        _ => ErrorKind::Permanent,
    };
    StoreError::Database {
        database: path.display().to_string(),
        action,
        kind,
        source: Box::new(error),
    }
}
