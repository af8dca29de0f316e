//! redis-server.

use anyhow::Result;
use tempfile::TempDir;

use super::process::{ServerProcess, free_port};

/// A single server that writes all it acknowledges to disk first.
#[derive(Debug)]
pub struct RedisServer {
    process: ServerProcess,
    port: u16,
    _folder: TempDir,
}

impl RedisServer {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    ///
    /// It is not installed, or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts it with more settings, such as `["--maxmemory", "10mb"]`.
    ///
    /// # Errors
    ///
    /// It is not installed, or does not start.
    pub fn start_with(settings: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let data = folder.path().display().to_string();
        let port_text = port.to_string();
        let base = [
            ["--port", &port_text],
            ["--bind", "127.0.0.1"],
            ["--dir", &data],
            ["--appendonly", "yes"],
            ["--appendfsync", "always"],
            ["--save", ""],
        ];
        let arguments = base.as_flattened().iter().chain(settings);
        let arguments = arguments.map(|text| (*text).to_owned()).collect();
        let log = folder.path().join("log");
        let mut process = ServerProcess::new("redis-server", arguments, port, &log);
        process.spawn()?;
        process.wait()?;
        Ok(Self {
            process,
            port,
            _folder: folder,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://localhost:{}", self.port)
    }

    /// Kills it with signal 9.
    ///
    /// # Errors
    ///
    /// It is not ours.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Starts it again, with the data that it had.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start_again(&mut self) -> Result<()> {
        self.process.spawn()?;
        self.process.wait()
    }
}
