//! Any text as one rules file or two: the YAML reader, the loader and how diagnostics are shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_fuzz::findings;
use saker_fuzz::scene::FIELDS;
use saker_rule_engine::{CompileError, CompileOptions, RuleSet};
use saker_rule_language::{Limits, LoadOptions, Severity, SourceFile, load};

/// The line between the first file and the second.
const NEXT_FILE: &str = "\n# next file\n";

fuzz_target!(|text: &str| {
    let files: Vec<SourceFile> = text
        .splitn(2, NEXT_FILE)
        .zip(["first.yaml", "second.yaml"])
        .map(|(text, name)| SourceFile::new(name, text))
        .collect();
    let loaded = load(&files, &*FIELDS, &options());
    findings::inspect(&loaded.diagnostics, &files);
    let has_error = loaded
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(loaded.rules.is_none(), has_error);
    if let Some(rules) = loaded.rules
        && let Err(error) = RuleSet::compile(&rules, &CompileOptions::default())
    {
        assert!(matches!(error, CompileError::Pattern { .. }), "{error:?}");
    }
});

/// Bounds low enough for the fuzzer to reach them.
fn options() -> LoadOptions {
    LoadOptions {
        limits: Limits {
            file_bytes: 4000,
            yaml_nodes: 2000,
            list_items: 200,
            condition_bytes: 8000,
            condition_depth: 200,
            tree_depth: 60,
            condition_tests: 200,
            condition_literals: 400,
            set_size: 1000,
            output_bytes: 1000,
            items: 60,
            diagnostics: 40,
            ..Limits::default()
        },
        ..LoadOptions::default()
    }
}
