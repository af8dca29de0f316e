//! The audit log of Kubernetes: played, followed, and sent to an agent that needs no privilege.

use crate::run::Folder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

const RULES: &str = "
- rule: Deleted
  desc: d
  condition: ka.verb = delete
  output: deleted (id=%ka.auditid user=%ka.user.name)
  priority: WARNING
  source: k8s_audit
- rule: Shadow
  desc: d
  condition: evt.type = open
  output: opened
  priority: WARNING
";

fn event(id: &str, verb: &str) -> String {
    format!(
        r#"{{"kind":"Event","auditID":"{id}","stage":"ResponseComplete","verb":"{verb}","user":{{"username":"ann"}},"stageTimestamp":"2026-11-22T00:00:00Z"}}"#
    )
}

#[test]
fn falcos_tests_raise_the_alerts_that_they_expect() {
    let Some(data) = saker_conformance::folder() else {
        return;
    };
    let data = data.join("k8saudit");
    let cases = fs::read_to_string(data.join("expected.jsonl")).expect("cases");
    let mut played = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let paths = |key: &str| -> Vec<String> {
            let paths = case[key].as_array().expect("a list").iter();
            let paths = paths.map(|path| data.join(path.as_str().expect("a path")));
            paths.map(|path| path.display().to_string()).collect()
        };
        let (events, rules) = (paths("events"), paths("rules"));
        let mut arguments = vec!["replay", "--source", "k8s_audit", "--output", "json"];
        arguments.extend(events.iter().map(String::as_str));
        for rules in &rules {
            arguments.extend(["--rules", rules]);
        }
        let outcome = Folder::new(&[]).run(&arguments);
        assert_eq!(outcome.code, Some(0), "{}: {outcome:?}", case["test"]);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for line in outcome.out.lines() {
            let alert: Value = serde_json::from_str(line).expect("JSON");
            let rule = alert["rule"].as_str().expect("a rule").to_owned();
            *counts.entry(rule).or_default() += 1;
        }
        for (rule, count) in case["expect_rule_counts"].as_object().expect("counts") {
            let found = counts.get(rule).copied().unwrap_or(0);
            assert_eq!(Some(found), count.as_u64(), "{}: {counts:?}", case["test"]);
        }
        assert_eq!(
            case["expect_detections"],
            !counts.is_empty(),
            "{}",
            case["test"]
        );
        played += 1;
    }
    assert!(played > 20, "only {played} cases");
}

#[test]
fn folders_are_played_and_what_is_no_event_is_told() {
    let log = format!("{}\nnonsense\n{}", event("a", "delete"), event("b", "get"));
    let folder = Folder::new(&[
        ("rules.yaml", RULES),
        ("log/one.json", &log),
        ("log/two.log", &event("c", "delete")),
        ("log/notes.txt", "nothing"),
    ]);
    let command = [
        "replay",
        "--source",
        "k8s_audit",
        "log",
        "--rules",
        "rules.yaml",
    ];
    let outcome = folder.run(&command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.out.lines().count(), 2, "{outcome:?}");
    assert!(
        outcome.errors.contains("log/one.json:2: body: not JSON"),
        "{outcome:?}"
    );
    assert!(
        outcome.errors.contains("events: 3 of 2 captures"),
        "{outcome:?}"
    );
    assert!(outcome.errors.contains("1  no audit event"), "{outcome:?}");
    let again = folder.run(&[&command[..], &["--output", "json"]].concat());
    let ids: Vec<Value> = again
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].clone())
        .collect();
    assert_ne!(ids[0], ids[1]);
    let missing = folder.run(&[
        "replay",
        "--source",
        "k8s_audit",
        "missing",
        "-r",
        "rules.yaml",
    ]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.errors.contains("missing"), "{missing:?}");
}

#[test]
fn an_agent_without_anything_to_take_says_so() {
    let folder = Folder::new(&[("rules.yaml", RULES)]);
    let outcome = folder.run(&["run", "--source", "k8s_audit", "-r", "rules.yaml"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.errors.contains("--k8s-audit"), "{outcome:?}");
    let address = "http://:9765/k8s-audit";
    let command = [
        "run",
        "--source",
        "k8s_audit",
        "-r",
        "rules.yaml",
        "--k8s-audit",
        address,
    ];
    let outcome = folder.run(&command);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.errors.contains("allow_plaintext"), "{outcome:?}");
    let outcome = folder.run(&["run", "--source", "k8s", "-r", "rules.yaml"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.errors.contains("k8s_audit"), "{outcome:?}");
}

/// An agent that takes the audit log and nothing else.
struct Agent {
    folder: Rc<Folder>,
    child: Child,
    errors: BufReader<ChildStderr>,
    address: Option<SocketAddr>,
}

impl Agent {
    fn start(folder: Rc<Folder>, arguments: &[&str]) -> Self {
        let usual = [
            "run",
            "--source",
            "k8s_audit",
            "--metrics",
            "off",
            "-r",
            "rules.yaml",
        ];
        let mut child = folder
            .command(&[&usual, arguments].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        let mut agent = Self {
            folder,
            errors: BufReader::new(child.stderr.take().expect("errors")),
            child,
            address: None,
        };
        agent.wait_for("ready: 0 programs attached, 1 rules");
        if arguments
            .iter()
            .any(|argument| argument.starts_with("http"))
        {
            let line = agent.wait_for("audit log: ");
            let address = line.trim().trim_start_matches("audit log: ");
            agent.address = Some(address.parse().expect("an address"));
        }
        agent
    }

    fn wait_for(&mut self, text: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let read = self.errors.read_line(&mut line).expect("text");
            assert!(read > 0, "it ended without {text}: {all}");
            if line.contains(text) {
                return line;
            }
            all.push_str(&line);
        }
    }

    /// Whether a request was acknowledged.
    fn post(&self, body: &str) -> bool {
        self.try_post(body).unwrap_or(false)
    }

    fn try_post(&self, body: &str) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(self.address.expect("it listens"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        write!(
            stream,
            "POST /k8s-audit HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it runs");
    }

    fn alerts(&self) -> String {
        fs::read_to_string(self.folder.path().join("alerts.txt")).unwrap_or_default()
    }

    fn wait_for_alert(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.alerts().contains(text) {
            assert!(Instant::now() < end, "no {text} in {}", self.alerts());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn end(mut self) -> (Option<i32>, String) {
        self.signal(Signal::TERM);
        let mut rest = String::new();
        self.errors.read_to_string(&mut rest).expect("text");
        (self.child.wait().expect("it ends").code(), rest)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It has ended already where the test got that far.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn folder() -> Rc<Folder> {
    Rc::new(Folder::new(&[
        ("rules.yaml", RULES),
        (
            "saker.yaml",
            "file_output: {enabled: true, filename: alerts.txt}\n",
        ),
    ]))
}

const WEBHOOK: [&str; 4] = [
    "--config",
    "saker.yaml",
    "--k8s-audit",
    "http://127.0.0.1:0/k8s-audit",
];

#[test]
fn requests_raise_alerts_and_rules_are_reloaded() {
    let mut agent = Agent::start(folder(), &WEBHOOK);
    assert!(agent.post(&event("one", "delete")));
    assert!(
        agent.alerts().contains("id=one user=ann"),
        "{}",
        agent.alerts()
    );
    assert!(agent.post(&event("one", "delete")), "the same again");
    assert!(agent.post(&event("two", "get")));
    assert_eq!(agent.alerts().lines().count(), 1, "{}", agent.alerts());
    agent
        .folder
        .write("rules.yaml", &RULES.replace("= delete", "= get"));
    agent.signal(Signal::HUP);
    agent.wait_for("reloaded: 1 rules");
    assert!(agent.post(&event("three", "get")));
    assert!(agent.alerts().contains("id=three"), "{}", agent.alerts());
    let (code, said) = agent.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("events: 3"), "{said}");
    assert!(said.contains("lost: 0"), "{said}");
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    for round in 0..3_u64 {
        let agent = Agent::start(folder(), &WEBHOOK);
        let pid = Pid::from_child(&agent.child);
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150 + 70 * round));
            kill_process(pid, Signal::KILL).expect("it runs");
        });
        let mut acknowledged = 0;
        while agent.post(&event(&format!("event-{acknowledged}-"), "delete")) {
            acknowledged += 1;
        }
        killer.join().expect("no panic");
        assert!(acknowledged > 0);
        let alerts = agent.alerts();
        for id in 0..acknowledged {
            assert!(
                alerts.contains(&format!("id=event-{id}- ")),
                "event-{id} is lost"
            );
        }
    }
}

#[test]
fn a_file_is_followed_across_a_kill() {
    let folder = folder();
    let file = folder.path().join("audit.log");
    folder.write("audit.log", "");
    let settings = "file_output: {enabled: true, filename: alerts.txt}\nk8s_audit: {files: [{path: audit.log, from: beginning}], positions_file: positions.json}\n";
    folder.write("saker.yaml", settings);
    let add = |id: &str| {
        let mut log = fs::OpenOptions::new()
            .append(true)
            .open(&file)
            .expect("a file");
        writeln!(log, "{}", event(id, "delete")).expect("it is written");
    };
    let mut agent = Agent::start(folder, &["--config", "saker.yaml"]);
    add("one");
    agent.wait_for_alert("id=one ");
    agent.signal(Signal::KILL);
    agent.child.wait().expect("it ends");
    add("two");
    let folder = Rc::clone(&agent.folder);
    drop(agent);
    let agent = Agent::start(folder, &["--config", "saker.yaml"]);
    agent.wait_for_alert("id=two ");
    let (code, said) = agent.end();
    assert_eq!(code, Some(0), "{said}");
}
