//! How alerts leave: syslog, HTTP, retries, secrets.
#![forbid(unsafe_code)]
