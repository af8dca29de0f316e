//! The agent as a user runs it: its alerts, what it says, and its end.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The shipped rules.
pub const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");

/// How long loading and attaching may take on a busy machine.
const START: Duration = Duration::from_secs(60);

/// How late an alert may be. A user is promised one second; the machine of a test runs other tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// The agent as it is shipped.
#[must_use]
pub fn binary() -> PathBuf {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/saker");
    let path =
        std::env::var_os("SAKER_BINARY").map_or_else(|| PathBuf::from(shipped), PathBuf::from);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo xtask build --release`",
        path.display()
    );
    path
}

/// A running agent; killed when dropped.
pub struct Agent {
    child: Child,
    alerts: Arc<Mutex<Vec<Value>>>,
    said: Arc<Mutex<String>>,
    pid_file: String,
    /// Set to stop reading alerts.
    closed: Arc<AtomicBool>,
    _folder: TempDir,
}

impl Agent {
    /// Starts an agent that prints JSON, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// Where it does not become ready.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, |_| {})
    }

    /// Starts an agent whose command was changed: its environment, for example.
    ///
    /// # Panics
    ///
    /// Where it does not become ready.
    #[must_use]
    pub fn start_with(arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pid_file = folder
            .path()
            .join("saker.pid")
            .to_str()
            .expect("text")
            .to_owned();
        let mut command = Command::new(binary());
        command
            .args(["run", "--output", "json", "--pid-file", &pid_file])
            .args(arguments);
        if !arguments.contains(&"--metrics") {
            command.args(["--metrics", "off"]);
        }
        change(&mut command);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the agent starts");
        let alerts = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let kept = Arc::clone(&alerts);
        let closed = Arc::new(AtomicBool::new(false));
        let closing = Arc::clone(&closed);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if closing.load(Ordering::Acquire) {
                    // Leaving closes the pipe.
                    return;
                }
                let alert = serde_json::from_str(&line).expect("an alert is one line of JSON");
                kept.lock().expect("alerts").push(alert);
            }
        });
        let lines = BufReader::new(child.stderr.take().expect("its messages")).lines();
        let kept = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut said = kept.lock().expect("messages");
                said.push_str(&line);
                said.push('\n');
            }
        });
        let mut agent = Self {
            child,
            alerts,
            said,
            pid_file,
            closed,
            _folder: folder,
        };
        agent.wait_within("ready: ", START);
        agent
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The file that it writes its process id to.
    #[must_use]
    pub fn pid_file(&self) -> &str {
        &self.pid_file
    }

    /// Waits until the agent has said something.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_within(text, PATIENCE);
    }

    fn wait_within(&mut self, text: &str, patience: Duration) {
        let limit = Instant::now() + patience;
        loop {
            let said = self.said.lock().expect("messages").clone();
            if said.contains(text) {
                return;
            }
            let ended = self.child.try_wait().expect("its state");
            assert!(
                ended.is_none(),
                "the agent ended ({ended:?}) and said:\n{said}"
            );
            assert!(
                Instant::now() < limit,
                "the agent did not say `{text}`, but:\n{said}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for an alert of a rule that fits.
    pub fn alert(&mut self, rule: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.find(rule, |alerts| {
            alerts.iter().find(|alert| fits(alert)).cloned()
        })
    }

    /// Number of alerts of a rule so far.
    #[must_use]
    pub fn count(&self, rule: &str) -> usize {
        self.alerts_of(rule).len()
    }

    /// All alerts so far, in order.
    #[must_use]
    pub fn alerts(&self) -> Vec<Value> {
        self.alerts.lock().expect("alerts").clone()
    }

    /// Alerts of a rule so far, in order.
    #[must_use]
    pub fn alerts_of(&self, rule: &str) -> Vec<Value> {
        let alerts = self.alerts.lock().expect("alerts");
        let of_rule = alerts.iter().filter(|alert| alert["rule"] == rule);
        of_rule.cloned().collect()
    }

    /// Waits for the next alert of a rule after so many.
    pub fn alert_after(&mut self, rule: &str, count: usize) -> Value {
        self.find(rule, |alerts| alerts.get(count).cloned())
    }

    fn find(&mut self, rule: &str, choose: impl Fn(&[Value]) -> Option<Value>) -> Value {
        let limit = Instant::now() + PATIENCE;
        loop {
            if let Some(alert) = choose(&self.alerts_of(rule)) {
                return alert;
            }
            assert!(
                Instant::now() < limit,
                "no alert of `{rule}` fits; all alerts: {:#?}",
                self.alerts.lock().expect("alerts")
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ids of the BPF programs that this agent holds.
    #[must_use]
    pub fn program_ids(&self) -> BTreeSet<u32> {
        let folder = format!("/proc/{}/fdinfo", self.pid());
        let entries = std::fs::read_dir(folder).expect("its descriptors");
        let texts = entries
            .flatten()
            .filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
        texts
            .filter_map(|text| {
                let id = text
                    .lines()
                    .find_map(|line| line.strip_prefix("prog_id:"))?;
                id.trim().parse().ok()
            })
            .collect()
    }

    /// Asks for the rules to be loaded again.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.pid().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Kills the agent, as a crash would.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("its end");
    }

    /// Stops reading the agent's alerts, causes one again and again, and returns what it said at its end.
    #[must_use]
    pub fn end_by_closing_its_output(mut self, cause: impl Fn()) -> String {
        self.closed.store(true, Ordering::Release);
        let limit = Instant::now() + PATIENCE;
        while self.child.try_wait().expect("its state").is_none() {
            assert!(Instant::now() < limit, "the agent runs on without a reader");
            cause();
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(100));
        self.said.lock().expect("messages").clone()
    }

    /// Ends the agent as an operator would, and returns what it said.
    pub fn end(mut self) -> String {
        self.signal("-TERM");
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "the agent ended with {status}");
        // The threads read until the pipes end; what is in them was written before.
        std::thread::sleep(Duration::from_millis(100));
        self.said.lock().expect("messages").clone()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // After `end` and `kill` there is nothing left to kill.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.child.kill().expect("killed");
            self.child.wait().expect("its end");
        }
    }
}

/// Runs an agent that is expected to end by itself.
#[must_use]
pub fn run_agent(arguments: &[&str]) -> Output {
    Command::new(binary())
        .arg("run")
        .args(arguments)
        .output()
        .expect("the agent runs")
}

/// The exit code.
#[must_use]
pub fn exit_of(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

/// Gets a page.
#[must_use]
pub fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the metrics server");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: saker\r\nConnection: close\r\n\r\n"
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// The sum of a metric over all labels.
#[must_use]
pub fn sum(text: &str, metric: &str) -> u64 {
    let lines = text.lines().filter(|line| line.starts_with(metric));
    lines
        .map(|line| {
            let value = line.rsplit(' ').next().expect("a value");
            value.parse::<u64>().expect("a number")
        })
        .sum()
}
