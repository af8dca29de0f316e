//! `rule` items.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::exceptions::read_exceptions;
use super::fields::Fields;
use super::overrides::{Overridable, Overrides, read_append, refuse_both};
use super::{Mode, RuleAction, RuleDefinition, RuleUpdate};
use crate::diagnostic::{Code, ItemKind};
use crate::report::{Finding, Found, Report};

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

fn read_definition(fields: &Fields<'_>, report: &mut Report<'_>) -> Found<RuleAction> {
    let definition = RuleDefinition {
        condition: fields.text("condition")?,
        output: fields.text("output")?.trimmed(),
        description: fields.string("desc")?.to_string(),
        priority: fields.priority()?,
        source: match fields.optional_scalar("source")? {
            Some(scalar) => scalar.value.clone(),
            None => DEFAULT_SOURCE.into(),
        },
        enabled: fields.boolean_or("enabled", true)?,
        capture: fields.boolean_or("capture", false)?,
        capture_duration_ms: fields.number_or("capture_duration", 0)?,
        warn_evttypes: fields.boolean_or("warn_evttypes", true)?,
        skip_if_unknown_filter: fields.boolean_or("skip-if-unknown-filter", false)?,
        tags: fields.tags()?,
        exceptions: read_exceptions(fields, Mode::Define, report)?,
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
        update.exceptions = Some(read_exceptions(fields, Mode::Append, report)?);
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
    let mut parts = [None, None];
    let modes = [
        (&overrides.append, Mode::Append),
        (&overrides.replace, Mode::Define),
    ];
    let mut wrong = None;
    for ((keys, mode), part) in modes.into_iter().zip(&mut parts) {
        match read_overridden(fields, keys, mode, &mut present, source, report) {
            Ok(update) => *part = update,
            Err(finding) => {
                wrong = Some(finding);
                break;
            }
        }
    }
    let [append, replace] = parts;
    RuleAction::Override {
        append,
        replace,
        wrong: wrong.or_else(|| present.first().map(|key| unexpected(fields, key))),
    }
}

/// Reads the keys that are overridden in one way, and takes them from those that are present.
fn read_overridden(
    fields: &Fields<'_>,
    keys: &BTreeSet<String>,
    mode: Mode,
    present: &mut BTreeSet<&str>,
    source: Option<&Arc<str>>,
    report: &mut Report<'_>,
) -> Found<Option<Box<RuleUpdate>>> {
    for key in keys {
        if !present.remove(&**key) {
            let kind = match mode {
                Mode::Append => "append",
                Mode::Define => "replace",
            };
            return Err(fields.error(format!(
                "an {kind} override for '{key}' was specified but '{key}' is not defined"
            )));
        }
    }
    if keys.is_empty() {
        return Ok(None);
    }
    let update = read_update(fields, keys, mode, source, report)?;
    Ok(Some(Box::new(update)))
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

/// Reads the overridden keys.
fn read_update(
    fields: &Fields<'_>,
    keys: &BTreeSet<String>,
    mode: Mode,
    source: Option<&Arc<str>>,
    report: &mut Report<'_>,
) -> Found<RuleUpdate> {
    let mut update = RuleUpdate::default();
    for key in keys {
        match key.as_str() {
            "condition" => {
                update.source = source.cloned();
                update.condition = Some(fields.text("condition")?);
            }
            "output" => update.output = Some(fields.text("output")?.trimmed()),
            "desc" => update.description = Some(fields.string("desc")?.to_string()),
            "tags" => update.tags = Some(fields.tags()?),
            "exceptions" => update.exceptions = Some(read_exceptions(fields, mode, report)?),
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
    }
    Ok(update)
}
