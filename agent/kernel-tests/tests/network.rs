//! What goes over the network between real programs, and what the agent says of it.
//!
//! Each test makes hosts of its own: network namespaces joined by a cable, and control groups as a kubelet
//! makes them. It touches nothing else of the machine.

#[path = "network/ambient.rs"]
mod ambient;
#[path = "network/beginnings.rs"]
mod beginnings;
#[path = "network/certificates.rs"]
mod certificates;
#[path = "network/datagrams.rs"]
mod datagrams;
#[path = "network/disorder.rs"]
mod disorder;
#[path = "network/dual_stack.rs"]
mod dual_stack;
#[path = "network/ledger.rs"]
mod ledger;
#[path = "network/legs.rs"]
mod legs;
#[path = "network/manifests.rs"]
mod manifests;
#[path = "network/mesh.rs"]
mod mesh;
#[path = "network/owners.rs"]
mod owners;
#[path = "network/pods.rs"]
mod pods;
#[path = "network/policies.rs"]
mod policies;
#[path = "network/probes.rs"]
mod probes;
#[path = "network/protocols.rs"]
mod protocols;
#[path = "network/proxies.rs"]
mod proxies;
#[path = "network/robustness.rs"]
mod robustness;
#[path = "network/running.rs"]
mod running;
#[path = "network/scene.rs"]
mod scene;
#[path = "network/servers.rs"]
mod servers;
#[path = "network/watch.rs"]
mod watch;
