//! What the collector is made of: opened from the configuration, or given by a test.

use crate::config::Config;
use anyhow::Context;
use saker_alert_clients::Backoff;
use saker_alert_queue::{AlertQueue, QueueSettings};
use saker_alert_sinks::Sink;
use saker_alert_store::{Store, StoreSettings};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Pauses between attempts to reach queue and store.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Alerts of a cluster are for nobody else on the machine.
const DATA_DIR_MODE: u32 = 0o700;

/// What the collector is made of, as far as its roles need it.
#[derive(Default)]
pub(crate) struct Parts {
    /// Between ingest and workers.
    pub(crate) queue: Option<Arc<dyn AlertQueue>>,
    /// Where alerts are kept.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// Where they go.
    pub(crate) sinks: Vec<NamedSink>,
}

/// A sink of the configuration.
#[derive(Clone)]
pub(crate) struct NamedSink {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// What delivers.
    pub(crate) sink: Arc<dyn Sink>,
}

/// Opens what the roles need; waits for servers that do not answer yet.
pub(crate) async fn open_parts(config: &Config) -> anyhow::Result<Parts> {
    // What is wrong with settings is said before anything is waited for.
    let sinks = if config.roles.worker {
        build_sinks(config)?
    } else {
        Vec::new()
    };
    let mut parts = Parts {
        sinks,
        ..Parts::default()
    };
    if config.roles.need_queue() {
        parts.queue = Some(patient_queue(config).await?);
    }
    if config.roles.need_store() {
        parts.store = Some(patient_store(config).await?);
    }
    Ok(parts)
}

/// The sinks of the configuration. Connects to nothing.
pub(crate) fn build_sinks(config: &Config) -> anyhow::Result<Vec<NamedSink>> {
    config
        .sinks
        .iter()
        .map(|settings| {
            let sink = settings
                .build()
                .with_context(|| format!("sink '{}'", settings.name))?;
            Ok(NamedSink {
                name: settings.name.as_str().into(),
                sink: sink.into(),
            })
        })
        .collect()
}

/// The queue, once.
pub(crate) async fn open_queue(config: &Config) -> Result<Arc<dyn AlertQueue>, OpenError> {
    if matches!(config.queue, QueueSettings::Embedded(_)) {
        make_data_dir(&config.data_dir)?;
    }
    let queue = saker_alert_queue::open(&config.queue, &config.data_dir).await?;
    Ok(queue.into())
}

/// The store, once.
pub(crate) async fn open_store(config: &Config) -> Result<Arc<dyn Store>, OpenError> {
    if let StoreSettings::Sqlite(settings) = &config.store
        && settings.path.parent() == Some(&config.data_dir)
    {
        make_data_dir(&config.data_dir)?;
    }
    let store = saker_alert_store::open(&config.store).await?;
    Ok(store.into())
}

/// Queue or store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The data folder cannot be made.
    #[error("cannot make the data folder {folder}; name another with --data-dir")]
    DataDir {
        /// The folder.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// The queue cannot be opened.
    #[error("cannot open the queue")]
    Queue(#[from] saker_alert_queue::QueueError),
    /// The store cannot be opened.
    #[error("cannot open the store")]
    Store(#[from] saker_alert_store::StoreError),
}

impl OpenError {
    fn is_transient(&self) -> bool {
        match self {
            Self::DataDir { .. } => false,
            Self::Queue(error) => error.kind() == saker_alert_queue::ErrorKind::Transient,
            Self::Store(error) => error.kind() == saker_alert_store::ErrorKind::Transient,
        }
    }
}

fn make_data_dir(folder: &Path) -> Result<(), OpenError> {
    DirBuilder::new()
        .recursive(true)
        .mode(DATA_DIR_MODE)
        .create(folder)
        .map_err(|source| OpenError::DataDir {
            folder: folder.display().to_string(),
            source,
        })
}

async fn patient_queue(config: &Config) -> anyhow::Result<Arc<dyn AlertQueue>> {
    let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
    loop {
        match open_queue(config).await {
            Ok(queue) => return Ok(queue),
            Err(error) => again(error, &mut backoff).await?,
        }
    }
}

async fn patient_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
    loop {
        match open_store(config).await {
            Ok(store) => return Ok(store),
            Err(error) => again(error, &mut backoff).await?,
        }
    }
}

/// Waits if it helps to try again.
async fn again(error: OpenError, backoff: &mut Backoff) -> anyhow::Result<()> {
    if !error.is_transient() {
        return Err(error.into());
    }
    let pause = backoff.pause();
    if backoff.failures() == 1 {
        tracing::warn!(
            error = crate::chain(&error),
            "waiting until it can be reached"
        );
    }
    tokio::time::sleep(pause).await;
    Ok(())
}
