//! What can be wrong with certificates, keys and their files.

use jiff::Timestamp;
use std::path::PathBuf;

/// Why TLS cannot be set up. Each text names the file and says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is larger than any certificate bundle.
    #[error("{}: larger than {limit} bytes, so this is no file of certificates or keys", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How large it may be, in bytes.
        limit: u64,
    },
    /// A file has a PEM section that is broken.
    #[error("{}: broken PEM: {reason}; is the file cut off, or was it changed by hand?", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is broken.
        reason: String,
    },
    /// A file that should have certificates has none.
    #[error(
        "{}: no certificate in it; it must be PEM, with `-----BEGIN CERTIFICATE-----`",
        path.display()
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file that should have a private key has none.
    #[error(
        "{}: no private key in it; it must be PEM, with `-----BEGIN PRIVATE KEY-----`, and not encrypted",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A certificate cannot be used.
    #[error("{}: the certificate cannot be used: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A private key cannot be used.
    #[error("{}: the private key cannot be used: {reason}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A key belongs to another certificate.
    #[error(
        "{}: this key does not belong to the certificate in {}; replace both together",
        key.display(),
        certificate.display()
    )]
    KeyMismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// A certificate is valid no more.
    #[error("{}: the certificate has expired, at {since}; renew it", path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// The end of its validity.
        since: Timestamp,
    },
    /// Of a certificate and its key, only one is configured.
    #[error("`{given}` is set without `{missing}`; a certificate and its key belong together")]
    Half {
        /// The setting that is there.
        given: &'static str,
        /// The setting that is not.
        missing: &'static str,
    },
    /// The system has no certificate authorities.
    #[error(
        "this system has no certificate authorities ({reason}); install ca-certificates, or set `ca_file`"
    )]
    NoRoots {
        /// What was found instead.
        reason: String,
    },
    /// What should be a server's name is none.
    #[error("`{name}` is neither a host name nor an address that a certificate could carry")]
    ServerName {
        /// What it is.
        name: String,
    },
    /// The library refuses the settings.
    #[error("TLS cannot be set up: {0}")]
    Library(#[from] rustls::Error),
}
