//! What is recorded raises the same alerts again, with the same ids.

use saker_kernel_tests::agent::{RULES, binary, exit_of};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long the recorder may take to begin, and to see what happens.
const PATIENCE: Duration = Duration::from_secs(60);

fn saker(arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(arguments)
        .output()
        .expect("saker runs")
}

/// A recorder that has begun; killed when dropped.
struct Recorder {
    child: Child,
    said: String,
    messages: BufReader<std::process::ChildStderr>,
}

impl Recorder {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .arg("record")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the recorder starts");
        let messages = BufReader::new(child.stderr.take().expect("its messages"));
        let mut recorder = Self {
            child,
            said: String::new(),
            messages,
        };
        while !recorder.said.contains("Ctrl-C ends it") {
            let read = recorder.messages.read_line(&mut recorder.said);
            assert_ne!(read.expect("a line"), 0, "it ended: {}", recorder.said);
        }
        recorder
    }

    /// Interrupts it; returns its output and what it said.
    fn end(mut self) -> (String, String) {
        let status = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
        let mut alerts = String::new();
        let mut output = self.child.stdout.take().expect("its output");
        output.read_to_string(&mut alerts).expect("text");
        self.messages
            .read_to_string(&mut self.said)
            .expect("messages");
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "{status}: {}", self.said);
        (alerts, std::mem::take(&mut self.said))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.child.kill().expect("killed");
            self.child.wait().expect("its end");
        }
    }
}

/// Things that the shipped rules look at, by children of this test.
fn cause_alerts() {
    let commands = [
        "cat /etc/shadow",
        "sh -c 'cat /etc/shadow; exec cat /etc/shadow'",
        "cd /etc && cat ./shadow",
        "cp /bin/true /tmp/saker-recorded && /tmp/saker-recorded; rm /tmp/saker-recorded",
    ];
    for command in commands {
        let status = Command::new("sh")
            .args(["-c", command])
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("sh runs").success(), "{command}");
    }
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("text").to_owned()
}

#[test]
fn a_recording_raises_the_same_alerts_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = path(folder.path(), "test.saker");
    let rules = ["--rules", RULES, "--output", "json"];
    let recorder = Recorder::start(&[&[file.as_str()][..], &rules].concat());
    cause_alerts();
    // Events take a moment from the kernel to the file.
    std::thread::sleep(Duration::from_secs(2));
    let (live, said) = recorder.end();
    assert!(live.lines().count() >= 5, "{live}");
    assert!(said.contains("ended by a signal"), "{said}");
    let replayed = saker(&[&["replay", &file][..], &rules].concat());
    let messages = String::from_utf8_lossy(&replayed.stderr);
    assert_eq!(exit_of(&replayed), 0, "{messages}");
    assert_eq!(
        String::from_utf8_lossy(&replayed.stdout),
        live,
        "{messages}"
    );
    let mode = std::fs::metadata(&file)
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_filter_keeps_what_is_known_of_processes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = path(folder.path(), "test.saker");
    let filter = "evt.type in (open, openat) and fd.name = /etc/shadow and proc.name = cat";
    let rules = ["--rules", RULES, "--output", "json"];
    let arguments = [&[file.as_str(), "--filter", filter][..], &rules].concat();
    let recorder = Recorder::start(&arguments);
    cause_alerts();
    std::thread::sleep(Duration::from_secs(2));
    let (live, said) = recorder.end();
    assert!(live.contains("cat /etc/shadow"), "{live}\n{said}");
    let replayed = saker(&[&["replay", &file][..], &rules].concat());
    assert_eq!(String::from_utf8_lossy(&replayed.stdout), live);
    let fields = "proc.name,proc.cmdline,proc.pname";
    let traced = saker(&[
        "trace",
        "--capture",
        &file,
        "--fields",
        fields,
        "--output",
        "json",
    ]);
    let events = String::from_utf8_lossy(&traced.stdout);
    assert!(events.lines().count() >= 4, "{events}");
    for event in events.lines() {
        let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
        assert_eq!(event["proc.name"], "cat");
        assert!(event["proc.pname"].is_string(), "{event}");
    }
}

#[test]
fn a_killed_recorder_leaves_what_it_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = path(folder.path(), "test.saker");
    let mut recorder = Recorder::start(&[file.as_str()]);
    let limit = Instant::now() + PATIENCE;
    let shown = loop {
        assert!(Instant::now() < limit, "nothing is written");
        cause_alerts();
        let traced = saker(&["trace", "--capture", &file, "--fields", "proc.cmdline"]);
        if String::from_utf8_lossy(&traced.stdout).contains("cat /etc/shadow") {
            break traced;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    let messages = String::from_utf8_lossy(&shown.stderr);
    assert!(
        messages.contains("not ended") || messages.contains("cut off"),
        "{messages}"
    );
    recorder.child.kill().expect("killed");
    recorder.child.wait().expect("its end");
    let replayed = saker(&["replay", &file, "--rules", RULES]);
    assert_eq!(exit_of(&replayed), 0);
    let messages = String::from_utf8_lossy(&replayed.stderr);
    assert!(
        messages.contains("not ended") || messages.contains("cut off"),
        "{messages}"
    );
}

#[test]
fn time_and_size_end_a_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = path(folder.path(), "time.saker");
    let began = Instant::now();
    let recorded = saker(&["record", &file, "--duration", "1s500ms"]);
    let messages = String::from_utf8_lossy(&recorded.stderr);
    assert_eq!(exit_of(&recorded), 0, "{messages}");
    assert!(messages.contains("ended by --duration"), "{messages}");
    assert!(began.elapsed() >= Duration::from_millis(1500));
    // What exists is not replaced unless that is asked for.
    let again = saker(&["record", &file, "--duration", "1s"]);
    let messages = String::from_utf8_lossy(&again.stderr);
    assert_eq!(exit_of(&again), 2, "{messages}");
    assert!(messages.contains("--force"), "{messages}");
    let again = saker(&["record", &file, "--duration", "1s", "--force", "--quiet"]);
    assert_eq!(exit_of(&again), 0);
    assert!(again.stderr.is_empty(), "{:?}", again.stderr);

    let file = path(folder.path(), "size.saker");
    let recorder = Command::new(binary())
        .args(["record", &file, "--max-size", "1MiB", "--duration", "2m"])
        .stderr(Stdio::piped())
        .spawn();
    let mut recorder = recorder.expect("the recorder starts");
    let limit = Instant::now() + PATIENCE;
    while recorder.try_wait().expect("its state").is_none() {
        if Instant::now() > limit {
            recorder.kill().expect("killed");
            panic!("it grows and grows");
        }
        // Environments that cannot be compressed.
        let status = Command::new("sh")
            .args([
                "-c",
                "X=$(head -c 6000 /dev/urandom | base64 -w0) exec env >/dev/null",
            ])
            .status();
        assert!(status.expect("sh runs").success());
    }
    let mut said = String::new();
    let mut messages = recorder.stderr.take().expect("its messages");
    messages.read_to_string(&mut said).expect("text");
    assert!(said.contains("ended by --max-size"), "{said}");
    assert!(std::fs::metadata(&file).expect("the file").len() <= 1 << 20);
    assert_eq!(exit_of(&saker(&["replay", &file, "--rules", RULES])), 0);
}
