//! `required_engine_version` and `required_plugin_versions` items.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fields::Fields;
use crate::diagnostic::{Code, ItemKind};
use crate::options::{ENGINE_VERSION, PluginRequirement, PluginVersion, Version};
use crate::report::{Context, Found};
use crate::yaml::{Mapping, Node};

/// Checks a `required_engine_version` item. A plain number N means 0.N.0.
pub(super) fn check_engine_version(fields: &Fields<'_>) -> Found<()> {
    let scalar = fields.scalar("required_engine_version")?;
    let required = match scalar.value.parse::<u32>() {
        Ok(minor) => Version {
            major: 0,
            minor,
            patch: 0,
        },
        Err(_) => scalar.value.parse().map_err(|_| {
            let message = format!(
                "unable to parse engine version '{}', expected \"x.y.z\" or a number",
                scalar.value
            );
            fields
                .context
                .finding_at(Code::ErrYamlValidate, message, scalar.span)
        })?,
    };
    if ENGINE_VERSION.satisfies(required) {
        return Ok(());
    }
    let message =
        format!("rules require engine version {required}, but engine version is {ENGINE_VERSION}");
    Err(fields
        .context
        .finding_at(Code::ErrValidate, message, scalar.span))
}

/// Reads a `required_plugin_versions` item.
pub(super) fn read_plugin_requirements(
    fields: &Fields<'_>,
) -> Found<Vec<(PluginRequirement, Context)>> {
    let Some(Node::Sequence(sequence)) = fields.mapping.get("required_plugin_versions") else {
        return Err(fields.error("value of required_plugin_versions must be a sequence"));
    };
    sequence
        .items
        .iter()
        .map(|item| read_plugin(fields, item))
        .collect()
}

fn read_plugin(fields: &Fields<'_>, node: &Node) -> Found<(PluginRequirement, Context)> {
    let kind = ItemKind::RequiredPluginVersionsEntry;
    let (mapping, unnamed) = as_mapping(fields.context, node, kind, "plugin version")?;
    let entry = Fields {
        mapping,
        context: &unnamed,
        source: fields.source,
    };
    let name = entry.string("name")?;
    let context = fields.context.child(kind, &name, node.span());
    let entry = Fields {
        context: &context,
        ..entry
    };
    let mut alternatives = vec![read_version(&entry, name)?];
    match entry.mapping.get("alternatives") {
        None => {}
        Some(Node::Sequence(sequence)) => {
            for item in &sequence.items {
                let kind = ItemKind::RequiredPluginVersionsAlternative;
                let (mapping, unnamed) =
                    as_mapping(&context, item, kind, "plugin version alternative")?;
                let unnamed = Fields {
                    mapping,
                    context: &unnamed,
                    source: fields.source,
                };
                let name = unnamed.string("name")?;
                let context = context.child(kind, &name, item.span());
                let named = Fields {
                    context: &context,
                    ..unnamed
                };
                alternatives.push(read_version(&named, name)?);
            }
        }
        Some(_) => {
            return Err(entry.error("value of plugin version alternatives must be a sequence"));
        }
    }
    let mut names = BTreeSet::new();
    for alternative in &alternatives {
        if !names.insert(&alternative.name) {
            let message = format!(
                "defined multiple alternative version requirements for plugin '{}'",
                alternative.name
            );
            return Err(context.finding(Code::ErrValidate, message));
        }
    }
    Ok((PluginRequirement { alternatives }, context))
}

fn as_mapping<'n>(
    parent: &Context,
    node: &'n Node,
    kind: ItemKind,
    what: &str,
) -> Found<(&'n Mapping, Context)> {
    let context = parent.child(kind, "", node.span());
    match node {
        Node::Mapping(mapping) => Ok((mapping, context)),
        Node::Scalar(_) | Node::Sequence(_) => {
            Err(context.finding(Code::ErrYamlValidate, format!("{what} must be a mapping")))
        }
    }
}

fn read_version(fields: &Fields<'_>, name: Arc<str>) -> Found<PluginVersion> {
    let scalar = fields.scalar("version")?;
    let version = scalar.value.parse().map_err(|_| {
        let message = format!(
            "invalid required version '{}' for plugin '{name}'",
            scalar.value
        );
        fields
            .context
            .finding_at(Code::ErrValidate, message, scalar.span)
    })?;
    Ok(PluginVersion { name, version })
}
