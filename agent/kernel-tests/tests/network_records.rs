//! What the kernel programs say of connections, over sockets of the test alone.

#[path = "network_records/scene.rs"]
mod scene;
#[path = "network_records/tcp.rs"]
mod tcp;
