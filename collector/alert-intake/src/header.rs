//! What is looked at of an alert.

use bytes::Bytes;

/// A part of [`Alert`](saker_proto::v1::Alert), by the same numbers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct IntakeHeader {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) id: Bytes,
    #[prost(string, tag = "3")]
    pub(crate) rule: String,
    #[prost(message, optional, tag = "12")]
    pub(crate) node: Option<NodeHeader>,
    #[prost(string, tag = "13")]
    pub(crate) cluster: String,
}

/// A part of [`Node`](saker_proto::v1::Node), by the same numbers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NodeHeader {
    #[prost(string, tag = "1")]
    pub(crate) hostname: String,
}

impl IntakeHeader {
    /// Name of the node that the alert is of; empty where it says none.
    pub(crate) fn hostname(&self) -> &str {
        self.node.as_ref().map_or("", |node| &node.hostname)
    }
}
