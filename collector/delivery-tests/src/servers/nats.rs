//! nats-server with JetStream, alone or as a cluster of three.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::process::{ServerProcess, free_port};

/// How long a cluster may take to elect its leaders.
const ELECTION: Duration = Duration::from_secs(40);

/// A single server.
#[derive(Debug)]
pub struct NatsServer {
    process: ServerProcess,
    port: u16,
    _folder: TempDir,
}

fn base_arguments(folder: &Path, port: u16) -> Vec<String> {
    let data = folder.join("data").display().to_string();
    let port = port.to_string();
    ["-a", "127.0.0.1", "-p", &port, "-js", "-sd", &data]
        .map(str::to_owned)
        .to_vec()
}

impl NatsServer {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    ///
    /// It is not installed, or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with("")
    }

    /// Starts it with these lines in its configuration, such as `authorization { token: secret }`.
    ///
    /// # Errors
    ///
    /// It is not installed, or does not start.
    pub fn start_with(configuration: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let file = folder.path().join("nats.conf");
        fs::write(&file, configuration)?;
        let mut arguments = base_arguments(folder.path(), port);
        arguments.extend(["-c".to_owned(), file.display().to_string()]);
        let log = folder.path().join("log");
        let mut process = ServerProcess::new("nats-server", arguments, port, &log);
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
        format!("nats://localhost:{}", self.port)
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

/// Three servers that replicate their streams.
#[derive(Debug)]
pub struct NatsCluster {
    nodes: Vec<(ServerProcess, u16, u16)>,
    _folder: TempDir,
}

impl NatsCluster {
    /// Starts them and waits until they have elected who leads.
    ///
    /// # Errors
    ///
    /// They are not installed, or do not find each other.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut ports = Vec::new();
        for _ in 0..3 {
            ports.push((free_port()?, free_port()?, free_port()?));
        }
        let routes: Vec<String> = ports
            .iter()
            .map(|(_, route, _)| format!("nats://127.0.0.1:{route}"))
            .collect();
        let mut nodes = Vec::new();
        for (number, (port, route, monitor)) in ports.iter().enumerate() {
            let own = folder.path().join(number.to_string());
            fs::create_dir(&own)?;
            let mut arguments = base_arguments(&own, *port);
            let cluster = format!("nats://127.0.0.1:{route}");
            let name = format!("node-{number}");
            let more = [
                ["--server_name", &name],
                ["--cluster_name", "tests"],
                ["--cluster", &cluster],
                ["--routes", &routes.join(",")],
                ["-m", &monitor.to_string()],
            ];
            arguments.extend(more.as_flattened().iter().map(|text| (*text).to_owned()));
            let process = ServerProcess::new("nats-server", arguments, *port, &own.join("log"));
            nodes.push((process, *port, *monitor));
        }
        for (process, ..) in &mut nodes {
            process.spawn()?;
        }
        for (process, ..) in &mut nodes {
            process.wait()?;
        }
        let cluster = Self {
            nodes,
            _folder: folder,
        };
        cluster.wait_for_leader()?;
        Ok(cluster)
    }

    fn wait_for_leader(&self) -> Result<()> {
        let until = Instant::now() + ELECTION;
        loop {
            let has_leader = self.nodes.iter().all(|(_, _, monitor)| {
                monitor_text(*monitor, "/healthz").is_ok_and(|text| text.contains("\"ok\""))
            });
            if has_leader {
                return Ok(());
            }
            if Instant::now() > until {
                let logs: Vec<String> = self.nodes.iter().map(|node| node.0.log_tail()).collect();
                bail!("the cluster has no leader: {}", logs.join("\n---\n"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Where the servers listen.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let ports = self.nodes.iter().map(|(_, port, _)| port);
        ports
            .map(|port| format!("nats://localhost:{port}"))
            .collect()
    }

    /// The server that leads a stream.
    ///
    /// # Errors
    ///
    /// None does.
    pub fn stream_leader(&self, stream: &str) -> Result<usize> {
        for (_, _, monitor) in &self.nodes {
            let Ok(text) = monitor_text(*monitor, "/jsz?streams=true&accounts=true") else {
                continue;
            };
            let value: serde_json::Value = serde_json::from_str(&text)?;
            let streams = value
                .pointer("/account_details/0/stream_detail")
                .and_then(serde_json::Value::as_array);
            let leader = streams
                .into_iter()
                .flatten()
                .filter(|detail| detail["name"] == stream)
                .find_map(|detail| detail.pointer("/cluster/leader")?.as_str());
            if let Some(number) = leader.and_then(|name| name.strip_prefix("node-")) {
                return number.parse().context("a node of another name leads");
            }
        }
        bail!("no server says who leads {stream}")
    }

    /// Kills one of them with signal 9.
    ///
    /// # Errors
    ///
    /// There is none of that number.
    pub fn kill(&mut self, number: usize) -> Result<()> {
        let node = self.nodes.get_mut(number).context("no such node")?;
        node.0.kill()
    }

    /// Starts one again, with the data that it had.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start_again(&mut self, number: usize) -> Result<()> {
        let node = self.nodes.get_mut(number).context("no such node")?;
        node.0.spawn()?;
        node.0.wait()
    }
}

/// Body of an answer of the monitor.
fn monitor_text(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(3)))?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut lines = BufReader::new(stream).lines();
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let body: Result<Vec<String>, _> = lines.collect();
    Ok(body?.join("\n"))
}
