//! Alerts on captures: rules, a capture, and how often which rule fires.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use saker_alert::{Alert, Clock, Colour, Node, Occurrence, TextRenderer, TimeFormat};
use saker_capture_replay::{Options, Replay};
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::Fields;
use saker_rule_language::{
    CheckedRuleSet, LoadOptions, Priority, Selection, SelectionAction, SelectionTarget, SourceFile,
    load,
};
use serde_json::Value;

use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;
use crate::world;

/// Options of Falco's that say how alerts are printed, which cases do not look at.
const PRINTING: [&str; 3] = [
    "json_include_output_property",
    "json_include_tags_property",
    "time_format_iso_8601",
];

/// What the exit code of Falco stands for.
const SUCCESS: u64 = 0;

/// `capture_detection_falco_testing`: `{rules, capture, expect_…}`.
pub(crate) fn check(suite: &Suite, case: &Case) -> Outcome {
    check_options(case)?;
    let played = play(suite, case);
    let exit_code = u64::from(played.is_err());
    let wanted = case.get("exit_code").as_u64().unwrap_or(SUCCESS);
    if exit_code != wanted {
        let got = played.err().unwrap_or_else(|| "success".to_owned());
        return Err(Mismatch::new(format!("exit code {wanted}"), got));
    }
    match played {
        Ok(alerts) => compare(suite, case, &alerts),
        Err(_) => Ok(()),
    }
}

/// Whether the data have every capture of a case.
pub(crate) fn has_captures(case: &Case) -> bool {
    let mut captures = elements(case.get("capture")).iter();
    captures.all(|capture| capture["file"].is_string())
}

/// Refuses options that the suite does not know: a case that was run without them proves nothing.
fn check_options(case: &Case) -> Outcome {
    let texts = strings(case.get("args"));
    for setting in texts.iter().filter(|text| **text != "-o") {
        let name = setting.split('=').next().unwrap_or_default();
        if !PRINTING.contains(&name) {
            return Err(Mismatch::new("an option that the suite knows", setting));
        }
    }
    Ok(())
}

fn play(suite: &Suite, case: &Case) -> Result<Vec<Alert>, String> {
    let rules = rules(suite, case)?;
    let options = Options {
        hostname: Some("test-falco-hostname".to_owned()),
        ..Options::default()
    };
    let mut alerts = Vec::new();
    for capture in elements(case.get("capture")) {
        let file = capture["file"].as_str().unwrap_or_default();
        let path = suite.folder.path().join(file);
        let mut replay = Replay::open(&path, &options).map_err(|error| error.to_string())?;
        let node = Node {
            hostname: "".into(),
            boot_id: "".into(),
        };
        let mut evaluation = Evaluation::new();
        let played = replay.for_each(|context| {
            let event = rules.event(context);
            for found in rules.evaluate(&event, &mut evaluation) {
                let occurrence = Occurrence::of(context);
                let rule = rules.rule(found.rule);
                alerts.extend(
                    rule.map(|rule| Alert::compose(&node, rule, &event, found.view, &occurrence)),
                );
            }
            ControlFlow::<()>::Continue(())
        });
        played.map_err(|error| error.to_string())?;
    }
    Ok(alerts)
}

/// The rules of a case, with the options of its command line.
fn rules(suite: &Suite, case: &Case) -> Result<RuleSet, String> {
    let mut files = Vec::new();
    for file in elements(case.get("rules")) {
        let name = file["name"].as_str().unwrap_or("rules.yaml");
        let text = file["yaml"].as_str().unwrap_or_default();
        files.push(match text.strip_prefix('@') {
            Some(path) => {
                let text = suite.folder.text(path).map_err(|it| format!("{it:#}"))?;
                SourceFile::new(name, &text)
            }
            None => SourceFile::new(name, text),
        });
    }
    let loaded = load(&files, &Fields::new(), &LoadOptions::default());
    let mut checked = loaded
        .rules
        .ok_or_else(|| super::listing(&loaded.diagnostics))?;
    select(&mut checked, case);
    let minimum_priority = strings(case.get("min_priority"))
        .first()
        .map(|name| name.parse::<Priority>())
        .transpose()
        .map_err(|error| format!("{error:?}"))?;
    let options = CompileOptions {
        minimum_priority,
        ..CompileOptions::default()
    };
    RuleSet::compile(&checked, &options).map_err(|error| error.to_string())
}

/// Turns rules on and off as `-t`, `-T` and `-D` of Falco do.
fn select(rules: &mut CheckedRuleSet, case: &Case) {
    let mut selections = Vec::new();
    let mut add = |action, target| selections.push(Selection { action, target });
    let enabled = strings(case.get("enabled_tags"));
    if !enabled.is_empty() {
        add(SelectionAction::Disable, SelectionTarget::Rule("*".into()));
    }
    for tag in enabled {
        add(SelectionAction::Enable, SelectionTarget::Tag(tag.into()));
    }
    for tag in strings(case.get("disabled_tags")) {
        add(SelectionAction::Disable, SelectionTarget::Tag(tag.into()));
    }
    for name in strings(case.get("disabled_rules")) {
        let pattern = format!("*{name}*");
        let target = SelectionTarget::Rule(pattern.into());
        add(SelectionAction::Disable, target);
    }
    rules.select(&selections);
}

fn compare(suite: &Suite, case: &Case, alerts: &[Alert]) -> Outcome {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for alert in alerts {
        *counts.entry(&alert.rule).or_default() += 1;
    }
    let wanted = case.get("expect_rule_counts").as_object();
    for (rule, wanted) in wanted.into_iter().flatten() {
        let found = counts.get(rule.as_str()).copied().unwrap_or(0);
        if wanted.as_u64() != Some(found) {
            let wanted = format!("{wanted} alerts of {rule}");
            return Err(Mismatch::new(wanted, found));
        }
    }
    for rule in strings(case.get("expect_zero_rules")) {
        if let Some(found) = counts.get(rule) {
            return Err(Mismatch::new(format!("no alert of {rule}"), found));
        }
    }
    let total = alerts.len();
    if let Some(wanted) = case.get("expect_total").as_u64()
        && u64::try_from(total).ok() != Some(wanted)
    {
        return Err(Mismatch::new(format!("{wanted} alerts"), total));
    }
    if case.get("expect_some") == true && total == 0 {
        return Err(Mismatch::new("some alerts", total));
    }
    if case.get("expect_none") == true && total > 0 {
        return Err(Mismatch::new("no alert", total));
    }
    for priority in elements(case.get("expect_priority")) {
        let name = priority.as_str().unwrap_or_default();
        let is_of = |alert: &Alert| name.parse() == Ok(alert.priority);
        if !alerts.iter().any(is_of) {
            return Err(Mismatch::new(format!("an alert of priority {name}"), total));
        }
    }
    let test = case.text("test")?;
    match world::output_of(test) {
        Ok(Some(file)) => compare_lines(suite, file, alerts),
        Ok(None) => Ok(()),
        Err(error) => Err(Mismatch::new("settings of the suite", error)),
    }
}

/// Every line of a file must be printed.
fn compare_lines(suite: &Suite, file: &str, alerts: &[Alert]) -> Outcome {
    let text = suite.folder.text(file);
    let wanted = text.map_err(|error| Mismatch::new(file, format!("{error:#}")))?;
    let renderer = TextRenderer::new(Clock::utc(TimeFormat::Iso8601), Colour::Never);
    let printed: Vec<String> = alerts.iter().map(|alert| renderer.line(alert)).collect();
    let lines: Vec<&str> = wanted.lines().collect();
    let is_printed = |line: &&&str| printed.iter().any(|it| it == **line);
    let found = lines.iter().filter(is_printed).count();
    if found == lines.len() {
        return Ok(());
    }
    let wanted = format!("the {} lines of {file}", lines.len());
    Err(Mismatch::new(wanted, format!("{found} of them")))
}

/// The texts of a list; each may be several Go string literals with commas between them.
fn strings(value: &Value) -> Vec<&str> {
    elements(value)
        .iter()
        .filter_map(Value::as_str)
        .flat_map(|text| text.split(','))
        .map(|text| text.trim().trim_matches('"'))
        .filter(|text| !text.is_empty())
        .collect()
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
