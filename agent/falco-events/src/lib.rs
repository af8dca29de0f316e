//! The events of Falco's captures: their table, a view of one, and the text of parameters.
//!
//! # Purpose
//!
//! A capture holds events as Falco's drivers wrote them: a code, and parameters whose names and
//! types a table gives for that code. [`event_type`] is that table, [`Event`] lends out the
//! parameters of one event. A [`Converter`] brings events of older captures into the form that events
//! have today, [`arguments_text`] and [`parameter_text`] print parameters as rules know them.
//!
//! # Invariants
//!
//! - Events are hostile: no bytes make anything here panic, and a view never reads outside its
//!   event.
//! - Reading parameters allocates nothing. Converting allocates nothing once its buffers have grown,
//!   but for old events of containers.
//! - What a converter keeps is bounded in threads and bytes.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod builder;
mod conversion;
mod event;
mod event_type;
mod native_syscalls;
mod path;
mod printable;
mod syscalls;
mod table;
mod text;

pub use builder::EventBuilder;
pub use conversion::{ConversionError, Converter};
pub use event::{Event, Header};
pub use event_type::{
    Category, Class, Direction, EventCode, EventFlags, EventType, Format, Parameter, ParameterKind,
};
pub use native_syscalls::native_syscall_name;
pub use path::concatenate;
pub use printable::append as append_printable;
pub use syscalls::syscall_name;
pub use table::{event_type, event_types};
pub use text::{DescriptorText, Names, arguments_text, parameter_text};
