//! Any text: the lexer and parser of conditions, and their canonical text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_fuzz::{findings, tree};
use saker_rule_language::{SourceFile, event_types_of, parse_condition};

fuzz_target!(|text: &str| {
    let parsed = match parse_condition(text) {
        Ok(parsed) => parsed,
        Err(error) => return findings::inspect(&[*error], &[SourceFile::new("", text)]),
    };
    drop(event_types_of(&parsed));
    let canonical = parsed.to_string();
    if tree::prints_exactly(&parsed) {
        let again = parse_condition(&canonical)
            .unwrap_or_else(|error| panic!("{canonical:?} does not parse: {error}"));
        assert_eq!(
            tree::meaning(&again),
            tree::meaning(&parsed),
            "{canonical:?}"
        );
    }
});
