//! Any text as an output template, and what it prints for an event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_fuzz::findings;
use saker_fuzz::scene::{FIELDS, with_open};
use saker_rule_engine::{ContextEvent, PathView};
use saker_rule_fields::SYSCALL_SOURCE;
use saker_rule_language::{OnMissing, SourceFile, check_template};

fuzz_target!(|text: &str| {
    let template = match check_template(text, SYSCALL_SOURCE, &*FIELDS) {
        Ok(template) => template,
        Err(error) => return findings::inspect(&[*error], &[SourceFile::new("", text)]),
    };
    with_open(|context| {
        let event = ContextEvent::new(&FIELDS, context);
        for view in [PathView::Requested, PathView::Resolved] {
            let output = saker_alert::render(&template, &event, view);
            if let Some(output) = &output {
                assert!(!output.contains(char::is_control), "{output:?}");
            }
            assert!(output.is_some() || template.on_missing == OnMissing::Omit);
            drop(saker_alert::fields(&template, &event, view, 0));
        }
    });
});
