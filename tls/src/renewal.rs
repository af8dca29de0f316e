//! What is made from files, and made anew when they change.
//!
//! Files are looked at when somebody asks, at most once a second. What cannot be read, or does not fit
//! together, does not replace what is in use: a certificate and its key may be renewed one after the other.

use crate::TlsError;
use crate::files::Fingerprint;
use jiff::Timestamp;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Between two looks at the files.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What became of the files so far, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateState {
    /// When the own certificate ceases to be valid, if there is one.
    pub not_after: Option<Timestamp>,
    /// How often files were renewed and taken into use.
    pub renewals: u64,
    /// How often files changed to something that is of no use; the former ones stay in use.
    pub failures: u64,
}

/// A configuration of the library, with the end of its certificate's validity.
pub(crate) struct Loaded<T> {
    pub(crate) config: Arc<T>,
    pub(crate) not_after: Option<Timestamp>,
}

type Load<T> = dyn Fn(Timestamp) -> Result<Loaded<T>, TlsError> + Send + Sync;

pub(crate) struct Renewal<T> {
    files: Vec<PathBuf>,
    load: Box<Load<T>>,
    current: Mutex<Current<T>>,
}

struct Current<T> {
    loaded: Loaded<T>,
    fingerprints: Vec<Fingerprint>,
    looked_at: Instant,
    /// Why the files as they are now are not in use.
    failure: Option<String>,
    renewals: u64,
    failures: u64,
}

impl<T> Renewal<T> {
    pub(crate) fn new(files: Vec<PathBuf>, load: Box<Load<T>>) -> Result<Self, TlsError> {
        let fingerprints = fingerprints(&files);
        let loaded = load(Timestamp::now())?;
        Ok(Self {
            files,
            load,
            current: Mutex::new(Current {
                loaded,
                fingerprints,
                looked_at: Instant::now(),
                failure: None,
                renewals: 0,
                failures: 0,
            }),
        })
    }

    /// What is in use, after a look at the files if the last one was a while ago.
    pub(crate) fn config(&self) -> Arc<T> {
        let mut current = self.lock();
        if current.looked_at.elapsed() >= LOOK_INTERVAL {
            self.look(&mut current);
        }
        Arc::clone(&current.loaded.config)
    }

    /// Looks at the files now.
    pub(crate) fn refresh(&self) {
        self.look(&mut self.lock());
    }

    pub(crate) fn state(&self) -> CertificateState {
        let current = self.lock();
        CertificateState {
            not_after: current.loaded.not_after,
            renewals: current.renewals,
            failures: current.failures,
        }
    }

    fn look(&self, current: &mut Current<T>) {
        current.looked_at = Instant::now();
        let fingerprints = fingerprints(&self.files);
        // After a failure it is tried again although nothing changed: two writes within one tick of the
        // file system's clock look like one.
        if fingerprints == current.fingerprints && current.failure.is_none() {
            return;
        }
        match (self.load)(Timestamp::now()) {
            Ok(loaded) => {
                tracing::info!(files = ?self.files, "certificates were renewed");
                current.loaded = loaded;
                current.renewals += 1;
                current.failure = None;
            }
            Err(error) => {
                let failure = error.to_string();
                if current.failure.as_ref() != Some(&failure) {
                    tracing::warn!(
                        error = failure,
                        "renewed certificates are of no use, the former ones stay in use"
                    );
                    current.failures += 1;
                }
                current.failure = Some(failure);
            }
        }
        // From before reading: what is written during it differs at the next look.
        current.fingerprints = fingerprints;
    }

    fn lock(&self) -> MutexGuard<'_, Current<T>> {
        // What is in use is replaced as a whole, so a panic elsewhere leaves nothing half done.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Renewal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Renewal")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn fingerprints(files: &[PathBuf]) -> Vec<Fingerprint> {
    files.iter().map(|file| Fingerprint::of(file)).collect()
}
