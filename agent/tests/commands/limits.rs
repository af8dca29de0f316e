//! Hostile rules files: an error that names the limit and its setting, soon and with little memory.

use crate::run::{Folder, Outcome};
use std::time::{Duration, Instant};

/// A debug build on a busy machine may need some seconds; a stall takes minutes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A pattern that is short and has an automaton of several megabytes.
const HUGE: &str =
    "((ab|cd|ef|gh|ij|kl|mn|op|qr|st){1000}|(uv|wx){1000}|(yz|12|34|56|78|90){1000})";

/// Checks a file with at most a gigabyte of address space; the output must name the setting.
fn refused(folder: &Folder, setting: &str) -> Outcome {
    let started = Instant::now();
    let outcome = folder.run_small(&["rules", "check", "rules.yaml"]);
    let beginning: String = outcome.out.chars().take(2000).collect();
    assert_eq!(outcome.code, Some(2), "{beginning} {}", outcome.errors);
    assert!(
        beginning.contains(&format!("limits.{setting}")),
        "{setting}: {beginning}"
    );
    assert!(outcome.out.len() < 1 << 20, "{} bytes", outcome.out.len());
    assert!(
        started.elapsed() < PATIENCE,
        "{setting}: {:?}",
        started.elapsed()
    );
    outcome
}

fn refused_text(text: &str, setting: &str) -> Outcome {
    refused(&Folder::new(&[("rules.yaml", text)]), setting)
}

fn rule(condition: &str) -> String {
    format!("- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n")
}

#[test]
fn a_file_of_a_hundred_megabytes() {
    let folder = Folder::new(&[]);
    folder.write_sparse("rules.yaml", 100 << 20);
    refused(&folder, "file_bytes");
}

#[test]
fn a_file_without_an_end() {
    let folder = Folder::new(&[]);
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("rules.yaml")).expect("a link");
    refused(&folder, "file_bytes");
}

#[test]
fn nothing_but_commas() {
    for part in [",", "a,", "a: b,"] {
        let many = (8 << 20) / part.len() - 1;
        refused_text(&format!("[{}", part.repeat(many)), "yaml_nodes");
    }
}

#[test]
fn a_billion_laughs() {
    let mut text = String::from("- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let below = level - 1;
        let aliases = vec![format!("*a{below}"); 10].join(", ");
        text.push_str(&format!("- &a{level} [{aliases}]\n"));
    }
    refused_text(&text, "yaml_nodes");
}

#[test]
fn yaml_a_million_levels_deep() {
    refused_text(&"[".repeat(1_000_000), "yaml_depth");
    refused_text(&"{a: ".repeat(1_000_000), "yaml_depth");
}

#[test]
fn a_condition_a_million_levels_deep() {
    refused_text(&rule(&"(".repeat(1_000_000)), "condition_depth");
    let mut nested = String::from("evt.type = open");
    for _ in 0..400 {
        nested = format!("a.b exists and ({nested} or a.c exists)");
        if nested.len() > 100_000 {
            break;
        }
    }
    // Few enough parentheses for the parser, if it is told so, and too many levels for the tree.
    let folder = Folder::new(&[
        ("rules.yaml", &rule(&nested)),
        ("saker.yaml", "limits: {condition_depth: 100000}\n"),
    ]);
    let outcome = folder.run_small(&["rules", "check", "-c", "saker.yaml", "rules.yaml"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.out.contains("limits.tree_depth"),
        "{}",
        outcome.out.len()
    );
}

#[test]
fn a_giant_list() {
    let items: Vec<String> = (0..150_000).map(|number| format!("x{number}")).collect();
    let text = format!(
        "- list: l\n  items: [{}]\n{}",
        items.join(","),
        rule("proc.name in (l)")
    );
    refused_text(&text, "list_items");
}

#[test]
fn macros_that_grow() {
    let mut text = String::from("- macro: m0\n  condition: proc.name = x\n");
    for level in 1..40 {
        let below = level - 1;
        text.push_str(&format!(
            "- macro: m{level}\n  condition: m{below} or m{below} or m{below} or m{below}\n"
        ));
    }
    text.push_str(&rule("m39"));
    refused_text(&text, "condition_tests");
}

#[test]
fn a_giant_output() {
    let text =
        rule("evt.type = open").replace("output: o", &format!("output: {}", "o".repeat(100_000)));
    refused_text(&text, "output_bytes");
}

#[test]
fn giant_patterns() {
    let regex = |pattern: &str| {
        rule(&format!(
            "evt.type = open and proc.name regex \"{pattern}\""
        ))
    };
    refused_text(&regex(HUGE), "automaton_bytes");
    refused_text(&regex(&"(ab|cd)".repeat(4000)), "pattern_bytes");
    // The language itself permits a thousand repetitions, as RE2 does.
    let folder = Folder::new(&[("rules.yaml", &regex("(a{1000}){1000}"))]);
    let outcome = folder.run_small(&["rules", "check", "rules.yaml"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.out.contains("repeats more than 1000 times"),
        "{}",
        outcome.out
    );
}

#[test]
fn every_pattern_over_a_limit_is_reported() {
    let one = rule(&format!("evt.type = open and proc.name regex \"{HUGE}\""));
    let text = format!("{one}{}", one.replace("rule: r", "rule: s"));
    let outcome = refused_text(&text, "automaton_bytes");
    for name in ["'r'", "'s'"] {
        assert!(
            outcome.out.contains(&format!("in rule {name}")),
            "{}",
            outcome.out
        );
    }
}

#[test]
fn limits_are_settings() {
    let text = "- list: l\n  items: [a, b, c]\n- list: m\n  items: [d]\n- rule: r\n  desc: d\n  \
                condition: evt.type = open and proc.name in (l, m)\n  output: o\n  priority: INFO\n";
    let folder = Folder::new(&[("rules.yaml", text)]);
    let check = |limits: &str| {
        folder.write("saker.yaml", &format!("limits: {{{limits}}}\n"));
        folder.run(&["rules", "check", "--config", "saker.yaml", "rules.yaml"])
    };
    assert_eq!(check("").code, Some(0));
    assert_eq!(check("list_items: 3").code, Some(0));
    for setting in [
        "list_items: 2",
        "file_bytes: 10",
        "yaml_nodes: 5",
        "yaml_depth: 1",
        "items: 1",
    ] {
        let outcome = check(setting);
        let name = setting.split(':').next().unwrap_or_default();
        assert_eq!(outcome.code, Some(2), "{setting}");
        assert!(
            outcome.out.contains(&format!("limits.{name}")),
            "{setting}: {outcome:?}"
        );
    }
    for wrong in [
        "list_items: 0",
        "yaml_depth: 1000000",
        "list_item: 5",
        "list_items: -1",
    ] {
        let outcome = check(wrong);
        assert_eq!(outcome.code, Some(2), "{wrong}");
        assert_eq!(outcome.out, "", "{wrong}");
        let name = wrong.split(':').next().unwrap_or_default();
        assert!(outcome.errors.contains(name), "{wrong}: {outcome:?}");
    }
}

#[test]
fn run_obeys_the_limits() {
    let folder = Folder::new(&[
        ("rules.yaml", &rule("evt.type = open")),
        (
            "saker.yaml",
            "rules_files: [rules.yaml]\nlimits: {yaml_nodes: 3}\n",
        ),
    ]);
    let outcome = folder.run(&["run", "--config", "saker.yaml"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.errors.contains("limits.yaml_nodes"), "{outcome:?}");
    folder.write_sparse("rules.yaml", 100 << 20);
    let outcome = folder.run(&["run", "--config", "saker.yaml"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.errors.contains("limits.file_bytes"), "{outcome:?}");
}
