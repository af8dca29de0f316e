//! When a node observed, and what it could not keep.

/// Most intervals of observation that are kept; the oldest leaves.
pub const INTERVALS_MAX: usize = 1_024;

/// Observation that was not renewed for so long has stopped in between, milliseconds.
const PAUSE_MAX_MS: u64 = 180_000;

/// From when to when, milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// Begin.
    pub begin_wall_ms: u64,
    /// End.
    pub end_wall_ms: u64,
}

/// What could not be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// How many.
    pub count: u64,
    /// When it last happened, milliseconds since the epoch.
    pub last_wall_ms: u64,
}

impl Loss {
    pub(crate) fn add(&mut self, count: u64, now_wall_ms: u64) {
        if count > 0 {
            self.count = self.count.saturating_add(count);
            self.last_wall_ms = self.last_wall_ms.max(now_wall_ms);
        }
    }

    /// Whether any happened since then.
    #[must_use]
    pub const fn is_since(&self, since_wall_ms: u64) -> bool {
        self.count > 0 && self.last_wall_ms >= since_wall_ms
    }
}

/// What a node's ledger covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coverage {
    /// When connections were observed, oldest first.
    pub observed: Vec<Interval>,
    /// Edges that had to leave because there were too many.
    pub evicted: Loss,
    /// Connections that were observed and could not be entered.
    pub lost: Loss,
}

impl Coverage {
    /// Observation begins. What is said to have been observed later than now was so by a clock that was ahead,
    /// and may not have been.
    pub(crate) fn begin(&mut self, now_wall_ms: u64) {
        self.observed
            .retain(|interval| interval.begin_wall_ms <= now_wall_ms);
        for interval in &mut self.observed {
            interval.end_wall_ms = interval.end_wall_ms.min(now_wall_ms);
        }
        if self.observed.len() >= INTERVALS_MAX {
            self.observed.remove(0);
        }
        self.observed.push(Interval {
            begin_wall_ms: now_wall_ms,
            end_wall_ms: now_wall_ms,
        });
    }

    /// Observation goes on.
    pub(crate) fn go_on(&mut self, now_wall_ms: u64) {
        match self.observed.last_mut() {
            // If the clock was set back the time up to the end comes once more, and may not be observed then.
            Some(last)
                if (last.begin_wall_ms..=last.end_wall_ms.saturating_add(PAUSE_MAX_MS))
                    .contains(&now_wall_ms) =>
            {
                last.end_wall_ms = now_wall_ms;
            }
            // The machine slept, or the clock was set back to before the begin.
            _ => self.begin(now_wall_ms),
        }
    }

    pub(crate) fn keep_since(&mut self, since_wall_ms: u64) {
        self.observed
            .retain(|interval| interval.end_wall_ms >= since_wall_ms);
        // What was seen before is forgotten as well, so nobody may rely on it.
        for interval in &mut self.observed {
            interval.begin_wall_ms = interval.begin_wall_ms.max(since_wall_ms);
        }
    }

    /// The times between `since` and `until` in which nobody observed and which are longer than `tolerated_ms`.
    #[must_use]
    pub fn gaps(&self, since_wall_ms: u64, until_wall_ms: u64, tolerated_ms: u64) -> Vec<Interval> {
        let mut observed = self.observed.clone();
        observed.sort_unstable();
        let mut gaps = Vec::new();
        let mut covered_to = since_wall_ms;
        let end = Interval {
            begin_wall_ms: until_wall_ms,
            end_wall_ms: until_wall_ms,
        };
        for interval in observed.into_iter().chain([end]) {
            let begin_wall_ms = interval.begin_wall_ms.min(until_wall_ms);
            if begin_wall_ms.saturating_sub(covered_to) > tolerated_ms {
                gaps.push(Interval {
                    begin_wall_ms: covered_to,
                    end_wall_ms: begin_wall_ms,
                });
            }
            covered_to = covered_to.max(interval.end_wall_ms);
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(begin_wall_ms: u64, end_wall_ms: u64) -> Interval {
        Interval {
            begin_wall_ms,
            end_wall_ms,
        }
    }

    #[test]
    fn gaps_are_what_no_interval_covers() {
        let coverage = |observed: &[(u64, u64)]| Coverage {
            observed: observed.iter().map(|(b, e)| interval(*b, *e)).collect(),
            ..Coverage::default()
        };
        let whole = coverage(&[(0, 1_000)]);
        assert_eq!(whole.gaps(100, 900, 0), []);
        assert_eq!(whole.gaps(100, 1_100, 0), [interval(1_000, 1_100)]);
        assert_eq!(whole.gaps(100, 1_100, 100), []);
        assert_eq!(coverage(&[]).gaps(5, 9, 0), [interval(5, 9)]);
        // Out of order, overlapping, and after the end.
        let parts = coverage(&[(500, 700), (100, 300), (200, 400), (2_000, 3_000)]);
        assert_eq!(
            parts.gaps(0, 1_000, 0),
            [interval(0, 100), interval(400, 500), interval(700, 1_000)]
        );
    }

    #[test]
    fn observation_that_stopped_begins_anew() {
        let mut coverage = Coverage::default();
        coverage.begin(1_000);
        coverage.go_on(61_000);
        assert_eq!(coverage.observed, [interval(1_000, 61_000)]);
        coverage.go_on(61_000 + PAUSE_MAX_MS + 1);
        let again = 61_000 + PAUSE_MAX_MS + 1;
        assert_eq!(
            coverage.observed,
            [interval(1_000, 61_000), interval(again, again)]
        );
    }

    #[test]
    fn a_clock_that_is_set_back_takes_what_is_to_come_back() {
        let mut coverage = Coverage::default();
        coverage.begin(1_000);
        coverage.go_on(61_000);
        coverage.go_on(50_000);
        assert_eq!(coverage.observed, [interval(1_000, 50_000)]);
        coverage.go_on(110_000);
        assert_eq!(coverage.observed, [interval(1_000, 110_000)]);
        // To before all that was observed, and on from there.
        coverage.go_on(500);
        coverage.go_on(60_500);
        assert_eq!(coverage.observed, [interval(500, 60_500)]);
        // At a restart, with an interval from before.
        let mut coverage = Coverage {
            observed: vec![interval(100, 200), interval(300, 900), interval(950, 990)],
            ..Coverage::default()
        };
        coverage.begin(400);
        let expected = [interval(100, 200), interval(300, 400), interval(400, 400)];
        assert_eq!(coverage.observed, expected);
    }

    #[test]
    fn intervals_are_bounded() {
        let mut coverage = Coverage::default();
        let again = 61_000;
        for time in 0..2 * u64::try_from(INTERVALS_MAX).unwrap() {
            coverage.begin(again + time);
        }
        assert_eq!(coverage.observed.len(), INTERVALS_MAX);
    }
}
