//! Users and groups as the capture lists them.

use super::{Argument, Value, with};
use crate::captured::CapturedEvent;
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::{GroupEntry, Thread, UserEntry};

/// What stands for a user or group that the capture does not list.
const NO_NAME: &[u8] = b"<NA>";

impl<'a> CapturedEvent<'a> {
    /// Whether the users of the thread are those of the host, which are all that a capture lists.
    fn is_on_host(&self) -> bool {
        self.thread()
            .is_none_or(|thread| thread.container.is_none())
    }

    /// A user, if the capture lists it.
    pub(crate) fn user(&self, uid: u32) -> Option<&'a UserEntry> {
        self.machine.user(uid).filter(|_| self.is_on_host())
    }

    /// A group, if the capture lists it.
    pub(crate) fn group(&self, gid: u32) -> Option<&'a GroupEntry> {
        self.machine.group(gid).filter(|_| self.is_on_host())
    }
}

/// A text of a user; what the capture does not list has the text that is given for the number.
pub(crate) fn of_user<'c>(
    context: &EventContext<'c>,
    uid: fn(&Thread) -> u32,
    part: fn(&UserEntry) -> &[u8],
    of_root: &'static [u8],
) -> Value<'c> {
    with(context, |captured, thread| {
        let uid = uid(thread);
        Some(FieldValue::text(match (captured.user(uid), uid) {
            (Some(user), _) => part(user),
            (None, 0) => of_root,
            (None, _) => NO_NAME,
        }))
    })
}

pub(crate) fn group_name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let gid = thread.process.credentials.gid;
        Some(FieldValue::text(match (captured.group(gid), gid) {
            (Some(group), _) => &group.name,
            (None, 0) => b"root",
            (None, _) => NO_NAME,
        }))
    })
}
