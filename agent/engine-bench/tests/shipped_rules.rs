//! The stream is that of an ordinary node: the rules that ship with Saker find next to nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use saker_engine_bench::{Node, Shape, Stream, generated_rules};
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, SourceFile, load};

const EVENTS: usize = 50_000;

fn compiled(sources: &[SourceFile]) -> RuleSet {
    let loaded = load(sources, &Fields::new(), &LoadOptions::default());
    let checked = loaded.rules.expect("rules without errors");
    RuleSet::compile(&checked, &CompileOptions::default()).expect("rules within the limits")
}

/// How often each rule fires.
fn matches(rules: &RuleSet) -> BTreeMap<String, usize> {
    let mut stream = Stream::new(&Shape::default());
    let mut node = Node::new(&stream).expect("well-formed records");
    let mut evaluation = Evaluation::new();
    let mut matches = BTreeMap::new();
    for record in stream.by_ref().take(EVENTS) {
        node.take(&record, |context| {
            let event = rules.event(context);
            for found in rules.evaluate(&event, &mut evaluation) {
                let rule = rules.rule(found.rule).expect("a rule of the set");
                *matches.entry(rule.name.to_string()).or_default() += 1;
            }
        })
        .expect("a well-formed record");
    }
    matches
}

#[test]
fn shipped_rules_find_next_to_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the shipped rules")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    let sources: Vec<SourceFile> = paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a rules file");
            SourceFile::new(&path.display().to_string(), &text)
        })
        .collect();
    let matches = matches(&compiled(&sources));
    let count: usize = matches.values().sum();
    assert!(count * 1_000 <= EVENTS, "{matches:?}");
}

#[test]
fn generated_rules_find_nothing() {
    let source = SourceFile::new("generated.yaml", &generated_rules(400));
    assert_eq!(matches(&compiled(&[source])), BTreeMap::new());
}
