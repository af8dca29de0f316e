//! `saker rules list`: which rules there are.

use super::layout::{Table, visible};
use super::{InputError, print, print_json};
use crate::cli::{ReportFormat, RulesListArgs};
use crate::config::RulesConfig;
use crate::output::stderr_color;
use crate::rules::{CheckedRules, count};
use saker_rule_language::{CheckedRule, CheckedRuleSet, EventTypeSet, did_you_mean, nearest};
use serde::Serialize;
use std::collections::BTreeSet;
use std::process::ExitCode;

/// Event types that a line of the table names; of more, how many there are.
const EVENTS_SHOWN: usize = 4;

/// One rule, as JSON shows it.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    description: &'a str,
    priority: String,
    source: &'a str,
    enabled: bool,
    tags: Vec<&'a str>,
    /// Types of events that can match; `None` for all of them.
    event_types: Option<Vec<&'a str>>,
    /// Where `event_types` is `None`: types that cannot match.
    event_types_excluded: Vec<&'a str>,
    file: &'a str,
    condition: &'a str,
    output: &'a str,
}

#[derive(Serialize)]
struct List<'a> {
    rules: Vec<Entry<'a>>,
}

/// Loads the rules and prints those that were asked for.
pub(crate) fn run(arguments: &RulesListArgs) -> anyhow::Result<ExitCode> {
    if let Some(source) = &arguments.source {
        InputError::check_source(source)?;
    }
    let config = RulesConfig::build(arguments.config.as_deref(), &arguments.paths)?;
    let loaded = CheckedRules::load(&config.rules, &config.limits.language, stderr_color())?;
    let wanted: Vec<&CheckedRule> = loaded
        .rules
        .rules
        .iter()
        .filter(|rule| is_wanted(rule, arguments))
        .collect();
    if wanted.is_empty() {
        eprintln!("{}", visible(&nothing_fits(arguments, &loaded.rules.rules)));
    }
    match arguments.output {
        ReportFormat::Json => print_json(&List {
            rules: wanted
                .into_iter()
                .map(|rule| entry(rule, &loaded.rules))
                .collect(),
        })?,
        ReportFormat::Text if arguments.long => print(&long(&wanted))?,
        ReportFormat::Text => print(&table(&wanted))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn is_wanted(rule: &CheckedRule, arguments: &RulesListArgs) -> bool {
    let tagged = |tag: &String| rule.tags.iter().any(|own| **own == **tag);
    let source = arguments.source.as_deref();
    (arguments.tag.is_empty() || arguments.tag.iter().any(tagged))
        && source.is_none_or(|source| *rule.source == *source)
}

/// Says that no rule was asked for that is there, and what may have been meant.
fn nothing_fits(arguments: &RulesListArgs, rules: &[CheckedRule]) -> String {
    if rules.is_empty() {
        return "saker: the rules files hold no rule".to_owned();
    }
    let mut asked = Vec::new();
    let mut remedies = Vec::new();
    for tag in &arguments.tag {
        asked.push(format!("tag '{tag}'"));
        let tags = rules.iter().flat_map(|rule| &rule.tags);
        let tags: BTreeSet<&str> = tags.map(|tag| &**tag).collect();
        if !tags.contains(&**tag) {
            remedies.extend(did_you_mean(&nearest(tag, tags.into_iter())));
        }
    }
    let tags = asked.join(" or ");
    let source = arguments
        .source
        .as_ref()
        .map(|source| format!("source '{source}'"));
    let asked: Vec<String> = [Some(tags).filter(|tags| !tags.is_empty()), source]
        .into_iter()
        .flatten()
        .collect();
    let remedy: String = remedies
        .iter()
        .map(|remedy| format!("; {remedy}"))
        .collect();
    format!("saker: no rule has {}{remedy}", asked.join(" and "))
}

fn entry<'a>(rule: &'a CheckedRule, set: &'a CheckedRuleSet) -> Entry<'a> {
    let (event_types, excluded) = match &rule.event_types {
        EventTypeSet::Only(names) => (Some(names.iter().map(|it| &**it).collect()), Vec::new()),
        EventTypeSet::Except(names) => (None, names.iter().map(|it| &**it).collect()),
    };
    let file = usize::try_from(rule.span.file.0)
        .ok()
        .and_then(|index| set.files.get(index));
    Entry {
        name: &rule.name,
        description: &rule.description,
        priority: rule.priority.to_string(),
        source: &rule.source,
        enabled: rule.enabled,
        tags: rule.tags.iter().map(|tag| &**tag).collect(),
        event_types,
        event_types_excluded: excluded,
        file: file.map_or("", |file| &file.name),
        condition: &rule.condition_text,
        output: &rule.output.text,
    }
}

fn table(rules: &[&CheckedRule]) -> String {
    let mut table = Table::default();
    table.row(["RULE", "PRIORITY", "SOURCE", "ENABLED", "EVENTS", "TAGS"]);
    for rule in rules {
        table.row([
            rule.name.to_string(),
            rule.priority.to_string(),
            rule.source.to_string(),
            yes_or_no(rule.enabled).to_owned(),
            events(&rule.event_types, EVENTS_SHOWN),
            rule.tags.join(","),
        ]);
    }
    let mut text = String::new();
    table.write(&mut text, 0);
    text.push_str(&format!("\n{}\n", count(rules.len(), "rule")));
    text
}

fn long(rules: &[&CheckedRule]) -> String {
    let mut text = String::new();
    for rule in rules {
        text.push_str(&format!("{}\n", visible(&rule.name)));
        let mut table = Table::default();
        table.row(["description", &rule.description]);
        table.row(["priority".to_owned(), rule.priority.to_string()]);
        table.row(["source", &rule.source]);
        table.row(["enabled", yes_or_no(rule.enabled)]);
        table.row(["tags".to_owned(), rule.tags.join(", ")]);
        table.row(["events".to_owned(), events(&rule.event_types, usize::MAX)]);
        table.write(&mut text, 2);
        text.push('\n');
    }
    text.push_str(&format!("{}\n", count(rules.len(), "rule")));
    text
}

fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// The names of event types, as far as there is room.
fn events(types: &EventTypeSet, shown: usize) -> String {
    let names = |names: &BTreeSet<std::sync::Arc<str>>| {
        let mut text: Vec<&str> = names.iter().take(shown).map(|name| &**name).collect();
        let more = names.len().saturating_sub(shown);
        let rest = format!("+{more}");
        if more > 0 {
            text.push(&rest);
        }
        text.join(",")
    };
    match types {
        EventTypeSet::Only(only) if only.is_empty() => "none".to_owned(),
        EventTypeSet::Only(only) => names(only),
        EventTypeSet::Except(none) if none.is_empty() => "all".to_owned(),
        EventTypeSet::Except(except) => format!("all but {}", names(except)),
    }
}
