//! How alerts leave: syslog, HTTP, retries, secrets.
//!
//! [`syslog`] and [`http`] try once and say what became of it; when to try again is told by [`Backoff`] and
//! decided by the caller. Values that nobody should read are [`Secret`].
#![forbid(unsafe_code)]

mod backoff;
mod chain;
pub mod http;
mod secret;
pub mod syslog;

pub use backoff::Backoff;
pub use secret::{Secret, SecretError, SecretValue};
