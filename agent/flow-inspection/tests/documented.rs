//! `docs/flows.md` has every word that rules may compare.

use std::fs;
use std::path::Path;

use saker_flow_inspection::{ClientAuth, Confidence, Reason, SecurityClass};

#[test]
fn every_word_is_described() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flows.md");
    let page = fs::read_to_string(page).unwrap();
    let words = SecurityClass::ALL
        .iter()
        .map(|class| class.name())
        .chain(Confidence::ALL.iter().map(|confidence| confidence.name()))
        .chain(Reason::ALL.iter().map(|reason| reason.name()))
        .chain(ClientAuth::ALL.iter().map(|client_auth| client_auth.name()));
    for word in words {
        assert!(
            page.contains(&format!("\n| `{word}` | ")),
            "{word} has no row"
        );
    }
}
