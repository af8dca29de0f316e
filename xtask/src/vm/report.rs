//! Reading a machine's serial output.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::EXIT_MARK;

/// The line that `saker doctor --load` prints.
#[derive(Debug, Deserialize)]
struct LoadReport {
    /// Number of programs that the kernel accepted.
    loaded: u32,
    /// One entry for each that it refused.
    failed: Vec<serde_json::Value>,
}

/// How many programs were loaded; an error unless all were.
pub(super) fn judge(log: &str) -> Result<u32> {
    let code = log
        .lines()
        .find_map(|line| line.trim().strip_prefix(EXIT_MARK))
        .context("the kernel did not get as far as running the agent to its end")?;
    let report = log
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str::<LoadReport>(line.trim()).ok());
    let Some(report) = report else {
        bail!("the agent ended with code {code} and no report");
    };
    if !report.failed.is_empty() {
        let list: Vec<String> = report.failed.iter().map(ToString::to_string).collect();
        bail!("{} programs refused: {}", list.len(), list.join(", "));
    }
    if code != "0" {
        bail!("the agent ended with code {code}");
    }
    if report.loaded == 0 {
        bail!("the agent loaded no program at all");
    }
    Ok(report.loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_log_gives_the_count() {
        let log = "[    1.0] booting\r\n{\"loaded\":23,\"failed\":[]}\r\nSAKER-VM-EXIT=0\r\n";
        assert_eq!(judge(log).unwrap(), 23);
    }

    #[test]
    fn a_bad_log_gives_the_reason() {
        let cases = [
            ("Kernel panic - not syncing", "did not get as far"),
            ("SAKER-VM-EXIT=127\r\n", "code 127 and no report"),
            (
                "{\"loaded\":1,\"failed\":[\"sys_exit: EPERM\"]}\r\nSAKER-VM-EXIT=1\r\n",
                "1 programs refused: \"sys_exit: EPERM\"",
            ),
            ("{\"loaded\":2,\"failed\":[]}\nSAKER-VM-EXIT=1\n", "code 1"),
            (
                "{\"loaded\":0,\"failed\":[]}\nSAKER-VM-EXIT=0\n",
                "no program at all",
            ),
        ];
        for (log, reason) in cases {
            let error = judge(log).unwrap_err().to_string();
            assert!(error.contains(reason), "{log:?}: {error}");
        }
    }
}
