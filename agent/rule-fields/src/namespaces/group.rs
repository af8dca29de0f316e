//! `group.*`: the group that the process acts as.

use super::user::NO_NAME;
use crate::captured::process;
use crate::context::EventContext;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[GROUP];

static GROUP: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "group.gid",
        FieldType::Uint,
        "Effective group id of the acting thread, as the host counts.",
        |context, _| FieldValue::of(gid(context), |gid| FieldValue::Uint(gid.into())),
    ),
    FieldRow::filled(
        "group.name",
        FieldType::String,
        "Name of `group.gid` in the host's table of groups; the text `<NA>` when it has no entry.",
        |context, _| {
            FieldValue::of(gid(context), |gid| {
                let name = context.host().users.group(gid);
                FieldValue::text(name.unwrap_or(NO_NAME.as_bytes()))
            })
        },
    )
    .captured(process::group_name)
    .in_captures("from the groups that the capture lists"),
]);

fn gid(context: &EventContext<'_>) -> Option<u32> {
    match context.event() {
        Some(event) => Some(event.header().gid),
        None => context.process().map(|process| process.credentials.gid),
    }
}
