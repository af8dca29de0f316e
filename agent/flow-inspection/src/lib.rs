//! From the first bytes of a connection to what protects it.
//!
//! # Purpose
//!
//! An [`Inspector`] is fed with the first payload bytes of each direction and gives a
//! [`Classification`]: protocol, TLS facts, verdict class with confidence and reason. It does no I/O.
//!
//! # Invariants
//!
//! - No payload byte leaves the crate: protocols, facts and lengths only. Facts are names that the
//!   protocol itself shows (server name, ALPN, subject of a certificate).
//! - The same bytes give the same result, however they are cut into segments.
//! - Bytes that are not there yet never make a verdict wrong, only less certain.
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

mod capture;
mod classification;
mod conversation;
mod credential_kind;
mod credentials;
mod cursor;
mod dns;
mod inspector;
mod protocol;
mod protocols;
mod reason;
mod tls;
mod tls_facts;
mod verdict;
mod wireguard;

pub use classification::{Classification, Confidence, SecurityClass};
pub use credential_kind::CredentialKind;
pub use dns::{ANSWERS_MAX, DnsMessage, DnsRecord};
pub use inspector::{Direction, Inspector, Progress, Segment, Transport};
pub use protocol::Protocol;
pub use reason::Reason;
pub use tls_facts::{CertificateFacts, ClientAuth, TlsFacts, TlsVersion};
