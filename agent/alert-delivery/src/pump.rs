//! From a spool to an uplink: sends, acknowledges, tries again.

use std::time::Duration;

use saker_alert_spool::{BatchLimits, SpoolHandle};

use crate::uplink::Uplink;

/// How a pump goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PumpSettings {
    /// How much is sent at once.
    pub limits: BatchLimits,
    /// Batches under way at a time.
    pub batches_under_way: usize,
}

/// A pump in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PumpStats {
    /// Records that the destination has.
    pub delivered: u64,
    /// Records that the destination refused for good: lost, with the reason `refused`.
    pub refused: u64,
    /// Batches that were sent again.
    pub retries: u64,
    /// What went wrong with the last batch; none while all is well.
    pub trouble: Option<String>,
}

/// Sends the records of a spool in a task of its own, until it is finished or dropped.
#[derive(Debug)]
pub struct Pump {}

impl Pump {
    /// Starts to send. Within a tokio runtime. `name` is that of the output, for logs.
    #[must_use]
    pub fn spawn(
        _name: &str,
        _uplink: impl Uplink,
        _spool: SpoolHandle,
        _settings: PumpSettings,
    ) -> Self {
        todo!()
    }

    /// Numbers of now.
    #[must_use]
    pub fn stats(&self) -> PumpStats {
        todo!()
    }

    /// Goes on until the spool is empty, but no longer than this. The spool's statistics say what is left.
    pub async fn finish(self, _patience: Duration) -> PumpStats {
        todo!()
    }
}
