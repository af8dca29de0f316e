//! Alerts as others read them: lines of text, Falco's JSON, OCSF, ECS, CEF.
//!
//! # Purpose
//!
//! A [`Renderer`] prints a [`Notification`], an alert and what it stands for, in one [`Format`]. Which fact
//! of an alert goes where is a table in `docs/formats.md`.
//!
//! # Invariants
//!
//! - A rendering is one line. Whatever an alert holds, also one that did not come from an agent, it has no
//!   control character and nothing that changes the direction of text; see [`escaped`].
//! - Every format tells how often an alert was repeated, when first and last, which alerts it stands for,
//!   and how many were held back.
//! - Rendering neither fails nor panics.
//!
//! ```
//! use saker_alert_formats::{Clock, Format, Notification, Renderer, TimeFormat};
//! use saker_proto::{AlertId, v1};
//! use std::sync::Arc;
//!
//! let alert = v1::Alert {
//!     rule: "Shadow file opened".to_owned(),
//!     output: "Shadow file opened (file=/etc/shadow)".to_owned(),
//!     priority: v1::Priority::Warning.into(),
//!     ..Default::default()
//! };
//! let notification = Notification::single(AlertId::from_bytes([0; 16]), Arc::new(alert));
//! let renderer = Renderer::new(Format::Text, Clock::utc(TimeFormat::TimeOfDay));
//! assert_eq!(
//!     renderer.line(&notification),
//!     "00:00:00.000000000: Warning Shadow file opened (file=/etc/shadow)",
//! );
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod attack;
mod cef;
mod ecs;
mod escape;
mod facts;
mod falco;
mod format;
mod notification;
mod object;
mod ocsf;
mod priority;
mod text_line;
mod time;

pub use ecs::document as ecs_document;
pub use escape::{escaped, push_escaped};
pub use falco::{JsonKeys, JsonRenderer, Presence};
pub use format::{Format, Renderer, UnknownFormat};
pub use notification::{Notification, Repeats};
pub use ocsf::finding as ocsf_finding;
pub use priority::priority_name;
pub use text_line::{Colour, TextRenderer};
pub use time::{Clock, TimeFormat, rfc3339};
