//! CPU time of this thread.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What a piece of work takes of the CPU, user and system time, with its result.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begin = now();
    let result = work();
    (now().saturating_sub(begin), result)
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_and_waiting_does_not() {
        let (worked, sum) = timed(|| (0..2_000_000_u64).map(std::hint::black_box).sum::<u64>());
        assert!(sum > 0 && worked > Duration::ZERO);
        let pause = Duration::from_millis(50);
        let (waited, ()) = timed(|| std::thread::sleep(pause));
        assert!(waited < pause, "{waited:?}");
    }
}
