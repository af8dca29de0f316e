//! Wire bytes to validated, borrowed event views.
//!
//! # Purpose
//!
//! One generic decoder for every row of the event table: [`EventView::parse`] checks a record once
//! and lends out its arguments. [`EventBuilder`] makes records from named arguments, for tests and
//! for events that do not come from the kernel; [`render`] gives arguments the text that rules and
//! outputs see.
//!
//! # Invariants
//!
//! - Records are hostile: no bytes make anything here panic, and a view never reads outside its
//!   record.
//! - Parsing and reading allocate nothing.
//! - Values are the kernel's own; only `names` knows how Falco numbers and names them.
//!
//! ```
//! use saker_event_decode::{EventBuilder, EventView, render::{NoNames, argument_text}};
//! use saker_event_schema::event;
//!
//! let record = EventBuilder::new(event::OPENAT)
//!     .pid(42)
//!     .result(3)
//!     .set("name", "/etc/shadow")
//!     .set("flags", 0o2000000)
//!     .build();
//! let view = EventView::parse(&record)?;
//! assert_eq!(view.header().pid, 42);
//! let name = view.row().slot("name").and_then(|slot| view.path(slot));
//! assert_eq!(name, Some(&b"/etc/shadow"[..]));
//! let mut text = Vec::new();
//! argument_text(&view, 3, &NoNames, &mut text);
//! assert_eq!(text, b"O_RDONLY|O_CLOEXEC");
//! # Ok::<(), saker_event_decode::DecodeError>(())
//! ```
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

mod argument;
mod builder;
mod clock;
mod error;
pub mod names;
mod path;
pub mod render;
pub mod socket;
mod view;

pub use argument::{Argument, Data, is_signed, strings};
pub use builder::{EventBuilder, Value};
pub use clock::WallClock;
pub use error::{BuildError, DecodeError};
pub use path::normalise;
pub use render::{NameSource, NoNames, Rendered};
pub use socket::{L4Protocol, SocketAddressView, SocketView};
pub use view::{EventView, base_slot, root_slot};

#[cfg(test)]
mod tests;
