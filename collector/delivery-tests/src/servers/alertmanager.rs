//! A real Alertmanager.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Nobody is notified: alerts are asked for.
const CONFIGURATION: &str = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n";

/// A running Alertmanager; ends when it is dropped.
pub struct Alertmanager {
    child: Child,
    _folder: TempDir,
    port: u16,
}

impl Alertmanager {
    /// Starts it in a folder of its own and waits until it listens.
    ///
    /// # Errors
    ///
    /// Where it is not installed, or does not start.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        fs::write(folder.path().join("alertmanager.yml"), CONFIGURATION)?;
        let log = fs::File::create(folder.path().join("log"))?;
        let child = Command::new("prometheus-alertmanager")
            .arg("--config.file=alertmanager.yml")
            .arg("--storage.path=data")
            .arg("--cluster.listen-address=")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context(
                "prometheus-alertmanager cannot be started; is the package of that name installed?",
            )?;
        let mut server = Self {
            child,
            _folder: folder,
            port,
        };
        server.wait_until_it_listens()?;
        Ok(server)
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The alerts that fire and that `amtool` finds by this matcher.
    ///
    /// # Errors
    ///
    /// Where `amtool` fails.
    pub fn query(&self, matcher: &str) -> Result<Vec<Value>> {
        let output = Command::new("amtool")
            .args([
                "--output=json",
                &format!("--alertmanager.url={}", self.url()),
            ])
            .args(["alert", "query", matcher])
            .output()
            .context("amtool cannot be run; is the package prometheus-alertmanager installed?")?;
        ensure!(
            output.status.success(),
            "amtool: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            ensure!(
                self.child.try_wait()?.is_none() && started.elapsed() < PATIENCE,
                "alertmanager does not start"
            );
            std::thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // It may have ended by itself.
        if self.child.kill().is_ok() {
            self.child.wait().map(|_| ()).unwrap_or_default();
        }
    }
}
