//! What a configuration says about TLS.

use serde::Deserialize;
use std::path::PathBuf;

/// TLS towards a server. Everything may be left out: then the system's certificate authorities vouch for the
/// server, and it is not told who is calling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientTlsSettings {
    /// PEM file of the authorities that may vouch for the server, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the certificate to show to the server, with its intermediates.
    pub certificate_file: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    pub key_file: Option<PathBuf>,
    /// Name that the server's certificate must carry, where it is not the name that is connected to.
    pub server_name: Option<String>,
}

/// TLS towards clients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerTlsSettings {
    /// PEM file of the server's certificate, with its intermediates.
    pub certificate_file: PathBuf,
    /// PEM file of the certificate's private key.
    pub key_file: PathBuf,
    /// PEM file of the authorities that may vouch for clients. With it, a client must show a certificate.
    pub client_ca_file: Option<PathBuf>,
}
