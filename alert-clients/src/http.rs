//! A client of HTTP/1.1 that hands bytes over and says what became of them.
//!
//! Connections are kept for the next request. Redirects are not followed: whoever answers with one would
//! decide where alerts go. Proxies are not used, `HTTPS_PROXY` is not heeded. Each request is tried once,
//! but for one case: where the server refuses the credentials and their file holds others by now.

mod authorization;
mod client;
mod outcome;
mod settings;

pub use client::{HttpClient, HttpError, HttpRequest};
pub use http::{HeaderName, HeaderValue, Method};
pub use outcome::{HttpOutcome, Reply};
pub use settings::{Authentication, Compression, HeaderSetting, HttpSettings};
