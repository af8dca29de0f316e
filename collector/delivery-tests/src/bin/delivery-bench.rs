//! What it takes to deliver alerts: CPU time of the collector for each, and how long each is under way.
//!
//! Started by `cargo xtask bench delivery`, which builds agent and collector as they are shipped. Prints a table.
#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use saker_delivery_tests::servers::{PostgresServer, free_port};
use saker_delivery_tests::{Account, Agent, Aggregation, Duty, Queue, Scene, Store};

/// The unit of CPU times in `/proc/PID/stat`: USER_HZ.
const TICK: Duration = Duration::from_millis(10);

/// Where user time is among the fields after the name; system time follows it (proc_pid_stat(5)).
const USER_TIME_FIELD: usize = 11;

/// More than can be sent.
const UNBOUNDED: u32 = 1_000_000;

const PATIENCE: Duration = Duration::from_secs(600);

/// What is measured: alerts for the CPU time, and alerts a second and seconds for the latency.
struct Plan {
    alerts: u32,
    per_second: u32,
    seconds: u32,
    runs: u32,
}

impl Plan {
    fn read() -> Result<Self> {
        let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u32>());
        let mut next = || -> Result<u32> {
            let number = numbers
                .next()
                .context("usage: delivery-bench ALERTS ALERTS_PER_SECOND SECONDS RUNS")?;
            Ok(number?)
        };
        Ok(Self {
            alerts: next()?,
            per_second: next()?.max(1),
            seconds: next()?.max(1),
            runs: next()?.max(1),
        })
    }
}

fn main() -> Result<()> {
    let plan = Plan::read()?;
    println!(
        "| into the collector | alerts | CPU time of an alert | alerts/s a core | alerts/s as seen |"
    );
    println!("|---|---|---|---|---|");
    let rows = [
        ("embedded queue, the store away", Workers::Wait),
        (
            "embedded queue, stored in SQLite, told to a webhook",
            Workers::Work,
        ),
    ];
    for (name, workers) in rows {
        let mut passages = repeat(plan.runs, || ingest(plan.alerts, workers))?;
        passages.sort_by_key(|passage| passage.cpu);
        let median = passages[passages.len() / 2];
        let alerts = f64::from(plan.alerts);
        println!(
            "| {name} | {} | {:.1} µs | {:.0} | {:.0} |",
            plan.alerts,
            median.cpu.as_secs_f64() * 1e6 / alerts,
            alerts / median.cpu.as_secs_f64(),
            alerts / median.wall.as_secs_f64()
        );
    }
    println!(
        "\n| from the event to the webhook | alerts | p50 | p99 | longest |\n|---|---|---|---|---|"
    );
    for run in 1..=plan.runs {
        let delays = latency(plan.per_second, plan.seconds)?;
        let at = |share: usize| delays[(delays.len() - 1) * share / 100].as_secs_f64() * 1e3;
        println!(
            "| {} alerts/s, run {run} | {} | {:.0} ms | {:.0} ms | {:.0} ms |",
            plan.per_second,
            delays.len(),
            at(50),
            at(99),
            at(100)
        );
    }
    Ok(())
}

fn repeat<T>(runs: u32, mut run: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
    (0..runs).map(|_| run()).collect()
}

/// What the workers of the collector do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Workers {
    /// The store's server is gone: everything stays in the queue.
    Wait,
    /// They store and tell.
    Work,
}

/// What it took to take in all alerts.
#[derive(Clone, Copy, Debug)]
struct Passage {
    /// CPU time of the collector.
    cpu: Duration,
    /// From the first to the last one.
    wall: Duration,
}

/// Lets the agent play a recording, and measures until everything is where it should be.
fn ingest(alerts: u32, workers: Workers) -> Result<Passage> {
    let store = match workers {
        Workers::Wait => Store::Postgres(PostgresServer::start()?),
        Workers::Work => Store::Sqlite,
    };
    let mut scene = Scene::new(Queue::Embedded, store, Aggregation::OfASecond, UNBOUNDED)?;
    let collector = scene.collector(0, Duty::All)?;
    if let Store::Postgres(server) = &mut scene.store {
        server.kill()?;
    }
    let ports = [collector.address().port()];
    let played = scene.played("node-a", alerts, &ports, &scene.spool("node-a"))?;
    let cpu_before = cpu_time(collector.pid())?;
    let began = Instant::now();
    let account = Agent::start(&played)?.account(PATIENCE)?;
    let all = u64::from(alerts);
    let expected = Account {
        raised: all,
        delivered: all,
        ..Account::default()
    };
    ensure!(account == expected, "{account:?}");
    if workers == Workers::Work {
        scene.wait_for(alerts as usize, PATIENCE)?;
    }
    Ok(Passage {
        cpu: cpu_time(collector.pid())?.saturating_sub(cpu_before),
        wall: began.elapsed(),
    })
}

/// Opens files at an even pace, each of which the agent raises an alert for; how long each alert took, shortest first.
fn latency(per_second: u32, seconds: u32) -> Result<Vec<Duration>> {
    let scene = Scene::new(Queue::Embedded, Store::Sqlite, Aggregation::Off, UNBOUNDED)?;
    let collector = scene.collector(0, Duty::All)?;
    let watched = scene.watched(&[collector.address().port()])?;
    let _agent = Agent::watch(&watched, free_port()?)?;
    let file = watched.folder.join("opened");
    File::create(&file)?;
    scene.wait_for(1, PATIENCE)?;
    let count = per_second * seconds;
    let began = Instant::now();
    for number in 0..count {
        let due = began + Duration::from_secs(1) * number / per_second;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        File::open(&file)?;
    }
    let all = usize::try_from(count)? + 1;
    scene.wait_for(all, PATIENCE)?;
    // The first one waited for connections to be made.
    let mut delays = scene
        .webhook
        .taken()
        .iter()
        .skip(1)
        .map(|taken| {
            let happened: jiff::Timestamp = taken.event_time.parse()?;
            let happened = SystemTime::from(happened);
            // The clock may have been set.
            Ok(taken.received.duration_since(happened).unwrap_or_default())
        })
        .collect::<Result<Vec<Duration>>>()?;
    delays.sort();
    Ok(delays)
}

/// CPU time of all threads of a process, user and system.
fn cpu_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    // The name is in parentheses, and may hold blanks and parentheses itself.
    let (_, fields) = text.rsplit_once(')').context(path)?;
    let mut times = fields.split_ascii_whitespace().skip(USER_TIME_FIELD);
    let mut ticks = || -> Result<u32> { Ok(times.next().context("no CPU time")?.parse()?) };
    Ok(TICK * (ticks()? + ticks()?))
}
