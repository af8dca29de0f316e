//! `saker events`: what rules may name as `evt.type`, and what of it occurs.

use super::layout::Table;
use super::{InputError, print, print_json};
use crate::cli::{EventsArgs, ReferenceFormat};
use crate::rules::count;
use saker_event_schema::{ROWS, Ring, Row, Source};
use saker_kube_metadata::PodEventKind;
use saker_rule_fields::{
    EVENT_NAMES, Emission, FLOW_EVENT_NAMES, FlowEventName, POD_EVENT_NAMES, emission,
    events_markdown,
};
use serde::Serialize;
use std::process::ExitCode;

/// Why an event without a row never occurs.
const NAME_ONLY: &str = "Falco has this event, and rules may name it; no kernel program of Saker \
                         reports it, so it never occurs";

/// The category of what happens to connections.
const FLOW_CATEGORY: &str = "net";

/// Where the fields of connections are.
const OF_FLOWS: &str =
    "Rules with `source: flow` see it; `saker fields --source flow` lists its fields.";

/// The category of what happens to pods.
const POD_CATEGORY: &str = "pod";

/// Where the fields of pods are.
const OF_PODS: &str =
    "Rules with `source: pod` see it; `saker fields --source pod` lists its fields.";

/// One event, as JSON shows it.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    /// Whether it occurs.
    reported: bool,
    /// Why it does not.
    reason: Option<&'a str>,
    category: Option<&'a str>,
    ring: Option<&'a str>,
    /// Where the kernel programs see it.
    hook: Option<&'a str>,
    arguments: Vec<Argument<'a>>,
    description: Option<String>,
}

#[derive(Serialize)]
struct Argument<'a> {
    name: &'a str,
    kind: &'a str,
    /// Whether Falco has it; only those are part of `evt.args`.
    falco: bool,
}

#[derive(Serialize)]
struct List<'a> {
    events: Vec<Entry<'a>>,
}

/// Prints the events that were asked for.
pub(crate) fn run(arguments: &EventsArgs) -> anyhow::Result<ExitCode> {
    let names = match &arguments.name {
        Some(name) => named(name)?,
        None => all(arguments.all),
    };
    let whole = arguments.name.is_none() && !arguments.all;
    match arguments.output {
        ReferenceFormat::Json => print_json(&List {
            events: names.iter().flat_map(|name| entries(name)).collect(),
        })?,
        ReferenceFormat::Markdown if whole => print(&events_markdown())?,
        ReferenceFormat::Markdown => print(&markdown(&names))?,
        ReferenceFormat::Text => print(&match names.as_slice() {
            [name] => detail(name),
            names => overview(names),
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

fn is_reported(name: &str) -> bool {
    emission(name) == Some(Emission::Emitted)
}

/// What rules may name: of system calls, then of connections.
fn known() -> impl Iterator<Item = &'static str> {
    let others = FLOW_EVENT_NAMES.iter().chain(POD_EVENT_NAMES);
    EVENT_NAMES.iter().chain(others).copied()
}

/// Every name, or those of events that occur.
fn all(with_unreported: bool) -> Vec<&'static str> {
    known()
        .filter(|name| with_unreported || is_reported(name))
        .collect()
}

/// What happens to a pod, by its name.
fn pod_event(name: &str) -> Option<PodEventKind> {
    let mut kinds = PodEventKind::ALL.into_iter();
    kinds.find(|kind| kind.name() == name)
}

/// The event of this name, or those whose names begin with it.
fn named(name: &str) -> Result<Vec<&'static str>, InputError> {
    if let Some(exact) = known().find(|known| *known == name) {
        return Ok(vec![exact]);
    }
    let beginning: Vec<&str> = known()
        .filter(|known| !name.is_empty() && known.starts_with(name))
        .collect();
    if !beginning.is_empty() {
        return Ok(beginning);
    }
    let error = InputError::no_such_name("event", name, known());
    Err(error.or_remedy("`saker events --all` lists all"))
}

/// The rows of a name: some events are seen in several ways.
fn rows(name: &str) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.name == name)
}

fn ring(row: &Row) -> &'static str {
    match row.ring {
        Ring::Lifecycle => "lifecycle",
        Ring::Bulk => "bulk",
        Ring::Network => "network",
    }
}

/// Where the kernel programs see an event.
fn hook(row: &Row) -> &'static str {
    let syscalls = &row.syscalls;
    let called = [syscalls.x86_64, syscalls.i386, syscalls.aarch64]
        .iter()
        .any(|numbers| !numbers.is_empty());
    let has_hook = row
        .arguments
        .iter()
        .any(|argument| matches!(argument.source, Source::Hook));
    match (called, has_hook) {
        (true, false) => "the end of the system call",
        (true, true) => "a hook of its own, and the end of the system call where it fails",
        (false, _) => "a hook of its own",
    }
}

fn overview(names: &[&'static str]) -> String {
    let mut table = Table::default();
    table.row(["EVENT", "CATEGORY", "ARGUMENTS"]);
    let mut reported = 0;
    for name in names {
        if !is_reported(name) {
            table.row([*name, "", "never occurs"]);
            continue;
        }
        reported += 1;
        if pod_event(name).is_some() {
            table.row([*name, POD_CATEGORY, ""]);
        }
        if FlowEventName::new(name).is_some() {
            table.row([*name, FLOW_CATEGORY, ""]);
        }
        for row in rows(name) {
            let arguments: Vec<&str> = row.arguments.iter().map(|it| it.name).collect();
            table.row([name, row.category, &arguments.join(" ")]);
        }
    }
    let mut text = String::new();
    table.write(&mut text, 0);
    text.push_str(&format!(
        "\n{}, of which {reported} occur; `saker events NAME` says all about one\n",
        count(names.len(), "event")
    ));
    text
}

fn detail(name: &str) -> String {
    let mut text = format!("{name}\n\n");
    if !is_reported(name) {
        text.push_str(NAME_ONLY);
        text.push_str(".\n");
    }
    if let Some(name) = FlowEventName::new(name) {
        text.push_str(&format!("{} {OF_FLOWS}\n", name.doc()));
    }
    if let Some(kind) = pod_event(name) {
        text.push_str(&format!("{} {OF_PODS}\n", kind.doc()));
    }
    for row in rows(name) {
        text.push_str(&format!("{}\n\n", description(row)));
        let mut table = Table::default();
        table.row(["category", row.category]);
        table.row(["seen at", hook(row)]);
        table.row(["ring", ring(row)]);
        table.write(&mut text, 2);
        text.push_str("\nArguments (evt.arg.NAME); those with + are not part of evt.args:\n");
        let mut table = Table::default();
        for argument in row.arguments {
            let mark = if argument.in_falco { "" } else { " +" };
            table.row([
                format!("{}{mark}", argument.name),
                argument.kind.name().to_owned(),
            ]);
        }
        table.write(&mut text, 2);
    }
    text
}

fn description(row: &Row) -> String {
    row.doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn entries(name: &'static str) -> Vec<Entry<'static>> {
    let reported: Vec<Entry<'_>> = rows(name)
        .map(|row| Entry {
            name,
            reported: true,
            reason: None,
            category: Some(row.category),
            ring: Some(ring(row)),
            hook: Some(hook(row)),
            arguments: row
                .arguments
                .iter()
                .map(|argument| Argument {
                    name: argument.name,
                    kind: argument.kind.name(),
                    falco: argument.in_falco,
                })
                .collect(),
            description: Some(description(row)),
        })
        .collect();
    if !reported.is_empty() {
        return reported;
    }
    let other = |category, hook, doc: &str| {
        vec![Entry {
            name,
            reported: true,
            reason: None,
            category: Some(category),
            ring: None,
            hook: Some(hook),
            arguments: Vec::new(),
            description: Some(doc.to_owned()),
        }]
    };
    if let Some(flow) = FlowEventName::new(name) {
        return other(FLOW_CATEGORY, "the programs at the root cgroup", flow.doc());
    }
    if let Some(kind) = pod_event(name) {
        return other(
            POD_CATEGORY,
            "the API of Kubernetes, or manifests",
            kind.doc(),
        );
    }
    vec![Entry {
        name,
        reported: false,
        reason: Some(NAME_ONLY),
        category: None,
        ring: None,
        hook: None,
        arguments: Vec::new(),
        description: None,
    }]
}

fn markdown(names: &[&'static str]) -> String {
    let mut text = String::from("| event | category | arguments |\n|---|---|---|\n");
    for entry in names.iter().flat_map(|name| entries(name)) {
        let arguments: Vec<String> = entry
            .arguments
            .iter()
            .map(|argument| format!("`{}` {}", argument.name, argument.kind))
            .collect();
        let arguments = entry.reason.map_or(arguments.join(", "), str::to_owned);
        let category = entry.category.unwrap_or_default();
        text.push_str(&format!(
            "| `{}` | {category} | {arguments} |\n",
            entry.name
        ));
    }
    text
}
