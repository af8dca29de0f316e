//! TLS settings, and certificates that are read again when they are renewed.
#![forbid(unsafe_code)]
