//! `user.*`: the user that the process acts as.

use crate::captured::process;
use crate::context::EventContext;
use crate::namespaces::fd::static_text;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_process_state::User;
use saker_rule_language::FieldType;

/// What Falco gives for a user or group without an entry.
pub(super) const NO_NAME: &str = "<NA>";

pub(super) static ROWS: &[&[FieldRow]] = &[USER];

static USER: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "user.uid",
        FieldType::Uint,
        "Effective user id of the acting thread, as the host counts.",
        |context, _| FieldValue::of(uid(context), |uid| FieldValue::Uint(uid.into())),
    ),
    FieldRow::filled(
        "user.name",
        FieldType::String,
        "Name of `user.uid` in the host's table of users; the text `<NA>` when it has no entry.",
        |context, _| of_user(context, uid(context), |user| &user.name),
    )
    .captured(|context, _| {
        process::of_user(
            context,
            |thread| thread.process.credentials.uid,
            |user| &user.name,
            b"root",
        )
    })
    .in_captures("from the users that the capture lists"),
    FieldRow::filled(
        "user.homedir",
        FieldType::String,
        "Home directory of `user.uid`; the text `<NA>` when it has no entry.",
        |context, _| of_user(context, uid(context), |user| &user.home),
    )
    .captured(|context, _| {
        process::of_user(
            context,
            |thread| thread.process.credentials.uid,
            |user| &user.home,
            b"/root",
        )
    })
    .in_captures("from the users that the capture lists"),
    FieldRow::filled(
        "user.shell",
        FieldType::String,
        "Login shell of `user.uid`; the text `<NA>` when it has no entry.",
        |context, _| of_user(context, uid(context), |user| &user.shell),
    )
    .captured(|context, _| {
        process::of_user(
            context,
            |thread| thread.process.credentials.uid,
            |user| &user.shell,
            b"<NA>",
        )
    })
    .in_captures("from the users that the capture lists"),
    FieldRow::filled(
        "user.loginuid",
        FieldType::Int,
        "User id that logged in, whatever it became since; -1 when nobody did.",
        |context, _| {
            FieldValue::of(login_uid(context), |uid| match uid {
                Some(uid) => FieldValue::Int(uid.into()),
                None => FieldValue::Int(-1),
            })
        },
    ),
    FieldRow::filled(
        "user.loginname",
        FieldType::String,
        "Name of `user.loginuid`; the text `<NA>` when nobody logged in or it has no entry.",
        |context, _| match login_uid(context) {
            None => FieldValue::Missing,
            Some(None) => static_text(NO_NAME),
            Some(uid) => of_user(context, uid, |user| &user.name),
        },
    )
    .captured(|context, _| {
        process::of_user(
            context,
            |thread| thread.process.credentials.loginuid.unwrap_or(u32::MAX),
            |user| &user.name,
            b"root",
        )
    })
    .in_captures("from the users that the capture lists"),
]);

/// The event's own word comes first: it is of the thread that acted and of that moment.
fn uid(context: &EventContext<'_>) -> Option<u32> {
    match context.event() {
        Some(event) => Some(event.header().uid),
        None => context.process().map(|process| process.credentials.uid),
    }
}

/// The login uid, if it is known; `Some(None)` when it is known to be unset.
fn login_uid(context: &EventContext<'_>) -> Option<Option<u32>> {
    match context.event() {
        Some(event) => Some(Some(event.header().loginuid).filter(|uid| *uid != u32::MAX)),
        None => context
            .process()
            .map(|process| process.credentials.loginuid),
    }
}

fn of_user<'a>(
    context: &EventContext<'a>,
    uid: Option<u32>,
    part: fn(&User) -> &[u8],
) -> FieldValue<'a> {
    FieldValue::of(uid, |uid| match context.host().users.user(uid) {
        Some(user) => FieldValue::text(part(user)),
        None => static_text(NO_NAME),
    })
}
