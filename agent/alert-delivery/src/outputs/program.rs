//! A program that reads alerts from its standard input, one a line.
//!
//! As in Falco, the setting is a command line for `/bin/sh -c`. It is the administrator's, and nothing of an alert
//! ever becomes a part of it. What the program prints goes to the agent's standard error, so that it cannot
//! mix with alerts on standard output.
//!
//! With `keep_alive` the program is started once, and again when it ends; an alert counts as delivered when the pipe has
//! taken it. Without, it is started for each alert, and has to end within the timeout and with status 0.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::counters::Loss;
use crate::output::{Failure, Output, Progress, Routed};
use crate::settings::ProgramSettings;
use saker_alert_formats::Renderer;

/// Gives alerts to a program.
pub(crate) struct Program {
    command_line: String,
    keep_alive: bool,
    timeout: Duration,
    renderer: Renderer,
    running: Option<Running>,
    /// After the child, which it serves.
    runtime: Runtime,
}

/// A program that reads.
struct Running {
    child: Child,
    stdin: ChildStdin,
}

/// Why a line did not get through.
enum Trouble {
    /// The program cannot be started, or does not read.
    Start(io::Error),
    Write(io::Error),
    TimedOut,
    Ended(ExitStatus),
}

impl Program {
    pub(crate) fn new(settings: &ProgramSettings, renderer: Renderer) -> io::Result<Self> {
        Ok(Self {
            command_line: settings.program.clone(),
            keep_alive: settings.keep_alive,
            timeout: Duration::from_millis(settings.timeout_ms.get().into()),
            renderer,
            running: None,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        })
    }

    fn deliver_one(&mut self, routed: &Routed) -> Result<(), Failure> {
        let mut line = self.renderer.line(&routed.notification);
        line.push('\n');
        let delivered = if self.keep_alive {
            self.write(&line)
        } else {
            self.run_once(&line)
        };
        delivered.map_err(|trouble| self.failure(&trouble))
    }

    fn failure(&self, trouble: &Trouble) -> Failure {
        let program = &self.command_line;
        match trouble {
            Trouble::Start(error) => Failure::Retry(format!("cannot start `{program}`: {error}")),
            Trouble::Write(error) => Failure::Retry(format!("`{program}` does not read: {error}")),
            Trouble::TimedOut if self.keep_alive => {
                Failure::Retry(format!("`{program}` did not read in time, it was killed"))
            }
            // Once more would be as slow, and others wait.
            Trouble::TimedOut => Failure::Reject(
                Loss::Failed,
                format!("`{program}` did not end in time, it was killed"),
            ),
            Trouble::Ended(status) => {
                Failure::Reject(Loss::Failed, format!("`{program}` failed: {status}"))
            }
        }
    }

    /// Writes to the program that runs, or starts it.
    fn write(&mut self, line: &str) -> Result<(), Trouble> {
        let Self {
            runtime,
            running,
            command_line,
            timeout: patience,
            ..
        } = self;
        runtime.block_on(async {
            if let Some(program) = running
                && !matches!(program.child.try_wait(), Ok(None))
            {
                *running = None;
            }
            let program = match running {
                Some(program) => program,
                None => running.insert(start(command_line).map_err(Trouble::Start)?),
            };
            let written = timeout(*patience, program.stdin.write_all(line.as_bytes())).await;
            let trouble = match written {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => Trouble::Write(error),
                Err(_) => Trouble::TimedOut,
            };
            if let Some(program) = running.take() {
                kill(program.child).await;
            }
            Err(trouble)
        })
    }

    /// Starts the program for one line, and waits for its end.
    fn run_once(&self, line: &str) -> Result<(), Trouble> {
        self.runtime.block_on(async {
            let Running {
                mut child,
                mut stdin,
            } = start(&self.command_line).map_err(Trouble::Start)?;
            let whole = async {
                // A program may end well without reading.
                match stdin.write_all(line.as_bytes()).await {
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                        return Err(Trouble::Write(error));
                    }
                    _ => drop(stdin),
                }
                child.wait().await.map_err(Trouble::Write)
            };
            match timeout(self.timeout, whole).await {
                Ok(Ok(status)) if status.success() => Ok(()),
                Ok(Ok(status)) => Err(Trouble::Ended(status)),
                Ok(Err(trouble)) => {
                    kill(child).await;
                    Err(trouble)
                }
                Err(_) => {
                    kill(child).await;
                    Err(Trouble::TimedOut)
                }
            }
        })
    }
}

impl Output for Program {
    fn deliver(&mut self, batch: &[Arc<Routed>]) -> Progress {
        for (delivered, routed) in batch.iter().enumerate() {
            if let Err(failure) = self.deliver_one(routed) {
                return Progress::until(delivered, failure);
            }
        }
        Progress::all(batch.len())
    }

    /// Closes its input and lets it end.
    fn end(&mut self, patience: Duration) {
        let Some(Running { mut child, stdin }) = self.running.take() else {
            return;
        };
        self.runtime.block_on(async {
            drop(stdin);
            if timeout(patience.min(self.timeout), child.wait())
                .await
                .is_err()
            {
                kill(child).await;
            }
        });
    }
}

/// Starts the command line in a process group of its own: a signal from the terminal is not for it.
fn start(command_line: &str) -> io::Result<Running> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", command_line])
        .stdin(Stdio::piped())
        .stdout(Stdio::from(io::stderr()))
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(Running { child, stdin })
}

/// Ends the shell and what it started.
async fn kill(mut child: Child) {
    let group = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    if let Some(group) = group
        && let Err(error) = kill_process_group(group, Signal::KILL)
    {
        tracing::debug!(%error, "a program was gone before it could be killed");
    }
    if let Err(error) = child.kill().await {
        tracing::debug!(%error, "a program could not be killed");
    }
}

#[cfg(test)]
mod tests;
