//! Completion scripts and help know every command.

use crate::run::{Folder, run};
use std::fs::File;
use std::process::Stdio;

#[test]
fn completion_scripts_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]);
        assert_eq!(script.code, Some(0));
        for word in [
            "rules",
            "check",
            "list",
            "fields",
            "events",
            "filter",
            "falco-json",
            "test",
            "bench",
            "explain",
            "parse-only",
            "junit",
            "certs",
            "collector-name",
        ] {
            assert!(script.out.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for arguments in [
        &["completions", "bash"][..],
        &["fields"],
        &["events", "--output", "json"],
    ] {
        let mut child = Folder::new(&[])
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    for arguments in [&["completions", "bash"][..], &["fields"]] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("a device");
        let output = Folder::new(&[])
            .command(arguments)
            .stdout(full)
            .output()
            .expect("the binary");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(
            errors.starts_with("saker: cannot write to standard output"),
            "{errors}"
        );
    }
}

#[test]
fn help_shows_examples_and_exit_codes() {
    for command in [
        &["rules", "check"][..],
        &["rules", "list"],
        &["fields"],
        &["events"],
        &["filter", "check"],
        &["certs"],
    ] {
        let help = run(&[command, &["--help"]].concat());
        assert_eq!(help.code, Some(0));
        for text in [
            "Examples:",
            "Exit codes:",
            &format!("saker {}", command.join(" ")),
        ] {
            assert!(help.out.contains(text), "{command:?}: {text}\n{}", help.out);
        }
    }
}
