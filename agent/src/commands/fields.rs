//! `saker fields`: what conditions and outputs may name.

use super::layout::Table;
use super::{InputError, print, print_json};
use crate::cli::{FieldsArgs, ReferenceFormat};
use crate::rules::count;
use saker_rule_fields::{
    Availability, FieldCatalog, FieldRow, Fields, Plurality, argument_name, availability_note,
    fields_table, markdown, plurality_name, type_name,
};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType, Operator, operators_of};
use serde::Serialize;
use std::process::ExitCode;

/// One field, as JSON shows it.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    r#type: &'a str,
    /// Empty for one value.
    plurality: &'a str,
    /// Empty for none; in parentheses where it may be left out.
    argument: String,
    sources: &'static [&'static str],
    values: Values,
    /// Who has to tell the value, where the event itself does not.
    told_by: Option<&'static str>,
    /// Why it has none.
    reason: Option<&'a str>,
    /// What is other or more for events that Falco captured.
    in_captures: Option<&'a str>,
    conditions: bool,
    outputs: bool,
    deprecated: bool,
    operators: Vec<&'static str>,
    description: String,
}

/// Which events have a value, as JSON shows it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Values {
    Yes,
    InCaptures,
    No,
}

#[derive(Serialize)]
struct List<'a> {
    fields: Vec<Entry<'a>>,
}

/// Prints the fields that were asked for.
pub(crate) fn run(arguments: &FieldsArgs) -> anyhow::Result<ExitCode> {
    let fields = Fields::new();
    let of_source = of_source(&fields, arguments.source.as_deref())?;
    let rows = match &arguments.name {
        Some(name) => named(&of_source, name)?,
        None => of_source,
    };
    let whole = arguments.name.is_none() && arguments.source.is_none();
    match arguments.output {
        ReferenceFormat::Json => print_json(&List {
            fields: rows.into_iter().map(entry).collect(),
        })?,
        ReferenceFormat::Markdown if whole => print(&markdown())?,
        ReferenceFormat::Markdown => print(&fields_table(&rows))?,
        ReferenceFormat::Text => print(&match rows.as_slice() {
            [row] => detail(row),
            rows => overview(rows),
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The fields of a source, or all.
fn of_source(fields: &Fields, source: Option<&str>) -> Result<Vec<&'static FieldRow>, InputError> {
    let rows = fields.iter().map(|(_, row)| row);
    let Some(source) = source else {
        return Ok(rows.collect());
    };
    InputError::check_source(source)?;
    Ok(rows
        .filter(|row| fields.field(source, row.name).is_some())
        .collect())
}

/// The field of this name, with or without its argument, or those whose names begin with it.
fn named(rows: &[&'static FieldRow], name: &str) -> Result<Vec<&'static FieldRow>, InputError> {
    let bare = name.split('[').next().unwrap_or(name);
    let exact = |wanted: &str| rows.iter().find(|row| row.name == wanted).copied();
    if let Some(row) = exact(bare) {
        return Ok(vec![row]);
    }
    let beginning: Vec<&FieldRow> = rows
        .iter()
        .filter(|row| row.name.starts_with(bare))
        .copied()
        .collect();
    if !beginning.is_empty() && !bare.is_empty() {
        return Ok(beginning);
    }
    // `evt.arg.flags`: the argument stands after a dot.
    let ends = bare.rmatch_indices('.').map(|(at, _)| at);
    let with_argument = ends
        .filter_map(|end| exact(bare.get(..end)?))
        .find(|row| takes_key(row.argument));
    if let Some(row) = with_argument {
        return Ok(vec![row]);
    }
    let error = InputError::no_such_name("field", bare, rows.iter().map(|row| row.name));
    Err(error.or_remedy("`saker fields` lists all"))
}

fn takes_key(argument: ArgumentRule) -> bool {
    matches!(
        argument,
        ArgumentRule::Optional(ArgumentForms::Key | ArgumentForms::IndexOrKey)
            | ArgumentRule::Required(ArgumentForms::Key | ArgumentForms::IndexOrKey)
    )
}

fn overview(rows: &[&FieldRow]) -> String {
    let mut text = String::new();
    let mut filled = 0;
    for group in rows.chunk_by(|left, right| left.namespace() == right.namespace()) {
        let mut table = Table::default();
        for row in group {
            let note = match row.availability {
                Availability::Filled => "",
                Availability::NotYet { .. } if row.is_only_captured() => "in captures",
                Availability::NotYet { .. } if row.is_only_in_flows() => "in flows",
                Availability::NotYet { .. } => "no values",
            };
            filled += usize::from(note != "no values");
            table.row([
                format!("{}{}", row.name, plain(argument_name(row.argument))),
                type_of(row),
                note.to_owned(),
                first_sentence(row.doc),
            ]);
        }
        text.push_str(group.first().map_or("", |row| row.namespace()));
        text.push('\n');
        table.write(&mut text, 2);
        text.push('\n');
    }
    text.push_str(&format!(
        "{}, {filled} with values; `saker fields NAME` says all about one\n",
        count(rows.len(), "field")
    ));
    text
}

fn detail(row: &FieldRow) -> String {
    let mut table = Table::default();
    table.row(["type".to_owned(), type_of(row)]);
    let argument = match plain(argument_name(row.argument)) {
        argument if argument.is_empty() => "none".to_owned(),
        argument => argument,
    };
    table.row(["argument".to_owned(), argument]);
    table.row(["operators".to_owned(), operators(row).join(" ")]);
    table.row(["example".to_owned(), example(row)]);
    let usage = [
        (row.usage.filter_only, "in conditions only"),
        (row.usage.print_only, "in outputs only"),
        (row.usage.no_rhs, "not on the right-hand side"),
        (row.usage.no_transformer, "not in a transformer"),
        (row.usage.deprecated, "deprecated"),
    ];
    let notes: Vec<&str> = usage
        .into_iter()
        .filter_map(|(applies, note)| applies.then_some(note))
        .collect();
    if !notes.is_empty() {
        table.row(["use".to_owned(), notes.join(", ")]);
    }
    table.row(["source".to_owned(), row.sources.names().join(" ")]);
    let mut values = availability_note(row);
    if row.availability != Availability::Filled {
        values.push_str("; comparisons with what is missing are false");
    }
    table.row(["values".to_owned(), values]);
    if let Some(doc) = row.capture_doc {
        table.row(["in captures".to_owned(), doc.to_owned()]);
    }
    let mut text = format!("{}\n\n{}\n\n", row.name, one_line(row.doc));
    table.write(&mut text, 2);
    text
}

fn entry(row: &'static FieldRow) -> Entry<'static> {
    let (values, reason) = match row.availability {
        Availability::Filled => (Values::Yes, None),
        Availability::NotYet { reason } if row.is_only_captured() => {
            (Values::InCaptures, Some(reason))
        }
        Availability::NotYet { reason } => (Values::No, Some(reason)),
    };
    Entry {
        name: row.name,
        r#type: type_name(row.value_type),
        plurality: plurality_name(row.plurality).trim_start_matches(", "),
        argument: plain(argument_name(row.argument)),
        sources: row.sources.names(),
        values,
        told_by: row.needs().teller(),
        reason,
        in_captures: row.capture_doc,
        conditions: !row.usage.print_only,
        outputs: !row.usage.filter_only,
        deprecated: row.usage.deprecated,
        operators: operators(row),
        description: one_line(row.doc),
    }
}

fn type_of(row: &FieldRow) -> String {
    format!(
        "{}{}",
        type_name(row.value_type),
        plurality_name(row.plurality)
    )
}

/// The operators that may follow the field in a condition.
fn operators(row: &FieldRow) -> Vec<&'static str> {
    if row.usage.print_only {
        return Vec::new();
    }
    operators_of(row.value_type, row.plurality == Plurality::List)
        .map(Operator::name)
        .collect()
}

/// How the field may be used, with a value of its type.
fn example(row: &FieldRow) -> String {
    let argument = match row.argument {
        ArgumentRule::None | ArgumentRule::Optional(_) => "",
        ArgumentRule::Required(ArgumentForms::Key) => "[key]",
        ArgumentRule::Required(ArgumentForms::Index | ArgumentForms::IndexOrKey) => "[1]",
    };
    let field = format!("{}{argument}", row.name);
    if row.usage.print_only {
        return format!("output: … (%{field})");
    }
    if row.plurality == Plurality::List {
        return format!("{field} intersects (a, b)");
    }
    let comparison = match row.value_type {
        FieldType::Bool => "= true",
        FieldType::Int | FieldType::Uint | FieldType::Double => "> 0",
        FieldType::RelTime => "< 1000000000",
        FieldType::AbsTime => "> 0",
        FieldType::String => "startswith abc",
        FieldType::Bytes => "bcontains 7f454c46",
        FieldType::IpAddr => "= 10.0.0.1",
        FieldType::IpNet => "= 10.0.0.0/8",
        FieldType::Port => "in (80, https)",
        FieldType::Dynamic => "exists",
    };
    format!("{field} {comparison}")
}

/// Markdown's marks of code taken away.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_sentence(doc: &str) -> String {
    let doc = one_line(doc);
    match doc.split_once(". ") {
        Some((first, _)) => first.to_owned(),
        None => doc.trim_end_matches('.').to_owned(),
    }
}
