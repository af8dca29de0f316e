//! From raised alerts to their destinations.
#![forbid(unsafe_code)]

pub mod pump;
pub mod uplink;
