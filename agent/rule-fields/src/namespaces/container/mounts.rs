//! `container.mount*`: what is mounted in the container.

use super::asked;
use crate::context::EventContext;
use crate::namespaces::fd::static_text;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_container_metadata::{ContainerInfo, Mount};
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};

pub(super) static ROWS: &[FieldRow] = &FieldRow::of_processes([
    asked(
        "container.mounts",
        FieldType::String,
        "All mounts as `container.mount` shows one, separated by commas; empty outside of containers.",
        |context, _| {
            let mounts = context.of_container(|container| container.mounts.as_deref());
            context.show(mounts.map(all), static_text(""))
        },
    ),
    asked(
        "container.mount",
        FieldType::String,
        "One mount, by its number or by its source: `source:destination:mode:writable:propagation`. \
         The source is found by a regular expression, as in Falco: `/etc` finds the first mount \
         whose source contains it, `^/etc$` only that.",
        |context, argument| {
            mount(context, argument, |mount| &mount.source, |mount| {
                let mut text = Vec::new();
                append(mount, &mut text);
                FieldValue::owned(text)
            })
        },
    )
    .takes(NUMBER_OR_PATTERN),
    asked(
        "container.mount.source",
        FieldType::String,
        "Source of one mount, by its number or by a regular expression for its destination.",
        |context, argument| {
            mount(context, argument, |mount| &mount.destination, |mount| {
                FieldValue::text(mount.source.as_bytes())
            })
        },
    )
    .takes(NUMBER_OR_PATTERN),
    asked(
        "container.mount.dest",
        FieldType::String,
        "Destination of one mount, by its number or by a regular expression for its source.",
        |context, argument| {
            by_source(context, argument, |mount| {
                FieldValue::text(mount.destination.as_bytes())
            })
        },
    )
    .takes(NUMBER_OR_PATTERN),
    asked(
        "container.mount.mode",
        FieldType::String,
        "Mode of one mount, by its number or by a regular expression for its source.",
        |context, argument| {
            by_source(context, argument, |mount| {
                FieldValue::text(mount.mode.as_bytes())
            })
        },
    )
    .takes(NUMBER_OR_PATTERN),
    asked(
        "container.mount.rdwr",
        FieldType::String,
        "Whether one mount can be written, `true` or `false`, by its number or by a regular \
         expression for its source.",
        |context, argument| {
            by_source(context, argument, |mount| static_text(writable(mount)))
        },
    )
    .takes(NUMBER_OR_PATTERN),
    asked(
        "container.mount.propagation",
        FieldType::String,
        "Propagation of one mount, by its number or by a regular expression for its source.",
        |context, argument| {
            by_source(context, argument, |mount| {
                FieldValue::text(mount.propagation.as_bytes())
            })
        },
    )
    .takes(NUMBER_OR_PATTERN),
]);

const NUMBER_OR_PATTERN: ArgumentRule = ArgumentRule::Required(ArgumentForms::IndexOrKey);

fn by_source<'c>(
    context: &'c EventContext<'_>,
    argument: Option<&FieldArgument>,
    show: impl FnOnce(&'c Mount) -> FieldValue<'c>,
) -> FieldValue<'c> {
    mount(context, argument, |mount| &mount.source, show)
}

/// The mount with a number, or the first whose path fits the pattern.
fn mount<'c>(
    context: &'c EventContext<'_>,
    argument: Option<&FieldArgument>,
    path: impl Fn(&Mount) -> &str,
    show: impl FnOnce(&'c Mount) -> FieldValue<'c>,
) -> FieldValue<'c> {
    let mounts = context.of_container(|container: &'c ContainerInfo| container.mounts.as_deref());
    let mount = mounts.and_then(|mounts| match argument? {
        FieldArgument::Index(number) => mounts.get(usize::try_from(*number).ok()?),
        FieldArgument::Key(pattern) => context.scratch().with_pattern(pattern, |pattern| {
            mounts
                .iter()
                .find(|mount| pattern.is_match(path(mount).as_bytes()))
        })?,
    });
    context.show(mount.map(show), FieldValue::Missing)
}

fn all(mounts: &[Mount]) -> FieldValue<'static> {
    let mut text = Vec::new();
    for mount in mounts {
        if !text.is_empty() {
            text.push(b',');
        }
        append(mount, &mut text);
    }
    FieldValue::owned(text)
}

fn append(mount: &Mount, out: &mut Vec<u8>) {
    let parts = [
        &*mount.source,
        &*mount.destination,
        &*mount.mode,
        writable(mount),
        &*mount.propagation,
    ];
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            out.push(b':');
        }
        out.extend_from_slice(part.as_bytes());
    }
}

const fn writable(mount: &Mount) -> &'static str {
    if mount.is_writable { "true" } else { "false" }
}
