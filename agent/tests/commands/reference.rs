//! `saker fields` and `saker events`.

use crate::run::{Folder, run};
use std::io::Read;
use std::process::Stdio;

#[test]
fn all_about_a_field() {
    let outcome = run(&["fields", "fd.name"]);
    assert_eq!(outcome.code, Some(0));
    for text in [
        "fd.name\n",
        "type text",
        "startswith",
        "example fd.name",
        "values yes",
    ] {
        // Columns are as wide as their widest cell.
        let words: Vec<&str> = outcome
            .out
            .split([' ', '\t'])
            .filter(|word| !word.is_empty())
            .collect();
        assert!(words.join(" ").contains(text), "{text}: {}", outcome.out);
    }
}

#[test]
fn a_field_is_found_with_its_argument() {
    for name in ["evt.arg.flags", "evt.arg[flags]", "evt.arg"] {
        assert!(
            run(&["fields", name]).out.starts_with("evt.arg\n"),
            "{name}"
        );
    }
    assert!(
        run(&["fields", "proc.aname[2]"])
            .out
            .starts_with("proc.aname\n")
    );
}

#[test]
fn a_beginning_gives_several_fields() {
    let all = run(&["fields", "--output", "json"]).json();
    let some = run(&["fields", "--output", "json", "proc"]).json();
    let count = |list: &serde_json::Value| list["fields"].as_array().map_or(0, Vec::len);
    assert!(count(&some) > 20 && count(&some) < count(&all));
    for field in some["fields"].as_array().expect("fields") {
        assert!(field["name"].as_str().expect("a name").starts_with("proc."));
        assert_eq!(
            field["values"] == "yes",
            field["reason"].is_null(),
            "{field}"
        );
    }
}

#[test]
fn a_source_has_its_own_fields() {
    let audit = run(&["fields", "--output", "json", "--source", "k8s_audit"]).json();
    let names: Vec<&str> = audit["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .filter_map(|field| field["name"].as_str())
        .collect();
    assert!(names.contains(&"ka.verb") && names.contains(&"json.value"));
    assert!(!names.contains(&"proc.name"), "{names:?}");
    let outcome = run(&["fields", "--source", "k8s_audit", "proc.name"]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.out);
    assert!(
        run(&["fields", "ka.verb"])
            .out
            .contains("source     k8s_audit")
    );
}

#[test]
fn a_field_that_somebody_has_to_tell_says_who() {
    let container = run(&["fields", "--output", "json", "container.image"]).json();
    let field = &container["fields"][0];
    assert_eq!(field["values"], "yes", "{field}");
    assert_eq!(field["told_by"], "the container's runtime", "{field}");
    let text = run(&["fields", "container.image"]).out;
    assert!(
        text.contains("values     as the container's runtime tells"),
        "{text}"
    );
}

#[test]
fn every_field_of_the_list_can_be_asked_for() {
    let all = run(&["fields", "--output", "json"]).json();
    let table = run(&["fields"]).out;
    for field in all["fields"].as_array().expect("fields") {
        let name = field["name"].as_str().expect("a name");
        assert!(table.contains(&format!("  {name}")), "{name}");
        let operators = field["operators"].as_array().expect("operators");
        assert_eq!(
            operators.is_empty(),
            field["conditions"] == false,
            "{field}"
        );
    }
}

/// Of each source one field of each type and plurality.
#[test]
fn examples_compile() {
    let folder = Folder::new(&[]);
    for (source, least) in [("syscall", 8), ("flow", 5)] {
        let all = run(&["fields", "--source", source, "--output", "json"]).json();
        let mut filters = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for field in all["fields"].as_array().expect("fields") {
            let kind = (field["type"].to_string(), field["plurality"].to_string());
            if field["conditions"] == false || !seen.insert(kind) {
                continue;
            }
            let name = field["name"].as_str().expect("a name");
            let out = folder.run(&["fields", name]).out;
            let example = out
                .lines()
                .find_map(|line| line.trim_start().strip_prefix("example"));
            filters.push(example.expect("an example").trim().to_owned());
        }
        assert!(filters.len() > least, "{filters:?}");
        let filters = filters.iter().map(String::as_str);
        let arguments: Vec<&str> = ["filter", "check", "--source", source]
            .into_iter()
            .chain(filters.filter(|it| !it.contains("[key]")))
            .collect();
        let outcome = folder.run(&arguments);
        assert_eq!(outcome.code, Some(0), "{}", outcome.out);
    }
}

#[test]
fn unknown_names_are_errors_with_suggestions() {
    for (arguments, suggestion) in [
        (["fields", "proc.nam_"], "'proc.name'"),
        (["events", "opnat"], "'openat'"),
        (["fields", "zzz"], "`saker fields` lists all"),
        (["fields", ""], "`saker fields` lists all"),
    ] {
        let outcome = run(&arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.errors.contains(suggestion), "{outcome:?}");
        assert_eq!(outcome.out, "");
    }
    let outcome = run(&["fields", "--source", "nothing"]);
    assert_eq!(outcome.code, Some(2));
}

#[test]
fn the_markdown_pages_are_those_of_the_documentation() {
    for page in ["fields", "events"] {
        let markdown = run(&[page, "--output", "markdown"]);
        assert_eq!(markdown.out, run(&["docs", page]).out);
        assert!(markdown.out.starts_with("<!-- Generated"));
    }
    let part = run(&["fields", "--output", "markdown", "fd.name"]).out;
    assert!(part.starts_with("| field | type |"), "{part}");
}

#[test]
fn all_about_an_event() {
    let outcome = run(&["events", "openat"]);
    for text in [
        "openat\n",
        "the end of the system call",
        "flags",
        "OpenFlags",
        "file_path +",
    ] {
        assert!(outcome.out.contains(text), "{text}: {}", outcome.out);
    }
    assert!(run(&["events", "execve"]).out.contains("a hook of its own"));
}

#[test]
fn events_that_never_occur_say_so() {
    let outcome = run(&["events", "bdflush"]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.out.contains("it never occurs"), "{outcome:?}");
    let reported = run(&["events", "-o", "json"]).json();
    let all = run(&["events", "--all", "-o", "json"]).json();
    let names = |list: &serde_json::Value| list["events"].as_array().expect("events").len();
    assert!(names(&all) > names(&reported));
    for event in all["events"].as_array().expect("events") {
        assert_eq!(
            event["reported"] == true,
            event["hook"].is_string(),
            "{event}"
        );
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = Folder::new(&[])
        .command(&["fields"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    drop(child.stdout.take());
    let mut errors = String::new();
    child
        .stderr
        .take()
        .expect("errors")
        .read_to_string(&mut errors)
        .expect("text");
    assert!(child.wait().expect("an end").success(), "{errors}");
    assert_eq!(errors, "");
}
