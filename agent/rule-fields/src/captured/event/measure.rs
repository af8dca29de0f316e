//! Counts of events and of the data that they moved.

use super::{Argument, Medium, Value, of};
use crate::captured::{CapturedEvent, call::Call};
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::{Descriptor, DescriptorKind, Thread};
use saker_falco_events::Category;
use std::borrow::Cow;

/// What calls that fail are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    /// All.
    Any,
    /// Those on files.
    File,
    /// Those on sockets.
    Socket,
    /// Those on memory.
    Memory,
    /// The rest.
    Other,
}

impl Failing {
    fn counts(self, captured: &CapturedEvent<'_>) -> bool {
        let call = Call::of_exit(captured.event);
        let is_memory = captured.event.event_type.category == Category::Memory;
        let medium = match captured.descriptor() {
            // A unix socket counts as a socket here.
            Some(descriptor) => match descriptor.kind {
                DescriptorKind::Unix { .. } => Medium::Socket,
                _ => Medium::of(descriptor),
            },
            None if call.opens_file() => Medium::File,
            None if call.makes_connection() => Medium::Socket,
            None => Medium::Other,
        };
        match self {
            Self::Any => true,
            Self::File => medium == Medium::File,
            Self::Socket => medium == Medium::Socket,
            Self::Memory => is_memory,
            Self::Other => {
                medium == Medium::Other && (captured.descriptor().is_some() || !is_memory)
            }
        }
    }
}

/// 1 for a call that failed, 0 for one that did not; missing for calls that are not counted.
pub(crate) fn count_errors<'c>(context: &EventContext<'c>, failing: Failing) -> Value<'c> {
    of(context, |captured| {
        let result = captured.result()?;
        let is_counted = failing.counts(captured);
        is_counted.then(|| FieldValue::Uint((result < 0).into()))
    })
}

/// 1 for information about a process or thread.
pub(crate) fn count_process_info<'c>(context: &EventContext<'c>, is_any_thread: bool) -> Value<'c> {
    of(context, |captured| {
        let is_main = || {
            let thread = captured.thread();
            thread.is_some_and(Thread::is_main)
        };
        let is_info = captured.event.event_type.name == "procinfo";
        let is_counted = is_info && (is_any_thread || is_main());
        Some(FieldValue::Uint(is_counted.into()))
    })
}

/// Which calls that move data are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Those in this direction only.
    direction: Option<Category>,
    /// Those through this medium only.
    medium: Option<Medium>,
}

impl Measured {
    /// Every call.
    pub(crate) const ALL: Self = Self::of(None, None);
    /// Reads.
    pub(crate) const READ: Self = Self::of(Some(Category::IoRead), None);
    /// Writes.
    pub(crate) const WRITTEN: Self = Self::of(Some(Category::IoWrite), None);
    /// Calls on files.
    pub(crate) const FILE: Self = Self::of(None, Some(Medium::File));
    /// Reads of files.
    pub(crate) const FILE_READ: Self = Self::of(Some(Category::IoRead), Some(Medium::File));
    /// Writes of files.
    pub(crate) const FILE_WRITTEN: Self = Self::of(Some(Category::IoWrite), Some(Medium::File));
    /// Calls on sockets.
    pub(crate) const SOCKET: Self = Self::of(None, Some(Medium::Socket));
    /// Reads of sockets.
    pub(crate) const RECEIVED: Self = Self::of(Some(Category::IoRead), Some(Medium::Socket));
    /// Writes of sockets.
    pub(crate) const SENT: Self = Self::of(Some(Category::IoWrite), Some(Medium::Socket));

    const fn of(direction: Option<Category>, medium: Option<Medium>) -> Self {
        Self { direction, medium }
    }

    fn contains(self, category: Category, descriptor: &Descriptor) -> bool {
        let moves_data = matches!(
            category,
            Category::IoRead | Category::IoWrite | Category::IoOther
        );
        let is_wanted = self.direction.is_none_or(|wanted| wanted == category);
        let goes_through = match self.medium {
            None => true,
            // Directories are no files here.
            Some(Medium::File) => descriptor.kind == DescriptorKind::File,
            Some(medium) => Medium::of(descriptor) == medium,
        };
        moves_data && is_wanted && goes_through
    }
}

/// How many bytes a call moved.
pub(crate) fn moved_bytes<'c>(context: &EventContext<'c>, measured: Measured) -> Value<'c> {
    of(context, |captured| {
        let category = captured.event.event_type.category;
        measured
            .contains(category, captured.descriptor()?)
            .then_some(())?;
        let bytes = captured.result().filter(|result| *result >= 0)?;
        Some(FieldValue::Uint(bytes.cast_unsigned()))
    })
}

/// The data that a call moved, as far as the capture holds it.
pub(crate) fn data<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |captured| {
        let data = captured.event.parameter(captured.event.slot("data")?)?;
        (!data.is_empty()).then_some(FieldValue::Bytes(Cow::Borrowed(data)))
    })
}
