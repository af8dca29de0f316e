//! Rules `test_*`.

use saker_rego_policies::{Limits, Outcome, PolicySet, Syntax, TestRun, Value, run_tests};
use std::time::Duration;

const TEXT: &str = r#"package p
deny contains "a shell" if input.proc.name == "sh"
deny contains "never" if input.never

test_shell_is_denied if {
    deny["a shell"] with input as {"proc": {"name": "sh"}}
}
test_cluster if {
    data.kubernetes.pods.shop.web with data.kubernetes.pods as {"shop": {"web": {}}}
}
test_wrong if count(deny) == 7 with input as {}
test_endless if {
    print("before")
    n := numbers.range(1, 60000)
    count([1 | some a in n; some b in n; a < b]) < 0
}
todo_test_later if false
"#;

fn run(filter: Option<&str>, coverage: bool) -> saker_rego_policies::TestReport {
    let set = PolicySet::of_texts([("p.rego", TEXT)], Syntax::V1, Limits::default());
    let run = TestRun {
        filter,
        time: Duration::from_millis(200),
        coverage,
        kubernetes: Value::new_object(),
    };
    run_tests(&set.expect("loads"), &run).expect("runs")
}

#[test]
fn each_test_has_an_outcome() {
    let report = run(None, false);
    let outcome = |name: &str| {
        let found = report
            .results
            .iter()
            .find(|result| result.name.ends_with(name));
        found.unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(report.results.len(), 5);
    assert_eq!(outcome(".test_shell_is_denied").outcome, Outcome::Passed);
    assert_eq!(outcome(".test_cluster").outcome, Outcome::Passed);
    assert_eq!(outcome(".test_wrong").outcome, Outcome::Failed);
    assert_eq!(outcome(".test_wrong").place.line, 11);
    let endless = outcome(".test_endless");
    assert!(matches!(&endless.outcome, Outcome::Error(why) if why.contains("longer than")));
    assert!(endless.prints[0].contains("before"), "{:?}", endless.prints);
    assert_eq!(outcome(".todo_test_later").outcome, Outcome::Skipped);
}

#[test]
fn a_filter_chooses() {
    let report = run(Some("shell"), false);
    assert_eq!(report.results.len(), 1);
}

#[test]
fn coverage_names_lines() {
    let report = run(Some("shell"), true);
    let files = report.coverage.expect("asked for");
    assert!(files[0].covered.contains(&2), "{files:?}");
    assert!(files[0].not_covered.contains(&11), "{files:?}");
}
