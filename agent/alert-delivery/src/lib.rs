//! From raised alerts to their destinations.
#![forbid(unsafe_code)]
