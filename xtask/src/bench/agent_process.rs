//! The agent under measurement: started as it is shipped, stopped as an operator would.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::proc_file::{self, Memory};
use crate::command;

/// How long the agent may take until it is ready.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// How long the agent may take to work off what is on its way and end.
const STOP_TIME_MAX: Duration = Duration::from_secs(60);

/// How long a dropped agent may take to end before it is killed.
const DROP_TIME_MAX: Duration = Duration::from_secs(5);

/// How often the agent's end is looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How much of the agent's messages an error repeats, in lines.
const ERROR_LINES_MAX: usize = 20;

/// What the agent writes when it watches.
const READY_MARK: &str = "ready: ";

/// What the agent says at its end, for its whole life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    /// Events that reached the agent.
    pub(super) events: u64,
    /// Alerts raised.
    pub(super) alerts: u64,
    /// Events and alerts lost, for whatever reason.
    pub(super) lost: u64,
}

/// A running agent; ended when dropped.
#[derive(Debug)]
pub(super) struct RunningAgent {
    child: Child,
    /// Collects what the agent writes to standard error, until it ends.
    messages: Option<JoinHandle<String>>,
    /// Rules that take part.
    pub(super) rules: u64,
    /// CPU time until it was ready.
    pub(super) start_cpu: Duration,
}

impl RunningAgent {
    /// Starts an agent with these rules and waits until it is ready; its files go to `scratch`.
    pub(super) fn start(binary: &Path, rules: &Path, scratch: &Path) -> Result<Self> {
        let mut child = agent_command(binary, rules, scratch)?
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let (sender, ready) = channel();
        let messages = child
            .stderr
            .take()
            .map(|stderr| std::thread::spawn(move || collect(stderr, &sender)));
        // From here on the agent is ended whatever happens.
        let mut agent = Self {
            child,
            messages,
            rules: 0,
            start_cpu: Duration::ZERO,
        };
        agent.rules = agent.wait_until_ready(&ready)?;
        agent.start_cpu = agent.cpu_time()?;
        Ok(agent)
    }

    /// CPU time so far.
    pub(super) fn cpu_time(&self) -> Result<Duration> {
        proc_file::cpu_time(self.child.id())
    }

    /// Memory now.
    pub(super) fn memory(&self) -> Result<Memory> {
        proc_file::memory(self.child.id())
    }

    /// Ends the agent and returns what it says.
    pub(super) fn stop(mut self) -> Result<Summary> {
        terminate(&self.child)?;
        if !ends_within(&mut self.child, STOP_TIME_MAX)? {
            bail!("the agent did not end within {STOP_TIME_MAX:?} of SIGTERM");
        }
        let status = self.child.wait().context("cannot wait for the agent")?;
        let messages = self.take_messages();
        if !status.success() {
            bail!("the agent failed ({status})\n{}", tail(&messages));
        }
        parse_summary(&messages)
            .with_context(|| format!("the agent ended without a summary\n{}", tail(&messages)))
    }

    fn wait_until_ready(&mut self, ready: &Receiver<String>) -> Result<u64> {
        let line = match ready.recv_timeout(START_TIME_MAX) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                bail!("the agent was not ready within {START_TIME_MAX:?}")
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.end();
                let messages = self.take_messages();
                bail!("the agent ended before it was ready\n{}", tail(&messages));
            }
        };
        parse_rules(&line).with_context(|| format!("the agent names no number of rules: {line}"))
    }

    /// What the agent wrote; it must have ended, or the thread would not.
    fn take_messages(&mut self) -> String {
        self.messages
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default()
    }

    /// Asks the agent to end, and kills it when it does not.
    fn end(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        let asked =
            terminate(&self.child).and_then(|()| ends_within(&mut self.child, DROP_TIME_MAX));
        if !asked.unwrap_or(false) {
            // Both fail only when it is gone, which is what is wanted.
            self.child.kill().unwrap_or_default();
            self.child.wait().map(drop).unwrap_or_default();
        }
    }
}

impl Drop for RunningAgent {
    fn drop(&mut self) {
        self.end();
    }
}

fn agent_command(binary: &Path, rules: &Path, scratch: &Path) -> Result<Command> {
    // The host's own configuration must not change what is measured.
    let config = scratch.join("saker.yaml");
    fs::write(&config, "{}\n").with_context(|| format!("cannot write {}", config.display()))?;
    let alerts = scratch.join("alerts.json");
    let output =
        File::create(&alerts).with_context(|| format!("cannot write {}", alerts.display()))?;
    // When this program is killed, its guards do not run: then the kernel tells the agent.
    let mut command = if let Some(setpriv) = command::find_on_path("setpriv") {
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", "TERM"]).arg(binary);
        command
    } else {
        Command::new(binary)
    };
    command
        .args(["run", "--output", "json", "--config"])
        .arg(config)
        .arg("--rules")
        .arg(rules)
        .arg("--pid-file")
        .arg(scratch.join("saker.pid"))
        .args(["--metrics", &free_address()?])
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::piped());
    Ok(command)
}

/// An address of this host that nobody listens on.
fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port on 127.0.0.1")?;
    let address = listener.local_addr().context("no free port on 127.0.0.1")?;
    Ok(address.to_string())
}

/// Reads messages to their end; the one that says ready is sent on.
fn collect(stderr: ChildStderr, ready: &Sender<String>) -> String {
    let mut messages = String::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.starts_with(READY_MARK) {
            // Nobody listens any more when the agent was too slow.
            ready.send(line.clone().into_owned()).unwrap_or_default();
        }
        messages.push_str(&line);
        messages.push('\n');
    }
    messages
}

/// Sends SIGTERM. The child is not reaped, so its number cannot be another process's.
fn terminate(child: &Child) -> Result<()> {
    command::run_quietly(Command::new("kill").args(["-TERM", &child.id().to_string()]))
}

fn ends_within(child: &mut Child, time_max: Duration) -> Result<bool> {
    let began = Instant::now();
    loop {
        let ended = child.try_wait().context("cannot wait for the agent")?;
        if ended.is_some() {
            return Ok(true);
        }
        if began.elapsed() > time_max {
            return Ok(false);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

fn tail(messages: &str) -> String {
    command::tail(messages, ERROR_LINES_MAX)
}

/// The number of rules in `ready: 4 programs attached, 23 rules`.
fn parse_rules(ready: &str) -> Option<u64> {
    let (before, _) = ready.rsplit_once(" rules")?;
    before.rsplit(' ').next()?.parse().ok()
}

/// The totals of the summary; the lines below each total are details.
fn parse_summary(messages: &str) -> Option<Summary> {
    let (_, summary) = messages.rsplit_once("summary:\n")?;
    let total = |name: &str| {
        summary
            .lines()
            .find_map(|line| {
                line.strip_prefix("  ")?
                    .strip_prefix(name)?
                    .strip_prefix(": ")
            })?
            .trim()
            .parse()
            .ok()
    };
    Some(Summary {
        events: total("events")?,
        alerts: total("alerts")?,
        lost: total("lost")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = "warning: odd rule\nready: 4 programs attached, 23 rules\nsummary:\n  \
        events: 2990\n    openat                     2365\n    clone                        26\n  \
        alerts: 3\n         2  Warning       lost: a rule's name\n         1  Notice        other\n  \
        lost: 17\n        17  kernel: ring full\n";

    #[test]
    fn the_summary_is_read() {
        assert_eq!(
            parse_summary(MESSAGES),
            Some(Summary {
                events: 2990,
                alerts: 3,
                lost: 17
            })
        );
    }

    #[test]
    fn half_a_summary_is_none() {
        assert_eq!(
            parse_summary("ready: 4 programs attached, 23 rules\n"),
            None
        );
        assert_eq!(parse_summary("summary:\n  events: 1\n"), None);
        assert_eq!(
            parse_summary("summary:\n  events: 1\n  alerts: 0\n  lost: some\n"),
            None
        );
    }

    #[test]
    fn the_rules_are_counted() {
        assert_eq!(
            parse_rules("ready: 4 programs attached, 23 rules"),
            Some(23)
        );
        assert_eq!(parse_rules("ready: 4 programs attached"), None);
    }

    #[test]
    fn an_agent_that_cannot_start_says_why() {
        let scratch = std::env::temp_dir().join(format!("saker-bench-test-{}", std::process::id()));
        fs::create_dir_all(&scratch).unwrap();
        let error =
            RunningAgent::start(Path::new("/bin/ls"), Path::new("rules"), &scratch).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("ended before it was ready"), "{error}");
        assert!(error.contains("ls: "), "{error}");
        fs::remove_dir_all(&scratch).unwrap();
    }
}
