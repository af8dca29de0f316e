//! How long to wait before trying again.

use std::time::Duration;

/// Pauses that grow with each failure, spread at random so that many clients do not come back at once.
///
/// The pause after the n-th failure in a row is drawn from nothing to `first * 2^(n-1)`, at most `max`
/// ("full jitter").
///
/// ```
/// use saker_alert_clients::Backoff;
/// use std::time::Duration;
///
/// let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(60));
/// let pause = backoff.pause();
/// assert!(pause <= Duration::from_millis(250));
/// backoff.reset();
/// ```
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    max: Duration,
    failures: u32,
    random: fastrand::Rng,
}

impl Backoff {
    /// With randomness of its own.
    #[must_use]
    pub fn new(first: Duration, max: Duration) -> Self {
        Self::with_random(first, max, fastrand::Rng::new())
    }

    /// With given randomness, for tests.
    #[must_use]
    pub fn with_random(first: Duration, max: Duration, random: fastrand::Rng) -> Self {
        Self {
            first,
            max,
            failures: 0,
            random,
        }
    }

    /// After another failure: how long to wait.
    pub fn pause(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.pause_after(self.failures)
    }

    /// How long to wait after so many failures, where somebody else counts them.
    pub fn pause_after(&mut self, failures: u32) -> Duration {
        self.longest(failures).mul_f64(self.random.f64())
    }

    /// It worked: the next failure is the first one again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    fn longest(&self, failures: u32) -> Duration {
        let factor = 1_u32
            .checked_shl(failures.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const MAX: Duration = Duration::from_secs(5);

    #[test]
    fn pauses_grow_to_their_bound_and_start_over() {
        let mut backoff = Backoff::with_random(FIRST, MAX, fastrand::Rng::with_seed(7));
        assert_eq!(backoff.longest(1), FIRST);
        assert_eq!(backoff.longest(3), FIRST * 4);
        for failures in [7, 31, 32, 33, 64, u32::MAX] {
            assert_eq!(backoff.longest(failures), MAX, "{failures}");
        }
        for failures in 1..200 {
            let longest = backoff.longest(failures);
            assert!(backoff.pause() <= longest);
        }
        backoff.reset();
        assert!(backoff.pause() <= FIRST);
        assert_eq!(backoff.failures(), 1);
    }

    #[test]
    fn pauses_are_spread() {
        let mut backoff = Backoff::with_random(MAX, MAX, fastrand::Rng::with_seed(7));
        let pauses: Vec<Duration> = (0..100).map(|_| backoff.pause()).collect();
        assert!(pauses.iter().any(|pause| *pause < MAX / 4));
        assert!(pauses.iter().any(|pause| *pause > MAX * 3 / 4));
    }
}
