//! Reads the conformance data and keeps the score.

use std::fs;

use serde_json::Value;

use crate::declined::DECLINED;

/// The text of one file of the data.
pub(crate) fn read(name: &str) -> Option<String> {
    let path = saker_conformance::folder()?.join(name);
    Some(fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Runs every case of a file that `select` takes. `check` says what is wrong with a case.
pub(crate) fn run(
    name: &str,
    select: impl Fn(&Value) -> bool,
    check: impl Fn(&Value) -> Result<(), String>,
) {
    let Some(text) = read(&format!("cases/{name}.jsonl")) else {
        return;
    };
    let cases: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case is one JSON object a line"))
        .collect();
    let selected: Vec<&Value> = cases.iter().filter(|case| select(case)).collect();
    let (mut passed, mut declined, mut failures) = (0, 0, Vec::new());
    for case in &selected {
        let source = case["source"].as_str().expect("a case names its source");
        let reason = DECLINED
            .iter()
            .find(|(file, key, _)| *file == name && *key == source);
        match (check(case), reason) {
            (Ok(()), None) => passed += 1,
            (Err(_), Some(_)) => declined += 1,
            (Ok(()), Some(_)) => failures.push(format!("{source}: declined, but passes")),
            (Err(message), None) => failures.push(format!("{source}: {message}")),
        }
    }
    println!(
        "{name}: {passed} passed, {} failed, {declined} declined, {} of other concerns",
        failures.len(),
        cases.len() - selected.len()
    );
    assert!(!selected.is_empty(), "{name}: no cases");
    assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
}
