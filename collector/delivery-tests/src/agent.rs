//! An agent that plays a recording and delivers what its rules raise, as a process.

use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::servers::kill;

/// Names the program; `cargo xtask test` builds it and sets this.
const BINARY_VARIABLE: &str = "SAKER_BINARY";

const START_PATIENCE: Duration = Duration::from_secs(60);

const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A recording and what it is played with.
#[derive(Clone, Debug)]
pub struct Played {
    /// The recording.
    pub recording: PathBuf,
    /// The rules.
    pub rules: PathBuf,
    /// The configuration.
    pub configuration: PathBuf,
    /// Where it writes what it says.
    pub log: PathBuf,
}

/// What an agent that watches this host is started with.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Each file that is opened in here raises an alert.
    pub folder: PathBuf,
    /// The rules.
    pub rules: PathBuf,
    /// The configuration.
    pub configuration: PathBuf,
    /// What tells a second agent of it.
    pub pid_file: PathBuf,
    /// Where it writes what it says.
    pub log: PathBuf,
}

/// A running agent; killed when it is dropped.
#[derive(Debug)]
pub struct Agent {
    child: Child,
    log: PathBuf,
    begun: usize,
}

/// What the agent says became of the alerts, of its only output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Alerts that rules raised.
    pub raised: u64,
    /// Alerts that were held back, and that others told of.
    pub suppressed: u64,
    /// Alerts that the collector has.
    pub delivered: u64,
    /// Alerts that did not arrive.
    pub lost: u64,
    /// Alerts that an earlier run had left in the spool.
    pub found: u64,
    /// Alerts that stay in the spool.
    pub left: u64,
}

impl Agent {
    /// Plays the recording and delivers to the outputs of the configuration.
    ///
    /// # Errors
    ///
    /// `SAKER_BINARY` names no program.
    pub fn start(played: &Played) -> Result<Self> {
        let begun = text(&played.log).len();
        let log = File::options()
            .create(true)
            .append(true)
            .open(&played.log)?;
        let child = Command::new(binary()?)
            .arg("replay")
            .arg(&played.recording)
            .arg("--rules")
            .arg(&played.rules)
            .arg("--config")
            .arg(&played.configuration)
            .arg("--deliver")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        Ok(Self {
            child,
            log: played.log.clone(),
            begun,
        })
    }

    /// Watches this host, which takes root, and serves its metrics at this port of loopback; returns when it is ready.
    ///
    /// # Errors
    ///
    /// `SAKER_BINARY` names no program, or it does not become ready.
    pub fn watch(watched: &Watched, metrics: u16) -> Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(&watched.log)?;
        let child = Command::new(binary()?)
            .arg("run")
            .arg("--rules")
            .arg(&watched.rules)
            .arg("--config")
            .arg(&watched.configuration)
            .arg("--pid-file")
            .arg(&watched.pid_file)
            .args(["--metrics", &format!("127.0.0.1:{metrics}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut agent = Self {
            child,
            log: watched.log.clone(),
            begun: 0,
        };
        let deadline = Instant::now() + START_PATIENCE;
        while !agent.said().contains("ready: ") {
            ensure!(
                agent.is_running()? && Instant::now() < deadline,
                "it does not become ready: {}",
                agent.said()
            );
            std::thread::sleep(LOOK_INTERVAL);
        }
        Ok(agent)
    }

    /// Ids of the alerts that the recording raises, in order, delivered nowhere.
    ///
    /// # Errors
    ///
    /// `SAKER_BINARY` names no program, or the recording cannot be played.
    pub fn ids(played: &Played) -> Result<Vec<String>> {
        let output = Command::new(binary()?)
            .arg("replay")
            .arg(&played.recording)
            .arg("--rules")
            .arg(&played.rules)
            .args(["--output", "json", "--config"])
            .arg(&played.configuration)
            .output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{error}");
        let lines = std::str::from_utf8(&output.stdout)?.lines();
        lines
            .map(|line| {
                let alert: serde_json::Value = serde_json::from_str(line)?;
                let id = alert["id"].as_str();
                Ok(id.context("an alert without an id")?.to_owned())
            })
            .collect()
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    ///
    /// It does not end in time, or without its account.
    pub fn account(&mut self, patience: Duration) -> Result<Account> {
        let deadline = Instant::now() + patience;
        while self.is_running()? {
            ensure!(Instant::now() < deadline, "it still runs: {}", self.said());
            std::thread::sleep(LOOK_INTERVAL);
        }
        account(&self.said()).with_context(|| self.said())
    }

    /// Whether it has not ended yet.
    ///
    /// # Errors
    ///
    /// It is not ours.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Kills it with signal 9.
    ///
    /// # Errors
    ///
    /// It is not ours.
    pub fn kill(&mut self) -> Result<()> {
        kill(&mut self.child)
    }

    /// What it said since it was started.
    #[must_use]
    pub fn said(&self) -> String {
        text(&self.log)
            .get(self.begun..)
            .unwrap_or_default()
            .to_owned()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        drop(self.kill());
        if std::thread::panicking() {
            eprintln!("{}", self.said());
        }
    }
}

fn binary() -> Result<std::ffi::OsString> {
    std::env::var_os(BINARY_VARIABLE).with_context(|| {
        format!("{BINARY_VARIABLE} is not set; run `cargo xtask test --only delivery`")
    })
}

fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads the summary's `delivery: raised …, suppressed …` and the line of the output below it.
fn account(said: &str) -> Result<Account> {
    let mut lines = said
        .lines()
        .skip_while(|line| !line.contains("delivery: raised "));
    let (Some(all), Some(output)) = (lines.next(), lines.next()) else {
        bail!("no account of the delivery");
    };
    let number = |line: &str, name: &str| -> Result<Option<u64>> {
        let Some((_, rest)) = line.split_once(name) else {
            return Ok(None);
        };
        let digits: String = rest
            .trim_start()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        Ok(Some(digits.parse().with_context(|| line.to_owned())?))
    };
    let known = |line: &str, name: &str| number(line, name)?.with_context(|| line.to_owned());
    Ok(Account {
        raised: known(all, "raised ")?,
        suppressed: known(all, "suppressed ")?,
        delivered: known(output, "delivered ")?,
        lost: known(output, "lost ")? + number(all, "lost before routing ")?.unwrap_or(0),
        found: number(output, "found in the spool ")?.unwrap_or(0),
        left: number(output, "left in the spool ")?.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_read() {
        let said = "summary:\n  delivery: raised 10, suppressed 1\n    \
                    collector: delivered 7, lost 2 (spool_full 2), found in the spool 3, left in the spool 4\n";
        let expected = Account {
            raised: 10,
            suppressed: 1,
            delivered: 7,
            lost: 2,
            found: 3,
            left: 4,
        };
        assert_eq!(account(said).unwrap(), expected);
        assert!(account("summary:\n").is_err());
    }
}
