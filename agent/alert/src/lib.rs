//! The alert model and its renderings.
//!
//! # Purpose
//!
//! [`Alert::compose`] makes an owned [`Alert`] of a rule that fired and the event that it fired for;
//! [`TextRenderer`] and [`JsonRenderer`] print it as Falco's users know it, and [`Alert::to_wire`] gives the
//! message that travels.
//!
//! # Invariants
//!
//! - An alert is one line. Whatever stood in a file name or an argument, no rendering holds a control
//!   character or bytes that are not UTF-8; see [`escaped`].
//! - The id of an alert follows from the event, the rule and the view: replaying gives the same ids.
//!
//! ```
//! use saker_alert::escaped;
//! assert_eq!(escaped(b"evil\nname\xff"), r"evil\nname\xff");
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::as_conversions
    )
)]

mod compose;
mod id;
mod json;
mod model;
mod output;
mod replaced;
mod text_line;
mod value;
mod wire;

pub use compose::{Node, Occurrence};
pub use id::IdParts;
pub use json::JsonRenderer;
pub use model::{Alert, OutputField};
pub use output::{fields, render, texts};
pub use saker_alert_formats::{
    Clock, Colour, JsonKeys, Presence, TimeFormat, escaped, push_escaped, rfc3339,
};
pub use saker_proto::AlertId;
pub use saker_rule_fields::Subject;
pub use text_line::TextRenderer;
pub use value::OutputValue;
pub use wire::{Agent, priority};
