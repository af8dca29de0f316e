//! A collector, as a process.

use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Names the program; `cargo xtask test` builds it and sets this.
const BINARY_VARIABLE: &str = "SAKER_COLLECTOR_BINARY";

/// What a collector does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Everything.
    All,
    /// It takes alerts and puts them into the queue.
    Ingest,
    /// It takes them out of the queue.
    Work,
}

impl Duty {
    const fn roles(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Ingest => "ingest",
            // With a listener, so that it says when it has begun.
            Self::Work => "worker,feed",
        }
    }
}

/// A running collector; killed when it is dropped.
pub struct Collector {
    child: Child,
    log: PathBuf,
    grpc: SocketAddr,
    metrics: SocketAddr,
}

impl Collector {
    /// Starts it in this folder, where queue and store are kept, on free ports of loopback. What it writes goes to
    /// `collector.log` and `collector.out` there.
    ///
    /// # Errors
    ///
    /// Where `SAKER_COLLECTOR_BINARY` names no program, or it does not begin to serve.
    pub fn start(folder: &Path, configuration: &str, duty: Duty) -> Result<Self> {
        let binary = std::env::var_os(BINARY_VARIABLE).with_context(|| {
            format!("{BINARY_VARIABLE} is not set; run `cargo xtask test --only delivery`")
        })?;
        let file = folder.join("collector.yaml");
        fs::write(&file, configuration)?;
        let log = folder.join("collector.log");
        let output = folder.join("collector.out");
        let append = |path: &Path| File::options().create(true).append(true).open(path);
        let begun = fs::metadata(&log).map_or(0, |metadata| metadata.len());
        let mut child = Command::new(&binary)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--metrics",
                "127.0.0.1:0",
            ])
            .args(["--role", duty.roles()])
            .arg("--config")
            .arg(&file)
            .arg("--data-dir")
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(append(&output)?)
            .stderr(append(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", Path::new(&binary).display()))?;
        match addresses(&mut child, &log, begun) {
            Ok((grpc, metrics)) => Ok(Self {
                child,
                log,
                grpc,
                metrics,
            }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Where agents and subscribers connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.grpc
    }

    /// Where it serves its metrics.
    #[must_use]
    pub fn metrics_address(&self) -> SocketAddr {
        self.metrics
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it serves as metrics.
    ///
    /// # Errors
    ///
    /// Where it does not answer.
    pub fn metrics(&self) -> Result<String> {
        let mut stream = TcpStream::connect(self.metrics)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// The value of a metric; of several with the same name, the sum.
    ///
    /// # Errors
    ///
    /// Where it does not answer or the metric is no number.
    pub fn metric(&self, name: &str) -> Result<f64> {
        let text = self.metrics()?;
        let mut sum = 0.0;
        for line in text.lines() {
            let Some(rest) = line.strip_prefix(name) else {
                continue;
            };
            if rest.starts_with([' ', '{']) {
                let value = rest.rsplit(' ').next().unwrap_or_default();
                sum += value.parse::<f64>().with_context(|| line.to_owned())?;
            }
        }
        Ok(sum)
    }

    /// Memory that it has, in bytes.
    ///
    /// # Errors
    ///
    /// Where it runs no more.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kilobytes: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .context("no VmRSS")?
            .parse()?;
        Ok(kilobytes * 1024)
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    ///
    /// Where it does not end in time.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status()?;
        ensure!(status.success(), "kill failed");
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        bail!("it did not end within {PATIENCE:?}: {}", self.log_text());
    }

    /// Ends it as a power cut would.
    ///
    /// # Errors
    ///
    /// Where the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log_text(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        end(&mut self.child);
        if std::thread::panicking() {
            eprintln!("{}", self.log_text());
        }
    }
}

/// Ends the process, whatever state it is in.
fn end(child: &mut Child) {
    // It may have ended by itself, which is what is wanted.
    drop(child.kill());
    drop(child.wait());
}

/// Where it says that it listens.
fn addresses(child: &mut Child, log: &Path, begun: u64) -> Result<(SocketAddr, SocketAddr)> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(log)?;
        let text = text.get(usize::try_from(begun)?..).unwrap_or_default();
        let after = |what: &str| {
            text.lines()
                .find_map(|line| line.split_once(what)?.1.trim().parse().ok())
        };
        if let (Some(grpc), Some(metrics)) = (after("subscribers:"), after("metrics:")) {
            return Ok((grpc, metrics));
        }
        if let Some(status) = child.try_wait()? {
            bail!("the collector ended, {status}: {text}");
        }
        ensure!(
            Instant::now() < deadline,
            "the collector does not begin to serve: {text}"
        );
        std::thread::sleep(LOOK_INTERVAL);
    }
}
