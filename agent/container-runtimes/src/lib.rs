//! Asks the container runtimes of a host.
#![forbid(unsafe_code)]
