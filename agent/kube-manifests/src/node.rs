//! Nodes.

use crate::labels::labels_of;
use crate::seen::{Part, Seen};
use saker_kube_metadata::{Node, Object};
use serde::Deserialize;
use std::net::IpAddr;

/// Most addresses of a node that are kept.
const ADDRESSES_MAX: usize = 64;

/// A node as the server sends it.
pub(crate) type SeenNode = Seen<NodeSpec, NodeStatus>;

/// Nothing of it is read.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NodeSpec {}

impl Part for NodeSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NodeStatus {
    addresses: Option<Vec<NodeAddress>>,
}

#[derive(Clone, Debug, Deserialize)]
struct NodeAddress {
    address: Option<String>,
}

/// The node, if it has a name and a uid.
pub(crate) fn node(seen: SeenNode) -> Option<Object> {
    let metadata = seen.metadata;
    let listed = seen.status.and_then(|status| status.addresses);
    let mut addresses: Vec<IpAddr> = Vec::new();
    // Names of the host stand among the addresses too.
    for address in listed.into_iter().flatten().filter_map(|a| a.address) {
        if let Ok(address) = address.parse()
            && addresses.len() < ADDRESSES_MAX
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    Some(Object::Node(Node {
        name: metadata.name?.into(),
        uid: metadata.uid?.into(),
        labels: labels_of(metadata.labels),
        addresses: addresses.into(),
    }))
}
