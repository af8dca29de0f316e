//! Alerts that repeat, and rules that fire too often: what is held back is counted and told.
//!
//! # Purpose
//!
//! Two gates that are shut unless the configuration opens them. The first collapses alerts of the same rule and
//! key within a window; the second lets through so many alerts of the same rule and key a second.
//!
//! # Invariants
//!
//! - When the window is over, or the limit allows it again, the last alert that was held back is let through, and
//!   carries how many others were. So nothing is made up, and no count waits for an alert that may never come.
//! - So each alert that is offered is let through, or counted in `suppressed` of exactly one that is: the sum of
//!   `1 + suppressed` over what came out is the number of those that went in, once everything is
//!   [flushed](Throttle::flush).
//! - Memory is bounded: of too many keys the one whose window ends first is ended at once.
//! - Time is the caller's. The same alerts at the same times give the same result.

mod gate;
mod key;

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;

use saker_proto::v1;
use serde::Deserialize;

use gate::{Allowance, Gate};
use key::Keys;
pub use key::{InvalidKey, KEY_NAMES};

/// Keys that are kept at most, in each gate.
const KEYS_MAX: usize = 4_096;

const MILLISECOND_NS: u64 = 1_000_000;
const SECOND_NS: u64 = 1_000_000_000;

/// `alerts:` of the configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleSettings {
    /// Collapses what repeats.
    pub deduplicate: Option<DeduplicateSettings>,
    /// Bounds how often a rule fires.
    pub rate_limit: Option<RateLimitSettings>,
}

/// Alerts of the same rule and key within a window are told as one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeduplicateSettings {
    /// Milliseconds from the first of them.
    pub window_ms: NonZeroU32,
    /// What must be the same, beside the rule.
    #[serde(default = "same_alert")]
    pub key: Vec<String>,
}

/// So many alerts of the same rule and key are let through.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimitSettings {
    /// Alerts a second, in the long run.
    pub per_second: NonZeroU32,
    /// Alerts at once.
    pub burst: NonZeroU32,
    /// What else has a limit of its own, beside the rule.
    #[serde(default)]
    pub key: Vec<String>,
}

fn same_alert() -> Vec<String> {
    ["output", "process", "container"]
        .map(str::to_owned)
        .to_vec()
}

/// Holds alerts back.
#[derive(Debug)]
pub struct Throttle {
    deduplicate: Option<(Keys, Gate)>,
    rate_limit: Option<(Keys, Gate)>,
    suppressed: BTreeMap<String, u64>,
}

impl Throttle {
    /// A throttle with these settings; without any, everything passes.
    ///
    /// # Errors
    ///
    /// Where a key names nothing that alerts have.
    pub fn new(settings: &ThrottleSettings) -> Result<Self, InvalidKey> {
        let deduplicate = settings.deduplicate.as_ref().map(|settings| {
            let allowance = Allowance {
                interval_ns: u64::from(settings.window_ms.get()).saturating_mul(MILLISECOND_NS),
                burst: 1,
            };
            let keys = Keys::parse("alerts.deduplicate.key", &settings.key)?;
            Ok((keys, Gate::new(allowance, KEYS_MAX)))
        });
        let rate_limit = settings.rate_limit.as_ref().map(|settings| {
            let allowance = Allowance {
                interval_ns: SECOND_NS / NonZeroU64::from(settings.per_second),
                burst: settings.burst.get(),
            };
            let keys = Keys::parse("alerts.rate_limit.key", &settings.key)?;
            Ok((keys, Gate::new(allowance, KEYS_MAX)))
        });
        Ok(Self {
            deduplicate: deduplicate.transpose()?,
            rate_limit: rate_limit.transpose()?,
            suppressed: BTreeMap::new(),
        })
    }

    /// Offers an alert at a time in nanoseconds, which never goes back; `out` takes what is let through.
    pub fn offer(&mut self, alert: Arc<v1::Alert>, now_ns: u64, out: &mut Vec<Arc<v1::Alert>>) {
        let mut passed = Vec::new();
        match &mut self.deduplicate {
            None => passed.push(alert),
            Some((keys, gate)) => gate.offer(keys.of(&alert), alert, now_ns, &mut passed),
        }
        self.limit(passed, now_ns, out);
    }

    /// Lets through what has been held back long enough.
    pub fn expire(&mut self, now_ns: u64, out: &mut Vec<Arc<v1::Alert>>) {
        let mut passed = Vec::new();
        if let Some((_, gate)) = &mut self.deduplicate {
            gate.expire(now_ns, &mut passed);
        }
        self.limit(passed, now_ns, out);
        if let Some((_, gate)) = &mut self.rate_limit {
            gate.expire(now_ns, out);
        }
    }

    /// Lets through whatever is held back, at the end.
    pub fn flush(&mut self, out: &mut Vec<Arc<v1::Alert>>) {
        let mut passed = Vec::new();
        if let Some((_, gate)) = &mut self.deduplicate {
            gate.flush(&mut passed);
        }
        // Past all limits: the end does not come twice.
        match &mut self.rate_limit {
            None => out.append(&mut passed),
            Some((keys, gate)) => {
                for alert in passed {
                    gate.offer(keys.of(&alert), alert, u64::MAX, out);
                }
                gate.flush(out);
            }
        }
        self.count();
    }

    /// When [`Self::expire`] has something to do.
    #[must_use]
    pub fn deadline_ns(&self) -> Option<u64> {
        let gates = [&self.deduplicate, &self.rate_limit];
        let deadlines = gates.into_iter().flatten();
        deadlines.filter_map(|(_, gate)| gate.deadline_ns()).min()
    }

    /// Alerts, by rule, that will not come out any more since this was asked last.
    pub fn take_suppressed(&mut self) -> BTreeMap<String, u64> {
        self.count();
        std::mem::take(&mut self.suppressed)
    }

    fn limit(
        &mut self,
        mut passed: Vec<Arc<v1::Alert>>,
        now_ns: u64,
        out: &mut Vec<Arc<v1::Alert>>,
    ) {
        match &mut self.rate_limit {
            None => out.append(&mut passed),
            Some((keys, gate)) => {
                for alert in passed {
                    gate.offer(keys.of(&alert), alert, now_ns, out);
                }
            }
        }
    }

    fn count(&mut self) {
        for (_, gate) in [&mut self.deduplicate, &mut self.rate_limit]
            .into_iter()
            .flatten()
        {
            for (rule, count) in gate.take_suppressed() {
                let sum = self.suppressed.entry(rule).or_default();
                *sum = sum.saturating_add(count);
            }
        }
    }
}

#[cfg(test)]
mod tests;
