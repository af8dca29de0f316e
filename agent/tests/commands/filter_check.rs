//! `saker filter check`.

use crate::run::{Folder, Outcome, run, run_with_input};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

fn answers(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.out.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn filters_of_the_command_line() {
    let outcome = run(&["filter", "check", "evt.type = open", "proc.name = cat"]);
    assert_eq!(outcome.code, Some(0));
    assert_eq!(
        outcome.out,
        "valid: evt.type = open\nvalid: proc.name = cat\n"
    );
    let outcome = run(&["filter", "check", "evt.type = open", "proc.nam = cat"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.out.contains("nonexistent field 'proc.nam'"),
        "{outcome:?}"
    );
    assert!(outcome.out.contains("^^^^^^^^"), "{outcome:?}");
    assert_eq!(
        run(&["filter", "check", "--parse-only", "proc.nam = cat"]).code,
        Some(0)
    );
    let none = run(&["filter", "check"]);
    assert_eq!(none.code, Some(2));
    assert!(none.errors.contains("--stdin"), "{none:?}");
    let both = run(&["filter", "check", "--stdin", "proc.name = a"]);
    assert_eq!(both.code, Some(2));
    assert_eq!(
        run(&["filter", "check", "--source", "none", "a"]).code,
        Some(2)
    );
}

#[test]
fn no_remedy_names_a_setting_that_is_not_heeded() {
    let deep = format!("{}proc.name = a{}", "(".repeat(30), ")".repeat(30));
    let outcome = run(&["filter", "check", &deep]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.out.contains("max depth limit of 100"),
        "{outcome:?}"
    );
    assert!(!outcome.out.contains("limits."), "{outcome:?}");
}

#[test]
fn one_answer_a_line_whatever_the_line_is() {
    let long = format!("\"{}\"\n", "x".repeat(5 << 20));
    let input = [
        b"\"proc.name = cat\"\n".as_slice(),
        b"\n",
        b"proc.name = cat\n",
        b"{\"filter\": 1}\n",
        b"\"\xff\"\n",
        b"\"\\ud800\"\n",
        b"\"a\" \"b\"\n",
        long.as_bytes(),
        b"\"proc.name = \\u0000\"\n",
        b"\"line\\nbreak\"\n",
        b"\"\"\n",
        b"\"proc.name = dog\"",
    ]
    .concat();
    let outcome = run_with_input(&["filter", "check", "--stdin"], &input);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let answers = answers(&outcome);
    let valid: Vec<bool> = answers.iter().map(|it| it["valid"] == true).collect();
    let mut wanted = vec![false; 12];
    wanted[0] = true;
    wanted[11] = true;
    assert_eq!(valid, wanted, "{}", outcome.out);
    for answer in &answers {
        assert_eq!(
            answer["valid"] == true,
            answer.get("error").is_none(),
            "{answer}"
        );
    }
}

#[test]
fn each_line_is_answered_before_the_next_is_written() {
    let mut child = Folder::new(&[])
        .command(&["filter", "check", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut input = child.stdin.take().expect("an input");
    let mut output = BufReader::new(child.stdout.take().expect("an output"));
    for (filter, valid) in [("proc.name = cat", true), ("proc.name", false)] {
        writeln!(input, "{}", Value::from(filter)).expect("it reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("an answer");
        let answer: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(answer["valid"], valid, "{line}");
    }
    drop(input);
    assert!(child.wait().expect("an end").success());
}

/// The cases of a file.
fn cases(name: &str) -> Option<Vec<Value>> {
    let path = saker_conformance::folder()?.join("cases").join(name);
    let text = fs::read_to_string(path).expect("the cases");
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect(),
    )
}

fn compare(cases: &[&Value], arguments: &[&str], key: &str) {
    assert!(cases.len() > 50, "{} cases", cases.len());
    let input: String = cases
        .iter()
        .map(|case| format!("{}\n", case["filter"]))
        .collect();
    let all = [&["filter", "check", "--stdin"], arguments].concat();
    let answers = answers(&run_with_input(&all, input.as_bytes()));
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(answer["valid"], case[key], "{case}\n{answer}");
    }
}

#[test]
fn falcos_parser_cases() {
    let Some(cases) = cases("filter_parser.jsonl") else {
        return;
    };
    compare(
        &cases.iter().collect::<Vec<_>>(),
        &["--parse-only"],
        "valid",
    );
}

#[test]
fn falcos_compiler_cases() {
    let Some(cases) = cases("filter_compile.jsonl") else {
        return;
    };
    // The fields `c.…` are made up for Falco's own tests.
    let real: Vec<&Value> = cases
        .iter()
        .filter(|case| case.get("compiles").is_some())
        .filter(|case| case["compiles"] == false || !case["filter"].to_string().contains("c.true"))
        .filter(|case| {
            case["compiles"] == false || !case["filter"].to_string().contains("c.buffer")
        })
        .collect();
    compare(&real, &[], "compiles");
}
