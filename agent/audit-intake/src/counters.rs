//! What became of everything that came.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use saker_audit_source::AuditError;
use saker_tls::IncomingCounts;

/// Why a request, a line or an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// It is not JSON.
    Json,
    /// It is no audit event.
    Kind,
    /// It does not say when it happened.
    Time,
    /// It is over a limit of size or number.
    TooLarge,
    /// It came without the token, or with another.
    Unauthorized,
    /// Its certificate names somebody else.
    Forbidden,
    /// It came too slowly.
    Slow,
    /// The connection ended within it.
    Broken,
    /// There was no room.
    Full,
    /// Its alerts are not in safe hands, or not soon enough.
    Undelivered,
}

impl Refused {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Json,
        Self::Kind,
        Self::Time,
        Self::TooLarge,
        Self::Unauthorized,
        Self::Forbidden,
        Self::Slow,
        Self::Broken,
        Self::Full,
        Self::Undelivered,
    ];

    /// As metrics name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Kind => "kind",
            Self::Time => "time",
            Self::TooLarge => "too_large",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Slow => "slow",
            Self::Broken => "broken",
            Self::Full => "full",
            Self::Undelivered => "undelivered",
        }
    }

    pub(crate) const fn of(error: &AuditError) -> Self {
        match error {
            AuditError::Json { .. } => Self::Json,
            AuditError::NoTime { .. } | AuditError::Time { .. } => Self::Time,
            AuditError::EventTooLarge { .. }
            | AuditError::TooLarge { .. }
            | AuditError::TooMany { .. } => Self::TooLarge,
            _ => Self::Kind,
        }
    }
}

/// Connections to the webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Open now.
    pub open: u64,
    /// Whose handshake succeeded, or that need none.
    pub accepted: u64,
    /// Whose handshake failed or took too long.
    pub handshakes_failed: u64,
    /// Closed at once, because their address had too many.
    pub refused: u64,
}

/// The numbers of the audit log.
pub struct AuditCounters {
    judged: AtomicU64,
    duplicates: AtomicU64,
    bytes: AtomicU64,
    requests: AtomicU64,
    bytes_waiting: AtomicU64,
    open: AtomicU64,
    refused: Mutex<BTreeMap<Refused, u64>>,
    incoming: OnceLock<Arc<IncomingCounts>>,
    latency: Histogram,
}

impl fmt::Debug for AuditCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditCounters").finish_non_exhaustive()
    }
}

impl Default for AuditCounters {
    fn default() -> Self {
        Self {
            judged: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            bytes_waiting: AtomicU64::new(0),
            open: AtomicU64::new(0),
            refused: Mutex::default(),
            incoming: OnceLock::new(),
            // From a millisecond to a minute.
            latency: Histogram::new(exponential_buckets(0.001, 3.0, 11)),
        }
    }
}

impl AuditCounters {
    /// Events that were judged.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.judged.load(Relaxed)
    }

    /// Events that had been judged before, and were not again.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates.load(Relaxed)
    }

    /// Bytes that were read, of bodies and lines.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Requests that were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Bytes of bodies that are in memory now.
    #[must_use]
    pub fn bytes_waiting(&self) -> u64 {
        self.bytes_waiting.load(Relaxed)
    }

    /// What was not taken, by reason.
    #[must_use]
    pub fn refused(&self) -> BTreeMap<Refused, u64> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Connections to the webhook; none where there is none.
    #[must_use]
    pub fn connections(&self) -> Connections {
        let open = self.open.load(Relaxed);
        self.incoming
            .get()
            .map_or_else(Connections::default, |counts| Connections {
                open,
                accepted: counts.accepted(),
                handshakes_failed: counts
                    .handshakes_failed()
                    .saturating_add(counts.handshakes_timed_out()),
                refused: counts.refused(),
            })
    }

    /// From the end of a request to its answer, seconds.
    #[must_use]
    pub fn latency(&self) -> Histogram {
        self.latency.clone()
    }

    pub(crate) fn count_judged(&self) {
        self.judged.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_duplicate(&self) {
        self.duplicates.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(wide(bytes), Relaxed);
    }

    pub(crate) fn count_acknowledged(&self, waited: Duration) {
        self.requests.fetch_add(1, Relaxed);
        self.latency.observe(waited.as_secs_f64());
    }

    pub(crate) fn hold(&self, bytes: usize) {
        self.bytes_waiting.fetch_add(wide(bytes), Relaxed);
    }

    pub(crate) fn release(&self, bytes: usize) {
        self.bytes_waiting.fetch_sub(wide(bytes), Relaxed);
    }

    pub(crate) fn connected(&self) {
        self.open.fetch_add(1, Relaxed);
    }

    pub(crate) fn disconnected(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    pub(crate) fn watch(&self, incoming: Arc<IncomingCounts>) {
        // A second webhook would be counted with the first.
        self.incoming.get_or_init(|| incoming);
    }

    /// Counts, and gives how often it has happened.
    pub(crate) fn count_refused(&self, reason: Refused) -> u64 {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let count = refused.entry(reason).or_default();
        *count = count.saturating_add(1);
        *count
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
