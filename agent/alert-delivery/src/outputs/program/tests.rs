use super::*;
use crate::outputs::tests::{batch, text_renderer};
use std::fs;
use std::num::NonZeroU32;
use std::time::Instant;

fn program(command_line: &str, keep_alive: bool, timeout_ms: u32) -> Program {
    let settings = ProgramSettings {
        program: command_line.to_owned(),
        keep_alive,
        timeout_ms: NonZeroU32::new(timeout_ms).expect("not zero"),
    };
    Program::new(&settings, text_renderer()).expect("a runtime")
}

#[test]
fn a_program_is_started_for_each_alert() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("seen");
    let command_line = format!("echo start >> {0}; cat >> {0}", path.display());
    let mut output = program(&command_line, false, 10_000);
    let progress = output.deliver(&batch(&["one", "two"]));
    assert!(progress.failure.is_none(), "{progress:?}");
    let seen = fs::read_to_string(&path).expect("it wrote");
    let seen: Vec<&str> = seen
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(seen, ["start", "one", "start", "two"]);
}

#[test]
fn a_program_that_is_kept_reads_all_and_ends_with_its_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("seen");
    let command_line = format!(
        "echo start >> {0}; cat >> {0}; echo end >> {0}",
        path.display()
    );
    let mut output = program(&command_line, true, 10_000);
    for _ in 0..3 {
        let progress = output.deliver(&batch(&["one", "two"]));
        assert_eq!(progress.delivered, 2, "{progress:?}");
    }
    output.end(Duration::from_secs(10));
    let seen = fs::read_to_string(&path).expect("it wrote");
    assert_eq!(seen.lines().filter(|line| *line == "start").count(), 1);
    assert_eq!(
        seen.lines().filter(|line| line.ends_with(" two")).count(),
        3
    );
    assert!(seen.ends_with("end\n"), "{seen}");
}

#[test]
fn nothing_of_an_alert_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hacked");
    let hostile = format!("$(touch {0}) `touch {0}`; touch {0}", path.display());
    let mut output = program("cat > /dev/null", false, 10_000);
    assert!(output.deliver(&batch(&[&hostile])).failure.is_none());
    assert!(!path.exists());
}

#[test]
fn a_program_that_fails_loses_one_alert() {
    let mut output = program("exit 3", false, 10_000);
    let progress = output.deliver(&batch(&["one", "two"]));
    assert_eq!(progress.delivered, 0);
    let Some(Failure::Reject(Loss::Failed, reason)) = progress.failure else {
        panic!("it is refused");
    };
    assert!(reason.contains("exit 3"), "{reason}");
}

#[test]
fn a_program_that_hangs_is_killed_with_what_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pid");
    let command_line = format!("sleep 1000 & echo $! > {}; wait", path.display());
    let mut output = program(&command_line, false, 500);
    let began = Instant::now();
    let progress = output.deliver(&batch(&["one"]));
    assert!(
        matches!(progress.failure, Some(Failure::Reject(..))),
        "{progress:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(20));
    let pid = fs::read_to_string(&path).expect("it began");
    let stat = format!("/proc/{}/stat", pid.trim());
    let deadline = Instant::now() + Duration::from_secs(10);
    // Whoever takes it over may not have looked at its end yet.
    while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "it still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_program_that_stops_reading_is_killed_and_tried_again() {
    let mut output = program("sleep 1000", true, 300);
    let large = "x".repeat(200_000);
    let progress = output.deliver(&batch(&[&large]));
    assert!(
        matches!(progress.failure, Some(Failure::Retry(_))),
        "{progress:?}"
    );
    assert!(output.running.is_none());
}

#[test]
fn a_program_that_ended_is_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("seen");
    let command_line = format!("head -n 1 >> {}", path.display());
    let mut output = program(&command_line, true, 10_000);
    let deadline = Instant::now() + Duration::from_secs(10);
    let seen = || {
        fs::read_to_string(&path)
            .unwrap_or_default()
            .lines()
            .count()
    };
    for number in 1..=3 {
        while seen() < number {
            assert!(Instant::now() < deadline, "it is not started again");
            // Fails where the pipe was closed, and is tried again.
            output.deliver(&batch(&["one"]));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
