//! Alerts on disk until their destination has them.
#![forbid(unsafe_code)]
