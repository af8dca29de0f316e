//! `rule` items.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::exceptions::read_exceptions;
use super::fields::Fields;
use super::overrides::{Overridable, Overrides, read_append, refuse_both};
use super::{Mode, OverridePart, RuleAction, RuleDefinition, RuleUpdate};
use crate::diagnostic::{Code, ItemKind};
use crate::priority::Priority;
use crate::report::{Finding, Findings, Found, Report};

/// The source of rules that name none.
pub(crate) const DEFAULT_SOURCE: &str = "syscall";

/// All keys of a rule.
pub(super) const RULE_KEYS: &[&str] = &[
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "tags",
    "exceptions",
    "override",
    "append",
];

const OVERRIDABLE: Overridable = Overridable {
    append: &["condition", "output", "desc", "tags", "exceptions"],
    replace: &[
        "condition",
        "output",
        "desc",
        "priority",
        "capture",
        "capture_duration",
        "tags",
        "exceptions",
        "enabled",
        "warn_evttypes",
        "skip-if-unknown-filter",
    ],
};

/// Reads what a rule item does; the name has been read.
pub(super) fn read_action(fields: &Fields<'_>, report: &mut Report<'_>) -> Found<RuleAction> {
    let source = fields
        .optional_empty_scalar("source")?
        .map(|scalar| scalar.value.clone());
    let append = read_append(fields, report)?;
    let overrides = Overrides::read(fields, &OVERRIDABLE)?;
    refuse_both(fields, append, &overrides)?;
    if !overrides.is_empty() {
        return Ok(read_override(fields, &overrides, source.as_ref(), report));
    }
    if append {
        return read_appended(fields, source, report);
    }
    let defines = ["condition", "output", "desc", "priority"]
        .into_iter()
        .any(|key| fields.has(key));
    if defines {
        return read_definition(fields, report);
    }
    let enabled = fields.boolean("enabled")?;
    let message = "the standalone 'enabled' key usage is deprecated";
    let remedy = "add 'enabled: replace' under an 'override' key";
    let span = fields.mapping.key_span("enabled");
    let finding = fields
        .context
        .finding_at(Code::DeprecatedItem, message, span);
    report.add(finding.with_remedy(Some(remedy.to_owned())));
    Ok(RuleAction::Enable(enabled))
}

/// What is wrong with a key is reported, and what the others hold is taken all the same, so that it is
/// checked too. Only the source must be known for that.
fn read_definition(fields: &Fields<'_>, report: &mut Report<'_>) -> Found<RuleAction> {
    let definition = RuleDefinition {
        condition: report.check(fields.text("condition")),
        output: report
            .check(fields.text("output"))
            .map(|text| text.trimmed()),
        description: report
            .check(fields.string("desc"))
            .map_or_else(String::new, |text| text.to_string()),
        priority: report.check(fields.priority()).unwrap_or(Priority::Debug),
        source: match fields.optional_scalar("source")? {
            Some(scalar) => scalar.value.clone(),
            None => DEFAULT_SOURCE.into(),
        },
        enabled: report
            .check(fields.boolean_or("enabled", true))
            .unwrap_or(true),
        capture: report
            .check(fields.boolean_or("capture", false))
            .unwrap_or_default(),
        capture_duration_ms: report
            .check(fields.number_or("capture_duration", 0))
            .unwrap_or_default(),
        warn_evttypes: report
            .check(fields.boolean_or("warn_evttypes", true))
            .unwrap_or(true),
        skip_if_unknown_filter: report
            .check(fields.boolean_or("skip-if-unknown-filter", false))
            .unwrap_or_default(),
        tags: report.check(fields.tags()).unwrap_or_default(),
        exceptions: {
            let mut wrong = Findings::default();
            let exceptions = read_exceptions(fields, Mode::Define, report, &mut wrong);
            report.add_all(wrong);
            exceptions
        },
    };
    Ok(RuleAction::Define(Box::new(definition)))
}

/// `append: true`.
fn read_appended(
    fields: &Fields<'_>,
    source: Option<Arc<str>>,
    report: &mut Report<'_>,
) -> Found<RuleAction> {
    let mut update = RuleUpdate {
        source,
        ..RuleUpdate::default()
    };
    if fields.has("condition") {
        update.condition = Some(fields.text("condition")?);
    }
    if fields.has("exceptions") {
        let mut wrong = Findings::default();
        update.exceptions = Some(read_exceptions(fields, Mode::Append, report, &mut wrong));
        report.add_all(wrong);
    }
    if update.condition.is_none() && update.exceptions.is_none() {
        let message = "appended rule must have exceptions or condition property";
        return Err(fields.context.finding(Code::ErrValidate, message));
    }
    Ok(RuleAction::Append(Box::new(update)))
}

fn read_override(
    fields: &Fields<'_>,
    overrides: &Overrides,
    source: Option<&Arc<str>>,
    report: &mut Report<'_>,
) -> RuleAction {
    let mut present: BTreeSet<&str> = OVERRIDABLE
        .append
        .iter()
        .chain(OVERRIDABLE.replace)
        .copied()
        .filter(|key| fields.has(key))
        .collect();
    let [append, replace] = [
        (&overrides.append, Mode::Append),
        (&overrides.replace, Mode::Define),
    ]
    .map(|(keys, mode)| {
        let mut part = OverridePart::default();
        let keys = overridden(fields, keys, mode, &mut present, &mut part.wrong);
        let mut update = RuleUpdate::default();
        for key in &keys {
            let wrong = &mut part.wrong;
            if let Err(finding) = read_key(fields, key, mode, &mut update, report, wrong) {
                wrong.add(*finding);
            }
        }
        if update.condition.is_some() {
            update.source = source.cloned();
        }
        part.update = (!keys.is_empty()).then(|| Box::new(update));
        part
    });
    let mut wrong = Findings::default();
    for key in present {
        wrong.add(*unexpected(fields, key));
    }
    RuleAction::Override {
        append,
        replace,
        wrong,
    }
}

/// The keys that are overridden in one way and there; they are taken from those that are present.
fn overridden<'k>(
    fields: &Fields<'_>,
    keys: &'k BTreeSet<String>,
    mode: Mode,
    present: &mut BTreeSet<&str>,
    wrong: &mut Findings,
) -> Vec<&'k str> {
    let mut found = Vec::new();
    for key in keys {
        if present.remove(&**key) {
            found.push(&**key);
            continue;
        }
        let kind = match mode {
            Mode::Append => "append",
            Mode::Define => "replace",
        };
        wrong.add(*fields.error(format!(
            "an {kind} override for '{key}' was specified but '{key}' is not defined"
        )));
    }
    found
}

/// A key that the `override` key does not name.
fn unexpected(fields: &Fields<'_>, key: &str) -> Box<Finding> {
    let span = fields.mapping.key_span(key);
    let context = fields.context.child(ItemKind::Overrides, key, span);
    let message =
        format!("unexpected key '{key}': no corresponding entry under 'override' is defined");
    let remedy = format!("add '{key}: replace' under 'override' or remove the key");
    context
        .finding(Code::ErrYamlValidate, message)
        .with_remedy(Some(remedy))
}

/// Reads an overridden key.
fn read_key(
    fields: &Fields<'_>,
    key: &str,
    mode: Mode,
    update: &mut RuleUpdate,
    report: &mut Report<'_>,
    wrong: &mut Findings,
) -> Found<()> {
    match key {
        "condition" => update.condition = Some(fields.text("condition")?),
        "output" => update.output = Some(fields.text("output")?.trimmed()),
        "desc" => update.description = Some(fields.string("desc")?.to_string()),
        "tags" => update.tags = Some(fields.tags()?),
        "exceptions" => update.exceptions = Some(read_exceptions(fields, mode, report, wrong)),
        "priority" => update.priority = Some(fields.priority()?),
        "capture" => update.capture = Some(fields.boolean("capture")?),
        "capture_duration" => {
            update.capture_duration_ms = Some(fields.number("capture_duration")?);
        }
        "enabled" => update.enabled = Some(fields.boolean("enabled")?),
        "warn_evttypes" => update.warn_evttypes = Some(fields.boolean("warn_evttypes")?),
        _ => {
            update.skip_if_unknown_filter = Some(fields.boolean("skip-if-unknown-filter")?);
        }
    }
    Ok(())
}
