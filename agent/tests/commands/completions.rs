//! Completion scripts and help know every command.

use crate::run::run;

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
        ] {
            assert!(script.out.contains(word), "{shell}: {word}");
        }
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
