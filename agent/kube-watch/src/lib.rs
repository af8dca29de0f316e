//! Watches the API server of a cluster.
//!
//! # Purpose
//!
//! [`KubeWatch`] keeps a [`Cluster`](saker_kube_metadata::Cluster) as the API server describes it: for
//! each kind of objects that the loaded rules need it lists what is there and then watches the changes.
//!
//! # Invariants
//!
//! - Only what a [`Scope`](saker_kube_metadata::Scope) asks for is watched, and of pods, owners and namespaces no
//!   more than metadata, addresses, the node, and what says how connections are protected.
//! - Nothing is ever given up: what fails is tried again, ever more rarely. A change of state is logged
//!   once, with the remedy.
//! - What the server sends is bounded, and what cannot be understood is counted and skipped.
//!
//! # Example
//!
//! ```no_run
//! use saker_kube_metadata::{Cluster, Limits, Scope};
//! use saker_kube_watch::{KubeConfig, KubeWatch};
//!
//! # async fn run() -> Result<(), saker_kube_watch::ConnectError> {
//! let cluster = Cluster::new(Limits::default(), Box::new(|| {}));
//! let (_rules_need, scope) = tokio::sync::watch::channel(Scope::NODE_PODS);
//! if let Some(watch) = KubeWatch::connect(KubeConfig::default()).await? {
//!     watch.serve(cluster, scope).await;
//! }
//! # Ok(())
//! # }
//! ```
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

mod board;
mod config;
mod counters;
mod kind_watch;
mod reply_limit;
mod trouble;
mod watch;

pub use board::{KindStatus, Progress};
pub use config::{Backoff, ConnectError, KubeConfig};
pub use counters::KindCounters;
pub use reply_limit::ReplyLimit;
pub use trouble::{Trouble, TroubleKind};
pub use watch::KubeWatch;
