//! What `/proc` says of a process: CPU time and memory.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The unit of CPU times in `/proc/PID/stat`: USER_HZ, which is 100 on every architecture that the
/// agent runs on, whatever the kernel's own tick is.
const TICK: Duration = Duration::from_millis(10);

/// Where user time is among the fields after the name; system time follows it (proc_pid_stat(5)).
const USER_TIME_FIELD: usize = 11;

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// Resident pages.
    pub(super) rss_kib: u64,
    /// Resident pages, shared ones divided by the processes that share them.
    pub(super) pss_kib: u64,
}

/// CPU time of all threads of a process, user and system, in steps of [`TICK`].
pub(super) fn cpu_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    parse_cpu_time(&text).with_context(|| format!("{path} has no CPU times: {text}"))
}

/// Memory of a process.
pub(super) fn memory(pid: u32) -> Result<Memory> {
    Ok(Memory {
        rss_kib: kib_of(&format!("/proc/{pid}/status"), "VmRSS")?,
        pss_kib: kib_of(&format!("/proc/{pid}/smaps_rollup"), "Pss")?,
    })
}

fn parse_cpu_time(stat: &str) -> Option<Duration> {
    // The name is in parentheses, and may hold blanks and parentheses itself.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(USER_TIME_FIELD);
    let user: u32 = times.next()?.parse().ok()?;
    let system: u32 = times.next()?.parse().ok()?;
    TICK.checked_mul(user.checked_add(system)?)
}

fn kib_of(path: &str, key: &str) -> Result<u64> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    parse_kib(&text, key).with_context(|| format!("{path} has no line `{key}: … kB`"))
}

/// The value of a line such as `VmRSS:    60212 kB`.
pub(super) fn parse_kib(text: &str, key: &str) -> Option<u64> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    value.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_user_and_system() {
        let stat = "4711 (a) b) c) S 1 4711 4711 0 -1 4194560 812 0 3 0 17 25 9 9 20 0 4 0 99 1 2";
        assert_eq!(parse_cpu_time(stat), Some(Duration::from_millis(420)));
    }

    #[test]
    fn a_short_or_foreign_stat_has_no_cpu_time() {
        for stat in [
            "",
            "4711 saker S 1 2 3",
            "4711 (saker) S 1 4711 4711",
            "4711 (saker) S 1 2 3 0 -1 4 8 0 3 0 many 25",
        ] {
            assert_eq!(parse_cpu_time(stat), None, "{stat}");
        }
    }

    #[test]
    fn memory_lines_are_found_by_their_whole_name() {
        let rollup = "55d0-7ffe ---p 00000000 00:00 0 [rollup]\n\
            Rss:               60212 kB\nPss_Dirty:          1 kB\nPss:               48128 kB\n";
        assert_eq!(parse_kib(rollup, "Pss"), Some(48_128));
        assert_eq!(parse_kib(rollup, "Rss"), Some(60_212));
        assert_eq!(parse_kib(rollup, "VmRSS"), None);
        assert_eq!(parse_kib("VmRSS:\t 12 pages\n", "VmRSS"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let pid = std::process::id();
        cpu_time(pid).unwrap();
        let memory = memory(pid).unwrap();
        assert!(memory.rss_kib > 0 && memory.pss_kib > 0, "{memory:?}");
    }
}
