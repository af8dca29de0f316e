//! Certificates in files, and handshakes with them over loopback.

#[path = "tls/grpc.rs"]
mod grpc;
#[path = "tls/incoming.rs"]
mod incoming;
#[path = "tls/refusals.rs"]
mod refusals;
#[path = "tls/renewal.rs"]
mod renewal;
#[path = "tls/support.rs"]
mod support;
