//! A real Prometheus scrapes agent and collector, and knows what was raised; promtool finds nothing to complain of.

use anyhow::{Context, Result, ensure};
use saker_delivery_tests::servers::{Prometheus, free_port};
use saker_delivery_tests::{Agent, Aggregation, Duty, Queue, Scene, Store};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ALERTS: usize = 50;
const PATIENCE: Duration = Duration::from_secs(60);
const UNBOUNDED: u32 = 1_000_000;

/// What an address serves as metrics to who does not ask for a format.
fn metrics(address: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    ensure!(head.contains(" 200 "), "{head}");
    Ok(body.to_owned())
}

/// `promtool check metrics` says nothing.
///
/// It reads the older text format and knows none of OpenMetrics' lines: `# UNIT` and `# EOF` are comments to it, and
/// counters have their suffix in the samples only.
fn is_clean(text: &str) -> Result<()> {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("promtool; is the package prometheus installed?")?;
    let mut input = promtool.stdin.take().context("no input")?;
    input.write_all(text.as_bytes())?;
    drop(input);
    let output = promtool.wait_with_output()?;
    let complaints = [output.stdout, output.stderr].concat();
    let complaints = String::from_utf8_lossy(&complaints);
    ensure!(
        output.status.success() && complaints.trim().is_empty(),
        "promtool: {complaints}"
    );
    Ok(())
}

#[test]
fn prometheus_knows_what_was_raised() -> Result<()> {
    let scene = Scene::new(Queue::Embedded, Store::Sqlite, Aggregation::Off, UNBOUNDED)?;
    let collector = scene.collector(0, Duty::All)?;
    let watched = scene.watched(&[collector.address().port()])?;
    let agent_metrics = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    let _agent = Agent::watch(&watched, agent_metrics.port())?;
    for number in 0..ALERTS {
        File::create(watched.folder.join(number.to_string()))?;
    }
    scene.wait_for(ALERTS, PATIENCE)?;
    for address in [agent_metrics, collector.metrics_address()] {
        let text = metrics(address)?;
        is_clean(&text).with_context(|| {
            // For whoever looks into it.
            let file = std::env::temp_dir().join("metrics-that-promtool-refuses.txt");
            drop(fs::write(&file, &text));
            format!("see {}", file.display())
        })?;
    }
    let prometheus = Prometheus::start(&[
        ("saker", agent_metrics),
        ("saker-collector", collector.metrics_address()),
    ])?;
    let expected = ALERTS as f64;
    for query in [
        "sum(saker_alerts_raised_total)",
        "sum(saker_alerts_delivered_total)",
        "sum(saker_collector_ingest_alerts_total)",
        "sum(saker_collector_worker_alerts_total{result=\"new\"})",
        "sum(saker_collector_sink_deliveries_total{sink=\"hook\"})",
    ] {
        let deadline = Instant::now() + PATIENCE;
        while prometheus.query(query)? != Some(expected) {
            ensure!(
                Instant::now() < deadline,
                "{query} is {:?}",
                prometheus.query(query)?
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    ensure!(prometheus.query("sum(up)")? == Some(2.0));
    ensure!(prometheus.query("sum(saker_alerts_lost_total) or vector(0)")? == Some(0.0));
    Ok(())
}
