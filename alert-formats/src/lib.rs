//! Alerts as others read them: Falco's JSON, OCSF, ECS, CEF.
#![forbid(unsafe_code)]

mod notification;

pub use notification::{Notification, Repeats};
