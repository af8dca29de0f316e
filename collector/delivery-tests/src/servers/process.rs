//! A server as a child process.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Lines of a log that a failure shows.
const TAIL_LINES: usize = 30;

/// A port of loopback that nobody listens on.
///
/// # Errors
///
/// There is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Kills a process with signal 9 and waits for its end.
///
/// # Errors
///
/// It is not ours.
pub fn kill(child: &mut Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// A server, killed when it is dropped.
#[derive(Debug)]
pub(super) struct ServerProcess {
    program: String,
    arguments: Vec<String>,
    port: u16,
    log: PathBuf,
    child: Option<Child>,
}

impl ServerProcess {
    /// A server that is not started yet.
    pub(super) fn new(program: &str, arguments: Vec<String>, port: u16, log: &Path) -> Self {
        Self {
            program: program.to_owned(),
            arguments,
            port,
            log: log.to_owned(),
            child: None,
        }
    }

    /// Starts it, without waiting.
    pub(super) fn spawn(&mut self) -> Result<()> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be started; is it installed?", self.program))?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it listens.
    pub(super) fn wait(&mut self) -> Result<()> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect_timeout(&address, PATIENCE).is_err() {
            let ended = match &mut self.child {
                Some(child) => child.try_wait()?,
                None => None,
            };
            if let Some(status) = ended {
                bail!("{} ended with {status}: {}", self.program, self.log_tail());
            }
            if Instant::now() > until {
                bail!("{} does not listen: {}", self.program, self.log_tail());
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }

    /// Kills it with signal 9.
    pub(super) fn kill(&mut self) -> Result<()> {
        match self.child.take() {
            Some(mut child) => kill(&mut child),
            None => Ok(()),
        }
    }

    /// The last lines that it said.
    pub(super) fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(TAIL_LINES);
        lines[from..].join("\n")
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{} said:\n{}", self.program, self.log_tail());
        }
        if let Err(error) = self.kill() {
            println!("{} cannot be killed: {error}", self.program);
        }
    }
}
