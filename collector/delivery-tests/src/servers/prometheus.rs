//! Prometheus: Debian's package `prometheus`.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::process::{ServerProcess, free_port};

const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// A server that scrapes each second.
#[derive(Debug)]
pub struct Prometheus {
    _process: ServerProcess,
    port: u16,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts it with these jobs, each of one target.
    ///
    /// # Errors
    ///
    /// It is not installed, or does not start.
    pub fn start(jobs: &[(&str, SocketAddr)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let mut text = "global: {scrape_interval: 1s}\nscrape_configs:\n".to_owned();
        for (name, target) in jobs {
            let job =
                format!("  - job_name: {name}\n    static_configs: [{{targets: ['{target}']}}]\n");
            text.push_str(&job);
        }
        let configuration = folder.path().join("prometheus.yaml");
        fs::write(&configuration, text)?;
        let arguments = vec![
            format!("--config.file={}", configuration.display()),
            format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        let log = folder.path().join("log");
        let mut process = ServerProcess::new("prometheus", arguments, port, &log);
        process.spawn()?;
        process.wait()?;
        Ok(Self {
            _process: process,
            port,
            _folder: folder,
        })
    }

    /// The value of an expression that has one, now.
    ///
    /// # Errors
    ///
    /// It does not answer, or not so.
    pub fn query(&self, expression: &str) -> Result<Option<f64>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
        let encoded: String = expression
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        write!(stream, "GET /api/v1/query?query={encoded} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        // While it starts it says so in words.
        let Ok(value) = serde_json::from_str::<serde_json::Value>(body) else {
            return Ok(None);
        };
        ensure!(value["status"] == "success", "{expression}: {body}");
        let sample = value.pointer("/data/result/0/value/1");
        let number = sample.and_then(serde_json::Value::as_str);
        Ok(number.map(str::parse).transpose()?)
    }
}
