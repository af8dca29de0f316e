//! Alerts on a capture, as they are printed, held against what Falco printed.
//!
//! The expected lines are of a time when rules saw the enter of a call and its exit. Since Falco 0.42
//! they see the exit alone, so every second line is left.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use saker_alert::{
    Alert, Clock, Colour, JsonKeys, JsonRenderer, Node, Occurrence, Presence, TextRenderer,
    TimeFormat,
};
use saker_capture_replay::{Options, Replay};
use saker_conformance_suite::{DOCUMENT, Folder, Suite, parse_declined};
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, SourceFile, load};

/// The test whose rules the expected lines are about.
const TEST: &str = "TestFalco_Legacy_StdoutOutputStrict";

/// What its JSON was printed with, beside the text.
const TAGS: &str = "priority: WARNING\n  tags: [filesystem, process, testing]";

fn alerts(folder: &Path, rules: &str) -> Vec<Alert> {
    let loaded = load(
        &[SourceFile::new("rules.yaml", rules)],
        &Fields::new(),
        &LoadOptions::default(),
    );
    let rules = RuleSet::compile(&loaded.rules.unwrap(), &CompileOptions::default()).unwrap();
    let node = Node {
        hostname: "test-falco-hostname".into(),
        boot_id: "".into(),
    };
    let path = folder.join("scap/cat_write.scap");
    let mut replay = Replay::open(&path, &Options::default()).unwrap();
    let mut evaluation = Evaluation::new();
    let mut alerts = Vec::new();
    replay
        .for_each(|context| {
            let event = rules.event(context);
            for found in rules.evaluate(&event, &mut evaluation) {
                let rule = rules.rule(found.rule).unwrap();
                let occurrence = Occurrence::of(context);
                alerts.push(Alert::compose(&node, rule, &event, found.view, &occurrence));
            }
            ControlFlow::<()>::Continue(())
        })
        .unwrap();
    alerts
}

/// The rules file of the test.
fn rules(folder: &Path) -> String {
    let cases = Folder::new(folder)
        .cases("capture_detection_falco_testing")
        .unwrap();
    let case = cases.iter().find(|case| case.get("test") == TEST).unwrap();
    case.get("rules")[0]["yaml"].as_str().unwrap().to_owned()
}

/// The lines of the exits among those of a file.
fn lines_of_exits(folder: &Path, file: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    text.lines().skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn text_is_byte_for_byte_that_of_falco() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let renderer = TextRenderer::new(Clock::utc(TimeFormat::Iso8601), Colour::Never);
    let alerts = alerts(&folder, &rules(&folder));
    let printed: Vec<String> = alerts.iter().map(|alert| renderer.line(alert)).collect();
    let wanted = lines_of_exits(&folder, "scap/single_rule_with_cat_write.txt");
    assert_eq!(printed, wanted);
    assert_eq!(printed.len(), 4);
}

#[test]
fn json_without_the_id_is_byte_for_byte_that_of_falco() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let keys = JsonKeys {
        id: Presence::Hidden,
        ..JsonKeys::default()
    };
    let renderer = JsonRenderer::new(Clock::utc(TimeFormat::Iso8601), keys);
    let rules = rules(&folder).replace("priority: WARNING", TAGS);
    let alerts = alerts(&folder, &rules);
    let printed: Vec<String> = alerts.iter().map(|alert| renderer.line(alert)).collect();
    let wanted = lines_of_exits(&folder, "scap/single_rule_with_cat_write.json");
    assert_eq!(printed, wanted);
    assert_eq!(printed.len(), 4);
}

#[test]
fn where_enters_were_counted_there_is_exactly_the_half() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let suite = Suite::new(Folder::new(folder), parse_declined(DOCUMENT)).unwrap();
    let report = suite.run(Some("capture_detection_falco_testing")).unwrap();
    let declined = &report.files[0].declined;
    let of_enters = declined.iter().filter(|finding| {
        let reason = finding.reason.as_deref().unwrap_or_default();
        reason.starts_with("It counts the enter")
    });
    let first_number = |text: &str| -> u32 {
        let number = text.split(|it: char| !it.is_ascii_digit());
        number.flat_map(str::parse).next().unwrap()
    };
    let mut cases = 0;
    for finding in of_enters {
        let (wanted, found) = (first_number(&finding.expected), first_number(&finding.got));
        assert_eq!(wanted, 2 * found, "{finding:?}");
        cases += 1;
    }
    assert!(cases > 0, "no such case: take the rows out");
}
