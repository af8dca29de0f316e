//! Alerts on the wire, and the services that take and give them.
//!
//! # Purpose
//!
//! [`v1`] is generated from the `.proto` files of this folder by `cargo xtask codegen`. What the files say of
//! a message or a field is its documentation.
//!
//! # Invariants
//!
//! - What was published keeps its number and type: `compatibility.lock` and a test of this crate hold it.
//! - [`EncodedBatch`] is `saker.v1.AlertBatch` on the wire. Its alerts stay encoded, because who passes them on
//!   needs no more than their [`AlertHeader`].
//!
//! ```
//! use prost::Message;
//! use saker_proto::{AlertHeader, v1};
//!
//! let alert = v1::Alert { id: vec![7; 16].into(), rule: "A rule".to_owned(), ..Default::default() };
//! let header = AlertHeader::decode(&*alert.encode_to_vec()).unwrap();
//! assert_eq!(header.id, alert.id);
//! ```
#![forbid(unsafe_code)]

mod encoded;
mod id;

pub use encoded::{AlertHeader, EncodedBatch};
pub use id::{AlertId, InvalidAlertId};

/// Version 1 of the messages and services.
#[expect(
    missing_docs,
    unused_qualifications,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated; the .proto files document it"
)]
pub mod v1 {
    include!("generated/saker.v1.rs");
}

/// Descriptors of all messages and services, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!("generated/saker.v1.bin");
