//! Scenarios against the running kernel, as root.
