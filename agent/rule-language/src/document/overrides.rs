//! The `override` and `append` keys.

use std::collections::BTreeSet;

use super::Mode;
use super::fields::Fields;
use crate::diagnostic::{Code, ItemKind};
use crate::report::{Found, Report};
use crate::yaml::Node;

/// Which keys an item may override, and how.
pub(super) struct Overridable {
    pub(super) append: &'static [&'static str],
    pub(super) replace: &'static [&'static str],
}

/// The keys that an `override` mapping names.
#[derive(Default)]
pub(super) struct Overrides {
    pub(super) append: BTreeSet<String>,
    pub(super) replace: BTreeSet<String>,
}

impl Overrides {
    pub(super) fn is_empty(&self) -> bool {
        self.append.is_empty() && self.replace.is_empty()
    }

    /// Reads the `override` key.
    pub(super) fn read(fields: &Fields<'_>, allowed: &Overridable) -> Found<Self> {
        let mut overrides = Self::default();
        let Some(node) = fields.mapping.get("override") else {
            return Ok(overrides);
        };
        let context = fields.context.child(ItemKind::Overrides, "", node.span());
        let mapping = match node {
            Node::Mapping(mapping) => mapping,
            null if null.is_null() => return Ok(overrides),
            _ => {
                let message = "override must be a mapping from keys to 'append' or 'replace'";
                return Err(context.finding(Code::ErrYamlValidate, message));
            }
        };
        for (key, operation) in &mapping.entries {
            let (Node::Scalar(key), Node::Scalar(operation)) = (key, operation) else {
                let message = "override must map keys to 'append' or 'replace'";
                let span = key.span();
                return Err(context.finding_at(Code::ErrYamlValidate, message, span));
            };
            let name = &*key.value;
            let (keys, may, refusal) = match &*operation.value {
                "append" => (
                    &mut overrides.append,
                    allowed.append.contains(&name),
                    format!("key '{name}' cannot be appended to, use 'replace' instead"),
                ),
                "replace" => (
                    &mut overrides.replace,
                    allowed.replace.contains(&name),
                    format!("key '{name}' cannot be replaced"),
                ),
                other => {
                    let message = format!(
                        "invalid override operation for key '{name}': '{other}', allowed are \
                         'append' and 'replace'"
                    );
                    let context = context.child(ItemKind::ValueFor, name, operation.span);
                    return Err(context.finding(Code::ErrYamlValidate, message));
                }
            };
            if !may {
                let context = context.child(ItemKind::Overrides, name, key.span);
                return Err(context.finding(Code::ErrYamlValidate, refusal));
            }
            keys.insert(name.to_owned());
        }
        Ok(overrides)
    }
}

/// Reads the deprecated `append` key.
pub(super) fn read_append(fields: &Fields<'_>, report: &mut Report<'_>) -> Found<bool> {
    let append = fields.boolean_or("append", false)?;
    if append {
        let message = "'append' key is deprecated";
        let span = fields.mapping.key_span("append");
        let remedy = "add an 'append' entry (as in 'condition: append') under 'override' instead";
        report.add(
            fields
                .context
                .finding_at(Code::DeprecatedItem, message, span)
                .with_remedy(Some(remedy.to_owned())),
        );
    }
    Ok(append)
}

/// Refuses `append: true` beside an `override` key.
pub(super) fn refuse_both(fields: &Fields<'_>, append: bool, overrides: &Overrides) -> Found<()> {
    if !append || overrides.is_empty() {
        return Ok(());
    }
    let remedy = "add an 'append' entry (as in 'condition: append') under 'override' instead";
    Err(fields
        .error("keys 'override' and 'append: true' cannot be used together")
        .with_remedy(Some(remedy.to_owned())))
}

/// Whether an item with one overridable key defines or appends.
pub(super) fn read_mode(
    fields: &Fields<'_>,
    key: &'static str,
    allowed: &Overridable,
    report: &mut Report<'_>,
) -> Found<Mode> {
    let append = read_append(fields, report)?;
    let overrides = Overrides::read(fields, allowed)?;
    refuse_both(fields, append, &overrides)?;
    Ok(if append || overrides.append.contains(key) {
        Mode::Append
    } else {
        Mode::Define
    })
}
