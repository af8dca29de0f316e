//! `fs.path.*`: the paths of a call that succeeded.
//!
//! `name` is the path of calls with one, `source` and `target` those of calls with two. As in Falco,
//! the source of a link is the new name and its target what it leads to.

use crate::captured::file_system;
use crate::context::EventContext;
use crate::paths::{self, PathRole};
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[PATHS];

static PATHS: &[FieldRow] = &[
    path(
        "fs.path.name",
        "Path that a successful call acts on, absolute and normalised, in the path view.",
        |context, _| whole(context, PathRole::Name),
    )
    .captured(|context, _| file_system::whole(context, PathRole::Name)),
    path(
        "fs.path.nameraw",
        "Path that a successful call acts on, as the caller passed it.",
        |context, _| raw(context, PathRole::Name),
    )
    .captured(|context, _| file_system::raw(context, PathRole::Name)),
    path(
        "fs.path.source",
        "Source of a successful rename, link or mount, absolute and normalised.",
        |context, _| whole(context, PathRole::Source),
    )
    .captured(|context, _| file_system::whole(context, PathRole::Source)),
    path(
        "fs.path.sourceraw",
        "Source of a successful rename, link or mount, as the caller passed it.",
        |context, _| raw(context, PathRole::Source),
    )
    .captured(|context, _| file_system::raw(context, PathRole::Source)),
    path(
        "fs.path.target",
        "Target of a successful rename, link or mount, absolute and normalised.",
        |context, _| whole(context, PathRole::Target),
    )
    .captured(|context, _| file_system::whole(context, PathRole::Target)),
    path(
        "fs.path.targetraw",
        "Target of a successful rename, link or mount, as the caller passed it.",
        |context, _| raw(context, PathRole::Target),
    )
    .captured(|context, _| file_system::raw(context, PathRole::Target)),
];

const fn path(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor)
}

/// The slot of a path, if the call succeeded.
fn slot(context: &EventContext<'_>, role: PathRole) -> Option<usize> {
    let event = context.event()?;
    if paths::result(event)? < 0 {
        return None;
    }
    paths::slot(event.row(), role)
}

fn whole<'c>(context: &'c EventContext<'_>, role: PathRole) -> FieldValue<'c> {
    match slot(context, role) {
        Some(slot) => FieldValue::from_option(paths::absolute(context, slot)),
        // A descriptor instead of a path: `fchmod`.
        None if role == PathRole::Name => of_descriptor(context),
        None => FieldValue::Missing,
    }
}

fn raw<'c>(context: &'c EventContext<'_>, role: PathRole) -> FieldValue<'c> {
    let Some(slot) = slot(context, role) else {
        return match role {
            PathRole::Name => of_descriptor(context),
            PathRole::Source | PathRole::Target => FieldValue::Missing,
        };
    };
    let path = context.event().and_then(|event| event.path(slot));
    FieldValue::of(path, FieldValue::text)
}

fn of_descriptor<'c>(context: &'c EventContext<'_>) -> FieldValue<'c> {
    let path = context
        .event()
        .filter(|event| paths::is_on_open_file(event))
        .and_then(|_| context.descriptor()?.resolved());
    FieldValue::of(path, FieldValue::text)
}
