//! The `exceptions` key of rules.

use std::collections::HashSet;

use super::fields::Fields;
use super::{Entry, Exception, Exceptions, Mode};
use crate::diagnostic::{Code, ItemKind};
use crate::report::{Context, Findings, Found, Report};
use crate::yaml::Node;

/// Reads the exceptions of a rule, and puts what is wrong with them into `wrong`. An appended exception
/// may leave out what the earlier one has.
pub(super) fn read_exceptions(
    rule: &Fields<'_>,
    mode: Mode,
    report: &mut Report<'_>,
    wrong: &mut Findings,
) -> Exceptions {
    let mut exceptions = Exceptions {
        items: Vec::new(),
        are_whole: true,
    };
    let Some(node) = rule.mapping.get("exceptions") else {
        return exceptions;
    };
    if node.is_null() {
        return exceptions;
    }
    let context = rule.context.child(ItemKind::Exceptions, "", node.span());
    let Node::Sequence(sequence) = node else {
        let message = "rule exceptions must be a sequence";
        wrong.add(*context.finding(Code::ErrYamlValidate, message));
        exceptions.are_whole = false;
        return exceptions;
    };
    let mut names = HashSet::new();
    for item in &sequence.items {
        let exception = match read_exception(rule, &context, item, mode, report) {
            Ok(exception) => exception,
            Err(finding) => {
                wrong.add(*finding);
                exceptions.are_whole = false;
                continue;
            }
        };
        if !names.insert(exception.name.clone()) {
            let message = format!(
                "multiple definitions of exception '{}' in one rule",
                exception.name
            );
            report.add(
                exception
                    .context
                    .finding(Code::ExceptionNameNotUnique, message),
            );
        }
        exceptions.items.push(exception);
    }
    exceptions
}

fn read_exception(
    rule: &Fields<'_>,
    parent: &Context,
    node: &Node,
    mode: Mode,
    report: &mut Report<'_>,
) -> Found<Exception> {
    let unnamed = parent.child(ItemKind::Exception, "", node.span());
    let Node::Mapping(mapping) = node else {
        return Err(unnamed.finding(Code::ErrYamlValidate, "rule exception must be a mapping"));
    };
    let fields = Fields {
        mapping,
        context: &unnamed,
        source: rule.source,
    };
    let name = fields.string("name")?;
    let context = parent.child(ItemKind::Exception, &name, node.span());
    let fields = Fields {
        context: &context,
        ..fields
    };
    if mode == Mode::Define && !fields.has("fields") {
        return Err(fields.error("item has no mapping for key 'fields'"));
    }
    let exception = Exception {
        name,
        fields: read_key(&fields, "fields")?,
        comps: read_key(&fields, "comps")?,
        values: read_values(&fields, mode, report)?,
        context: context.clone(),
    };
    Ok(exception)
}

fn read_values(fields: &Fields<'_>, mode: Mode, report: &mut Report<'_>) -> Found<Vec<Entry>> {
    let Some(node) = fields.mapping.get("values") else {
        if mode == Mode::Append {
            let message = "overriding or appending to an exception without values";
            report.add(fields.context.finding(Code::AppendNoValues, message));
        }
        return Ok(Vec::new());
    };
    let context = fields
        .context
        .child(ItemKind::ExceptionValues, "", node.span());
    let Node::Sequence(sequence) = node else {
        let message = "rule exception values must be a sequence";
        return Err(context.finding(Code::ErrYamlValidate, message));
    };
    sequence
        .items
        .iter()
        .map(|item| {
            let context = context.child(ItemKind::ExceptionValue, "", item.span());
            read_entry(fields, item, &context)
        })
        .collect()
}

fn read_key(fields: &Fields<'_>, key: &str) -> Found<Entry> {
    match fields.mapping.get(key) {
        None => Ok(Entry::Absent),
        Some(node) => read_entry(fields, node, &fields.value_context(key, node.span())),
    }
}

/// A text or a list of entries; anything else counts as nothing, as in Falco.
fn read_entry(fields: &Fields<'_>, node: &Node, context: &Context) -> Found<Entry> {
    match node {
        null if null.is_null() => Ok(Entry::Absent),
        Node::Scalar(scalar) if scalar.value.is_empty() => {
            Err(context.finding(Code::ErrYamlValidate, "value must be non-empty"))
        }
        Node::Scalar(scalar) => Ok(Entry::Text(scalar.mapped(fields.source))),
        Node::Sequence(sequence) => {
            let items = sequence.items.iter().map(|item| {
                let context = context.child(ItemKind::Exception, "", item.span());
                read_entry(fields, item, &context)
            });
            Ok(Entry::List(items.collect::<Found<_>>()?))
        }
        Node::Mapping(_) => Ok(Entry::Absent),
    }
}
