//! The reference pages: what the table says, for people.

use crate::event_names::{FlowEventName, is_shown_to_rules};
use crate::fields::Fields;
use crate::row::{Availability, FieldRow, Plurality};
use saker_event_schema::{ROWS as EVENTS, Ring, Row};
use saker_kube_metadata::PodEventKind;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};
use std::fmt::Write;

/// The first line of a generated page.
const MARK: &str = "<!-- Generated from the tables in the source. Do not edit. -->\n\n";

/// The page about fields, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let fields = Fields::new();
    let count = |test: fn(&FieldRow) -> bool| fields.iter().filter(|(_, row)| test(row)).count();
    let filled = count(is_filled);
    let told = count(|row| is_filled(row) && !row.needs().is_nothing());
    let captured = count(FieldRow::is_only_captured);
    let mut page = String::from(MARK);
    page.push_str(FIELDS_INTRODUCTION);
    line(
        &mut page,
        format_args!(
            "{filled} of {} fields have values today, {told} of them where somebody tells them, and \
             {captured} have values in captures of Falco's only. The others are there so that shared \
             rules load: comparisons with them are false.",
            fields.len()
        ),
    );
    let rows: Vec<&FieldRow> = fields.iter().map(|(_, row)| row).collect();
    for group in rows.chunk_by(|left, right| left.namespace() == right.namespace()) {
        let namespace = group.first().map_or("", |row| row.namespace());
        line(&mut page, format_args!("\n## {namespace}\n"));
        page.push_str(&fields_table(group));
    }
    page
}

/// A table of fields, in Markdown.
#[must_use]
pub fn fields_table(rows: &[&FieldRow]) -> String {
    let mut table = String::from(
        "| field | type | argument | source | filled | meaning |\n|---|---|---|---|---|---|\n",
    );
    for row in rows {
        field_line(&mut table, row);
    }
    table
}

/// The page about events, in Markdown.
#[must_use]
pub fn events_markdown() -> String {
    let mut page = String::from(MARK);
    page.push_str(EVENTS_INTRODUCTION);
    for row in EVENTS.iter().filter(|row| is_shown_to_rules(row)) {
        event_section(&mut page, row);
    }
    page.push_str(FLOW_EVENTS_INTRODUCTION);
    for name in FlowEventName::all() {
        line(
            &mut page,
            format_args!("| `{}` | {} |", name.as_str(), name.doc()),
        );
    }
    page.push_str(POD_EVENTS_INTRODUCTION);
    for kind in PodEventKind::ALL {
        line(
            &mut page,
            format_args!("| `{}` | {} |", kind.name(), kind.doc()),
        );
    }
    page.push_str(FLOW_ROWS_INTRODUCTION);
    for row in EVENTS.iter().filter(|row| !is_shown_to_rules(row)) {
        event_section(&mut page, row);
    }
    page
}

const FIELDS_INTRODUCTION: &str = "\
# Fields

What conditions and outputs of rules may name. Fields that Falco has mean what they mean there; where
Saker knows better, the meaning says so.

- *Source*: the events that have the field. A rule sees the fields of its own source only.
- *Argument*: `[n]` a number, `[key]` a name, which may also be written after a dot; in parentheses
  where it may be left out.
- *List*: `in` holds when every element is among the values, `intersects` when one is.
- *Either end*: a comparison holds when it holds for one end of the connection; `!=` must hold for both.
- *Any ancestor*: without a level, a comparison holds when it holds for one ancestor.
- `ka.req.…` fields look at the object that a request carries, whatever it is; what that lacks is missing.
- *In captures*: what is other or more for events that Falco captured. There fields mean what they
  mean in Falco; the resolved path is not known, and the parameters are those of Falco's events.
- *As … tells*: the value is looked up when a rule reads it. An event whose rules need a value that is
  on its way waits for it, half a second at most; then the field is missing and `saker.enrichment` is
  `partial`. It is missing at once where nobody can be asked.
- *Source* `flow`: the connections that the host's sockets have, each as one end sees it. The process is the owner
  of the socket.
- *Source* `pod`: the pods of this node, each when it becomes known and when it, or its namespace's labels, change.
- A path field shows the requested or the resolved path, as `saker.path_view` says.

";

const EVENTS_INTRODUCTION: &str = "\
# Events

What the kernel side reports. An argument is `evt.arg.<name>` in rules; those marked `+` are Saker's
own and not part of `evt.args`. Events of the ring *lifecycle* cannot be starved by a flood of others.
";

const POD_EVENTS_INTRODUCTION: &str = "
# Events of the source `pod`

What happens to the pods of this node, as the API of Kubernetes or manifests tell. Rules with `source: pod` see
them; they have no arguments, their fields are `k8s.*` of the pod and `pss.*`.

| event | meaning |
|---|---|
";

const FLOW_EVENTS_INTRODUCTION: &str = "
# Events of the source `flow`

What happens to connections. Rules with `source: flow` see them; they have no arguments, their fields are
`flow.*`, `mtls.*` and `dns.*`, those of the process that owns the socket and those of its addresses.

| event | |
|---|---|
";

const FLOW_ROWS_INTRODUCTION: &str = "
# What those are made of

Records of the kernel side that no rule sees.
";

fn is_filled(row: &FieldRow) -> bool {
    row.availability == Availability::Filled
}

/// Appends a line.
fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    let written = writeln!(page, "{text}");
    debug_assert!(written.is_ok(), "a string takes every text");
}

fn field_line(page: &mut String, row: &FieldRow) {
    let usage = [
        (row.usage.filter_only, "conditions only"),
        (row.usage.print_only, "outputs only"),
        (row.usage.deprecated, "deprecated"),
    ];
    let mut meaning = cell(row.doc);
    for (_, note) in usage.iter().filter(|(applies, _)| *applies) {
        meaning.push_str(" *(");
        meaning.push_str(note);
        meaning.push_str(")*");
    }
    if let Some(doc) = row.capture_doc {
        meaning.push_str(" *In captures:* ");
        meaning.push_str(&cell(doc));
        meaning.push('.');
    }
    let filled = cell(&availability_note(row));
    line(
        page,
        format_args!(
            "| `{}` | {}{} | {} | {} | {filled} | {meaning} |",
            row.name,
            type_name(row.value_type),
            plurality_name(row.plurality),
            argument_name(row.argument),
            row.sources.names().join(", "),
        ),
    );
}

/// Text as the cell of a table.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}

/// Whether a field has values, as documentation says it.
#[must_use]
pub fn availability_note(row: &FieldRow) -> String {
    match row.availability {
        Availability::Filled => match row.needs().teller() {
            None => "yes".to_owned(),
            Some(teller) => format!("as {teller} tells"),
        },
        Availability::NotYet { reason } if row.is_only_captured() => {
            format!("in captures; for live events {reason}")
        }
        Availability::NotYet { reason } if row.is_only_in_flows() => {
            format!("in flows; for other events {reason}")
        }
        Availability::NotYet { reason } => format!("no: {reason}"),
    }
}

/// The name of a type, as documentation prints it.
#[must_use]
pub const fn type_name(value_type: FieldType) -> &'static str {
    match value_type {
        FieldType::Bool => "bool",
        FieldType::Int => "integer",
        FieldType::Uint => "unsigned",
        FieldType::Double => "double",
        FieldType::String => "text",
        FieldType::Bytes => "bytes",
        FieldType::IpAddr => "address",
        FieldType::IpNet => "network",
        FieldType::Port => "port",
        FieldType::RelTime => "duration",
        FieldType::AbsTime => "time",
        FieldType::Dynamic => "as the argument",
    }
}

/// What documentation adds to the type of a field with several values; empty for one value.
#[must_use]
pub const fn plurality_name(plurality: Plurality) -> &'static str {
    match plurality {
        Plurality::One => "",
        Plurality::List => ", list",
        Plurality::EitherEnd => ", either end",
        Plurality::AnyAncestor => ", any ancestor",
    }
}

/// The argument of a field, as documentation prints it in Markdown; empty where it takes none.
#[must_use]
pub const fn argument_name(argument: ArgumentRule) -> &'static str {
    match argument {
        ArgumentRule::None => "",
        ArgumentRule::Optional(ArgumentForms::Index) => "(`[n]`)",
        ArgumentRule::Optional(ArgumentForms::Key) => "(`[key]`)",
        ArgumentRule::Optional(ArgumentForms::IndexOrKey) => "(`[n]` or `[key]`)",
        ArgumentRule::Required(ArgumentForms::Index) => "`[n]`",
        ArgumentRule::Required(ArgumentForms::Key) => "`[key]`",
        ArgumentRule::Required(ArgumentForms::IndexOrKey) => "`[n]` or `[key]`",
    }
}

fn event_section(page: &mut String, row: &Row) {
    let ring = match row.ring {
        Ring::Lifecycle => "lifecycle",
        Ring::Bulk => "bulk",
        Ring::Network => "network",
    };
    line(page, format_args!("\n## {}\n", row.name));
    line(
        page,
        format_args!("{}\n", row.doc.trim().replace("\n ", "\n")),
    );
    line(
        page,
        format_args!(
            "Category `{}`, ring *{ring}*, id {}.",
            row.category,
            row.id.get()
        ),
    );
    if row.arguments.is_empty() {
        return;
    }
    line(page, format_args!("\n| argument | kind |"));
    line(page, format_args!("|---|---|"));
    for argument in row.arguments {
        let mark = if argument.in_falco { "" } else { " +" };
        line(
            page,
            format_args!("| `{}`{mark} | {} |", argument.name, argument.kind.name()),
        );
    }
}
