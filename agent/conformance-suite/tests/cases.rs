//! Falco's cases.

use saker_conformance_suite::{DOCUMENT, Detail, Folder, Suite, parse_declined};

#[test]
fn every_case_comes_out_as_in_falco() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let suite = Suite::new(Folder::new(folder), parse_declined(DOCUMENT)).unwrap();
    let report = suite.run(None).unwrap();
    let text = report.text(Detail::Failures);
    println!("{text}");
    assert!(report.is_clean(), "{text}");
}
