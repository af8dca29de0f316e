//! Entries of user lists.

use super::cursor::{Cursor, Short};
use saker_capture_state::{GroupEntry, UserEntry};

/// An entry is a user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    User(UserEntry),
    Group(GroupEntry),
}

pub(super) fn account(cursor: &mut Cursor<'_>) -> Result<Account, Short> {
    Ok(match cursor.u8()? {
        0 => Account::User(UserEntry {
            uid: cursor.u32()?,
            gid: cursor.u32()?,
            name: cursor.text()?,
            home: cursor.text()?,
            shell: cursor.text()?,
        }),
        _ => Account::Group(GroupEntry {
            gid: cursor.u32()?,
            name: cursor.text()?,
        }),
    })
}
