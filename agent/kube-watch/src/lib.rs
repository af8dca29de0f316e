//! Watches the API server of a cluster.
#![forbid(unsafe_code)]
