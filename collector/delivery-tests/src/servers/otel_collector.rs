//! A real OpenTelemetry collector that hands on what it receives.

use super::process::{ServerProcess, free_port};
use anyhow::{Context, Result};
use std::fs;
use tempfile::TempDir;

/// Names the program; `cargo xtask otlp-test` builds it.
const PROGRAM: &str = "SAKER_OTEL_COLLECTOR";

/// A running collector; ends when it is dropped.
#[derive(Debug)]
pub struct OtelCollector {
    _server: ServerProcess,
    _folder: TempDir,
    grpc_port: u16,
    http_port: u16,
}

impl OtelCollector {
    /// Starts it and waits until it listens. It sends everything at once to `next`, as JSON.
    ///
    /// # Errors
    ///
    /// Where it is not built, or does not start.
    pub fn start(next: &str) -> Result<Self> {
        let program = std::env::var(PROGRAM).with_context(|| {
            format!("{PROGRAM} names no collector; run `cargo xtask otlp-test`")
        })?;
        let folder = tempfile::tempdir()?;
        let (grpc_port, http_port) = (free_port()?, free_port()?);
        let configuration = folder.path().join("config.yaml");
        fs::write(&configuration, text(grpc_port, http_port, next))?;
        let arguments = vec![format!("--config=file:{}", configuration.display())];
        let log = folder.path().join("log");
        let mut server = ServerProcess::new(&program, arguments, grpc_port, &log);
        server.spawn()?;
        server.wait()?;
        Ok(Self {
            _server: server,
            _folder: folder,
            grpc_port,
            http_port,
        })
    }

    /// Where it takes OTLP over gRPC.
    #[must_use]
    pub fn grpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc_port)
    }

    /// Where it takes OTLP over HTTP.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }
}

fn text(grpc_port: u16, http_port: u16, next: &str) -> String {
    format!(
        "receivers:
  otlp:
    protocols:
      grpc: {{endpoint: '127.0.0.1:{grpc_port}'}}
      http: {{endpoint: '127.0.0.1:{http_port}'}}
exporters:
  otlp_http:
    endpoint: '{next}'
    encoding: json
    compression: none
    sending_queue: {{enabled: false}}
    retry_on_failure: {{enabled: false}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    logs: {{receivers: [otlp], exporters: [otlp_http]}}
"
    )
}
