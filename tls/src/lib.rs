//! TLS settings, and certificates that are read again when they are renewed.
//!
//! [`ClientTls`] and [`ServerTls`] are loaded from what a configuration says and give the configuration of
//! rustls (with ring) for the next connection. [`Connector`] and [`Incoming`] connect and accept with them;
//! [`PeerIdentity`] says whom a certificate names; [`development`] makes certificates.
//!
//! ```no_run
//! use saker_tls::{ClientTls, ClientTlsSettings};
//!
//! let settings = ClientTlsSettings { ca_file: Some("/etc/saker/tls/ca.crt".into()), ..Default::default() };
//! let tls = ClientTls::load(&settings)?;
//! let config = tls.config();
//! # Ok::<(), saker_tls::TlsError>(())
//! ```
#![forbid(unsafe_code)]

mod client;
mod connection;
mod connector;
pub mod development;
mod error;
mod files;
mod identity;
mod incoming;
mod renewal;
mod server;
mod settings;

pub use client::ClientTls;
pub use connection::Connection;
pub use connector::{ConnectError, Connector, Protocol, grpc_channel};
pub use error::TlsError;
pub use identity::PeerIdentity;
pub use incoming::{Incoming, IncomingCounts, IncomingLimits, PeerInfo, PeerStream};
pub use renewal::CertificateState;
pub use server::ServerTls;
pub use settings::{ClientTlsSettings, ServerTlsSettings};

use rustls::crypto::{CryptoProvider, ring};
use std::path::Path;
use std::sync::Arc;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// What the library says of a certificate and its key, with their files.
fn pair_error(error: rustls::Error, certificate: &Path, key: &Path) -> TlsError {
    match error {
        rustls::Error::InconsistentKeys(_) => TlsError::KeyMismatch {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        },
        rustls::Error::InvalidCertificate(reason) => TlsError::Certificate {
            path: certificate.to_owned(),
            reason: reason.to_string(),
        },
        other => TlsError::Key {
            path: key.to_owned(),
            reason: other.to_string(),
        },
    }
}
