//! `evt.is_open_*`: what a call wanted to open a file for.

use super::{Argument, Value, of};
use crate::captured::{CapturedEvent, call::Call};
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_falco_events::Event;

/// Bits of `flags` of a call that opens, as Falco numbers them.
mod open_flag {
    /// For reading; set for reading and writing too.
    pub(super) const READ: u64 = 1;
    /// For writing; set for reading and writing too.
    pub(super) const WRITE: u64 = 1 << 1;
    /// The file is made if it is not there.
    pub(super) const CREATE: u64 = 1 << 2;
    /// A file without a name.
    pub(super) const UNNAMED: u64 = 1 << 13;
    /// The file was made.
    pub(super) const CREATED: u64 = 1 << 14;
}

/// Permission to execute, for anyone.
const EXECUTE: u64 = 0o111;

/// A call that opens a file, and how it does.
struct Opening<'a> {
    call: Call,
    event: &'a Event<'a>,
    flags: u64,
}

impl<'a> Opening<'a> {
    fn of(captured: &CapturedEvent<'a>) -> Option<Self> {
        let event = captured.event;
        let call = Call::of_exit(event);
        let flags = match call {
            Call::Open | Call::OpenByHandleAt => event.unsigned(2).unwrap_or(0),
            Call::OpenAt | Call::OpenAt2 => event.unsigned(3).unwrap_or(0),
            Call::Creat => 0,
            _ => return None,
        };
        Some(Self { call, event, flags })
    }

    const fn has(&self, flags: u64) -> bool {
        self.flags & flags != 0
    }

    /// Whether a new file may be executed.
    fn makes_executable(&self) -> bool {
        let mode = match self.call {
            Call::Creat => self.event.unsigned(2),
            _ if !self.has(open_flag::CREATE | open_flag::UNNAMED) => None,
            Call::Open => self.event.unsigned(3),
            Call::OpenAt | Call::OpenAt2 => self.event.unsigned(4),
            _ => None,
        };
        mode.is_some_and(|mode| mode & EXECUTE != 0)
    }
}

fn opening<'c>(
    context: &EventContext<'c>,
    test: impl FnOnce(&Opening<'c>, i64) -> bool,
) -> Value<'c> {
    of(context, |captured| {
        let result = captured.result().unwrap_or(-1);
        let opening = Opening::of(captured);
        let holds = opening.is_some_and(|opening| test(&opening, result));
        Some(FieldValue::Bool(holds))
    })
}

pub(crate) fn opens_to_read<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, _| opening.has(open_flag::READ))
}

pub(crate) fn opens_to_write<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, _| opening.has(open_flag::WRITE))
}

pub(crate) fn opens_to_execute<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, _| opening.makes_executable())
}

pub(crate) fn creates<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    opening(context, |opening, result| {
        opening.has(open_flag::CREATED) || (opening.has(open_flag::UNNAMED) && result >= 0)
    })
}
