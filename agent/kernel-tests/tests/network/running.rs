//! Programs: servers that are children of the test, and clients that run to their end.

use crate::pods::Container;
use std::fs::File;
use std::io::{Seek, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// How long a program may take on a busy machine, to begin as well as to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) pid: u32,
    /// What it printed, with its messages.
    pub(crate) said: String,
}

/// A program that runs until it is dropped.
pub(crate) struct Running {
    child: Child,
    log: NamedTempFile,
    signal: &'static str,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_with(command, Stdio::null())
    }

    /// Starts it with something to read.
    pub(crate) fn start_with(mut command: Command, input: Stdio) -> Self {
        let log = NamedTempFile::new().expect("a file for its messages");
        let [output, errors] = [(); 2].map(|()| {
            let file = File::options().append(true).open(log.path());
            file.expect("a file for its messages")
        });
        let child = command
            .stdin(input)
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        Self {
            child,
            log,
            signal: "-TERM",
        }
    }

    /// Ends it by another signal than SIGTERM.
    pub(crate) fn ended_by(mut self, signal: &'static str) -> Self {
        self.signal = signal;
        self
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote so far.
    pub(crate) fn said(&self) -> String {
        let text = std::fs::read(self.log.path()).expect("its messages");
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits until something listens at a port of its network.
    pub(crate) fn wait_for_port(&mut self, container: &Container, port: u16) {
        self.wait_until(&format!("listens at {port}"), |_| container.listens(port));
    }

    /// Waits until something takes datagrams at a port of its network.
    pub(crate) fn wait_for_datagrams(&mut self, container: &Container, port: u16) {
        let what = format!("takes datagrams at {port}");
        self.wait_until(&what, |_| container.takes_datagrams(port));
    }

    /// Waits until it wrote something.
    pub(crate) fn wait_until_it_says(&mut self, text: &str) {
        let what = format!("says `{text}`");
        self.wait_until(&what, |running| running.said().contains(text));
    }

    fn wait_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let limit = Instant::now() + PATIENCE;
        while !holds(self) {
            let ended = self.child.try_wait().expect("its state");
            assert!(
                ended.is_none() && Instant::now() < limit,
                "nobody {what} ({ended:?}):\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let limit = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(
                Instant::now() < limit,
                "it does not end, and said:\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let asked = Command::new("kill")
            .args([self.signal, &self.child.id().to_string()])
            .status();
        let limit = Instant::now() + Duration::from_secs(10);
        while asked.as_ref().is_ok_and(ExitStatus::success) && Instant::now() < limit {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Both fail only when it is gone.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Runs a program to its end, and fails when it fails.
pub(crate) fn run(command: Command) -> Ended {
    run_with(command, "")
}

/// As [`run`], with something to read.
pub(crate) fn run_with(command: Command, input: &str) -> Ended {
    let shown = format!("{command:?}");
    let (status, ended) = try_run_with(command, input);
    assert!(status.success(), "{shown}: {status}\n{}", ended.said);
    ended
}

/// As [`run_with`], where failing is the program's right.
pub(crate) fn try_run_with(command: Command, input: &str) -> (ExitStatus, Ended) {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(input.as_bytes()).expect("written");
    file.rewind().expect("a file");
    let mut running = Running::start_with(command, Stdio::from(file));
    let status = running.wait();
    let ended = Ended {
        pid: running.pid(),
        said: running.said(),
    };
    (status, ended)
}
