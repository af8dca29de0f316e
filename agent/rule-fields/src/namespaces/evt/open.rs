//! `evt.is_open_*`: what a call wanted to open a file for.

use super::truth;
use crate::captured::event as captured;
use crate::context::EventContext;
use crate::descriptor::layout;
use crate::paths::result;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_event_decode::EventView;
use saker_event_decode::names::open_flags::{O_ACCMODE, O_CREAT, O_RDWR, O_TMPFILE, O_WRONLY};
use saker_event_schema::event;

/// `O_EXCL`: the call fails when the file is there.
const O_EXCL: u64 = 0o200;
/// `O_PATH`: nothing of the file is read or written.
const O_PATH: u64 = 0o10_000_000;
/// Permission to execute, for anyone.
const EXECUTE: u64 = 0o111;

pub(super) static ROWS: &[FieldRow] = &[
    truth(
        "evt.is_open_read",
        "Whether the event is an `open`, `openat` or `openat2` for reading.",
        |context, _| {
            judge(context, |call| {
                call.access().is_some_and(|access| access != O_WRONLY)
            })
        },
    )
    .captured(captured::opens_to_read)
    .in_captures("also for `open_by_handle_at`"),
    truth(
        "evt.is_open_write",
        "Whether the event is an `open`, `openat` or `openat2` for writing.",
        |context, _| {
            judge(context, |call| {
                matches!(call.access(), Some(O_WRONLY | O_RDWR))
            })
        },
    )
    .captured(captured::opens_to_write)
    .in_captures("also for `open_by_handle_at`"),
    truth(
        "evt.is_open_exec",
        "Whether the event is an `open`, `openat`, `openat2` or `creat` that asked for an executable \
         file to be made.",
        |context, _| {
            judge(context, |call| {
                let is_made = call.flags & O_CREAT != 0 || call.is_unnamed();
                is_made && call.permissions() & EXECUTE != 0
            })
        },
    )
    .captured(captured::opens_to_execute),
    truth(
        "evt.is_open_create",
        "Whether the event made a file. Missing for a call that would have made it (`O_CREAT` without \
         `O_EXCL`) and succeeded: whether the file was there before is not known.",
        |context, _| {
            let Some(call) = context.event().and_then(|_| Call::of(context)) else {
                return judge(context, |_| false);
            };
            let is_asked = call.flags & O_CREAT != 0 || call.is_unnamed();
            let is_certain = call.flags & O_EXCL != 0 || call.is_unnamed();
            match (is_asked && call.is_successful(), is_certain) {
                (true, false) => FieldValue::Missing,
                (made, _) => FieldValue::Bool(made),
            }
        },
    )
    .captured(captured::creates)
    .in_captures("always known"),
];

/// Whether the event is a call that opened a file in order to change it.
pub(crate) fn opens_to_change(context: &EventContext<'_>) -> bool {
    Call::of(context).is_some_and(|call| {
        call.is_successful()
            && call.flags & O_PATH == 0
            && matches!(call.flags & O_ACCMODE, O_WRONLY | O_RDWR)
    })
}

/// A call that opens a file.
struct Call<'c> {
    event: &'c EventView<'c>,
    flags: u64,
}

impl<'c> Call<'c> {
    fn of(context: &EventContext<'c>) -> Option<Self> {
        let event = context.event()?;
        let flags = match event.id() {
            event::OPEN | event::OPENAT | event::OPENAT2 => event.unsigned(layout(event).flags?)?,
            event::CREAT => O_CREAT | O_WRONLY,
            _ => return None,
        };
        Some(Self { event, flags })
    }

    /// What an `open` call wants to do with the file; nothing for `creat`.
    fn access(&self) -> Option<u64> {
        (self.event.id() != event::CREAT).then_some(self.flags & O_ACCMODE)
    }

    /// Permissions of the file, if it is made.
    fn permissions(&self) -> u64 {
        let slot = layout(self.event).permissions;
        slot.and_then(|slot| self.event.unsigned(slot)).unwrap_or(0)
    }

    fn is_successful(&self) -> bool {
        result(self.event).is_some_and(|result| result >= 0)
    }

    /// Whether a file without a name is made.
    const fn is_unnamed(&self) -> bool {
        self.flags & O_TMPFILE == O_TMPFILE
    }
}

/// False for every event that opens nothing.
fn judge<'c>(context: &EventContext<'_>, test: fn(&Call<'_>) -> bool) -> FieldValue<'c> {
    FieldValue::of(context.event(), |_| {
        FieldValue::Bool(Call::of(context).is_some_and(|call| test(&call)))
    })
}
