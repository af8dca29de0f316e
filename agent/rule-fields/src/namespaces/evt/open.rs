//! `evt.is_open_*`: what a call wanted to open a file for.

use super::truth;
use crate::context::EventContext;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_event_decode::names::open_flags::{O_ACCMODE, O_CREAT, O_RDWR, O_TMPFILE, O_WRONLY};
use saker_event_schema::event;

/// `O_EXCL`: the call fails when the file is there.
const O_EXCL: u64 = 0o200;
/// Permission to execute, for anyone.
const EXECUTE: u64 = 0o111;

pub(super) static ROWS: &[FieldRow] = &[
    truth(
        "evt.is_open_read",
        "Whether the event is an `open`, `openat` or `openat2` for reading.",
        |context, _| judge(context, |call| call.is_open && call.access() != O_WRONLY),
    ),
    truth(
        "evt.is_open_write",
        "Whether the event is an `open`, `openat` or `openat2` for writing.",
        |context, _| {
            judge(context, |call| {
                call.is_open && matches!(call.access(), O_WRONLY | O_RDWR)
            })
        },
    ),
    truth(
        "evt.is_open_exec",
        "Whether the event is an `open`, `openat`, `openat2` or `creat` that asked for an executable \
         file to be made.",
        |context, _| {
            judge(context, |call| {
                call.mode & EXECUTE != 0 && (call.flags & O_CREAT != 0 || call.is_unnamed())
            })
        },
    ),
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
            match (is_asked && call.is_successful, is_certain) {
                (true, false) => FieldValue::Missing,
                (made, _) => FieldValue::Bool(made),
            }
        },
    ),
];

/// A call that opens a file.
struct Call {
    /// Whether it is one of the `open` calls, not `creat`.
    is_open: bool,
    is_successful: bool,
    flags: u64,
    mode: u64,
}

impl Call {
    fn of(context: &EventContext<'_>) -> Option<Self> {
        let event = context.event()?;
        let is_open = matches!(event.id(), event::OPEN | event::OPENAT | event::OPENAT2);
        if !is_open && event.id() != event::CREAT {
            return None;
        }
        let number = |name| event.unsigned(event.row().slot(name)?);
        Some(Self {
            is_open,
            is_successful: super::result(context).is_some_and(|result| result >= 0),
            flags: if is_open {
                number("flags")?
            } else {
                O_CREAT | O_WRONLY
            },
            mode: number("mode").unwrap_or(0),
        })
    }

    const fn access(&self) -> u64 {
        self.flags & O_ACCMODE
    }

    /// Whether a file without a name is made.
    const fn is_unnamed(&self) -> bool {
        self.flags & O_TMPFILE == O_TMPFILE
    }
}

/// False for every event that opens nothing.
fn judge<'c>(context: &EventContext<'_>, test: fn(&Call) -> bool) -> FieldValue<'c> {
    FieldValue::of(context.event(), |_| {
        FieldValue::Bool(Call::of(context).is_some_and(|call| test(&call)))
    })
}
