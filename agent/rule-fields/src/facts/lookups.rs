//! What was looked up for one event.

use super::Enrichment;
use saker_container_metadata::Answer as ContainerAnswer;
use saker_kube_metadata::{Answer, Endpoint, Pod};
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// Each answer is looked up when a field first asks, so that all fields of an event see the same.
#[derive(Default)]
pub(crate) struct Lookups {
    /// Of the container that the process runs in.
    pub(crate) container: OnceCell<ContainerAnswer>,
    /// Of the pod that the container belongs to.
    pub(crate) pod: OnceCell<Answer<Arc<Pod>>>,
    /// Of the client's address.
    pub(crate) client: OnceCell<Answer<Endpoint>>,
    /// Of the server's address.
    pub(crate) server: OnceCell<Answer<Endpoint>>,
    /// What was asked for and is not known.
    pub(crate) lacking: Cell<Enrichment>,
}
