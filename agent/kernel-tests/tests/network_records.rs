//! What the kernel programs say of connections, over sockets of the test alone.

#[path = "network_records/forged.rs"]
mod forged;
#[path = "network_records/losses.rs"]
mod losses;
#[path = "network_records/owners.rs"]
mod owners;
#[path = "network_records/scene.rs"]
mod scene;
#[path = "network_records/streams.rs"]
mod streams;
#[path = "network_records/tcp.rs"]
mod tcp;
#[path = "network_records/udp.rs"]
mod udp;
