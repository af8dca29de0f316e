//! iperf3, nginx and wrk.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::hosts::Host;
use crate::command;

const IPERF_PORT: &str = "5201";
const HTTP_PORT: &str = "8000";

/// How long a server may take to listen.
const START_TIME_MAX: Duration = Duration::from_secs(20);

/// The servers of one host; ended when dropped.
#[derive(Debug)]
pub(super) struct Servers(Vec<Child>);

impl Servers {
    /// Starts them at an address; their files go to `scratch`, under a name of their own.
    pub(super) fn start(host: &Host, address: &str, scratch: &Path, name: &str) -> Result<Self> {
        let folder = scratch.display();
        let configuration = format!(
            "daemon off;
worker_processes 1;
error_log stderr crit;
pid {folder}/nginx-{name}.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server {{
    listen {address}:{HTTP_PORT} backlog=4096;
    keepalive_requests 1000000000;
    location / {{ return 200 \"page\\n\"; }}
  }}
}}
"
        );
        let file = scratch.join(format!("nginx-{name}.conf"));
        fs::write(&file, configuration)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let mut nginx = host.command("nginx");
        nginx.args(["-e", "stderr", "-p"]).arg(scratch);
        nginx.arg("-c").arg(&file);
        let mut iperf = host.command("iperf3");
        iperf.args(["-s", "-B", address, "-p", IPERF_PORT]);
        let mut servers = Self(Vec::new());
        for mut command in [nginx, iperf] {
            let child = command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .with_context(|| format!("cannot start {command:?}"))?;
            servers.0.push(child);
        }
        servers.wait_until_ready(host, address)?;
        Ok(servers)
    }

    fn wait_until_ready(&mut self, host: &Host, address: &str) -> Result<()> {
        let limit = Instant::now() + START_TIME_MAX;
        loop {
            let once = Duration::from_secs(1);
            let ready = requests(host, address, once, Connections::Kept).is_ok()
                && bulk(host, address, once).is_ok();
            if ready {
                return Ok(());
            }
            for child in &mut self.0 {
                if let Some(status) = child.try_wait().context("a server's state")? {
                    bail!("a server ended: {status}");
                }
            }
            if Instant::now() > limit {
                bail!("the servers do not listen at {address}");
            }
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // SIGTERM, so that nginx ends its worker; what is gone already needs none.
            let mut kill = Command::new("kill");
            kill.arg(child.id().to_string());
            command::run_quietly(&mut kill).unwrap_or_default();
            child.wait().map(drop).unwrap_or_default();
        }
    }
}

/// Sends for so long over one connection; bits a second that arrived.
pub(super) fn bulk(client: &Host, server: &str, duration: Duration) -> Result<f64> {
    let seconds = duration.as_secs().to_string();
    let mut iperf = client.command("iperf3");
    iperf.args(["-c", server, "-p", IPERF_PORT, "-t", &seconds, "-J"]);
    parse_iperf(&command::capture(&mut iperf)?)
}

fn parse_iperf(said: &str) -> Result<f64> {
    let report: serde_json::Value = serde_json::from_str(said).context("iperf3's report")?;
    report["end"]["sum_received"]["bits_per_second"]
        .as_f64()
        .with_context(|| format!("iperf3 tells no rate:\n{said}"))
}

/// What becomes of a connection after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connections {
    Kept,
    Short,
}

/// Asks for so long for a small page over 16 connections at a time; requests a second.
pub(super) fn requests(
    client: &Host,
    server: &str,
    duration: Duration,
    connections: Connections,
) -> Result<f64> {
    let seconds = format!("{}s", duration.as_secs());
    let mut wrk = client.command("wrk");
    wrk.args(["-t", "1", "-c", "16", "-d", &seconds]);
    if connections == Connections::Short {
        wrk.args(["-H", "Connection: close"]);
    }
    wrk.arg(format!("http://{server}:{HTTP_PORT}/"));
    parse_wrk(&command::capture(&mut wrk)?)
}

fn parse_wrk(said: &str) -> Result<f64> {
    // Errors would make a rate that means nothing.
    if said.contains("Socket errors") || said.contains("Non-2xx") {
        bail!("wrk met errors:\n{said}");
    }
    said.lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"))
        .and_then(|rate| rate.trim().parse().ok())
        .filter(|rate: &f64| *rate > 0.0)
        .with_context(|| format!("wrk tells no rate:\n{said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        let iperf = r#"{"end":{"sum_received":{"bits_per_second":11000000000.5}}}"#;
        assert_eq!(parse_iperf(iperf).unwrap(), 11_000_000_000.5);
        assert_eq!(
            parse_wrk("Requests/sec:  31234.50\nTransfer/sec: 4MB\n").unwrap(),
            31_234.5
        );
    }

    #[test]
    fn no_rate_and_errors_are_no_figures() {
        parse_iperf(r#"{"error":"unable to connect"}"#).unwrap_err();
        parse_wrk("Requests/sec:      0.00\n").unwrap_err();
        parse_wrk("  Socket errors: connect 3\nRequests/sec: 10.0\n").unwrap_err();
    }
}
