//! What is known of a cluster.
//!
//! # Purpose
//!
//! [`Cluster`] is where the watches put what the API server says, and where the fields of rules find it.
//! It holds no more of an object than fields can show.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod cluster;
mod objects;
mod scope;

pub use cluster::{Cluster, Endpoint, PodAnswer};
pub use objects::{Labels, Namespace, ObjectName, Pod, Service, Workload, WorkloadKind};
pub use scope::Scope;
