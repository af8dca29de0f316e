//! Certificates and keys, read from files.

use crate::TlsError;
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The system's bundle of authorities has some 250 KiB.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Tells whether a file was replaced or written to. Follows symlinks, so that the swap of `..data` in a
/// volume of Kubernetes is seen as another inode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fingerprint {
    Missing,
    File {
        device: u64,
        inode: u64,
        size: u64,
        modified: (i64, i64),
        changed: (i64, i64),
    },
}

impl Fingerprint {
    pub(crate) fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(found) => Self::File {
                device: found.dev(),
                inode: found.ino(),
                size: found.size(),
                modified: (found.mtime(), found.mtime_nsec()),
                changed: (found.ctime(), found.ctime_nsec()),
            },
            Err(_) => Self::Missing,
        }
    }
}

/// A certificate with its intermediates, and how long it is valid.
pub(crate) struct Chain {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) not_after: Timestamp,
}

pub(crate) fn read_chain(path: &Path, now: Timestamp) -> Result<Chain, TlsError> {
    let certificates = read_certificates(path)?;
    let unusable = |reason: String| TlsError::Certificate {
        path: path.to_owned(),
        reason,
    };
    let first = certificates.first().ok_or(TlsError::NoCertificate {
        path: path.to_owned(),
    })?;
    let (_, leaf) =
        X509Certificate::from_der(first).map_err(|error| unusable(error.to_string()))?;
    let not_after = Timestamp::from_second(leaf.validity().not_after.timestamp())
        .map_err(|error| unusable(error.to_string()))?;
    if not_after < now {
        return Err(TlsError::Expired {
            path: path.to_owned(),
            since: not_after,
        });
    }
    Ok(Chain {
        certificates,
        not_after,
    })
}

pub(crate) fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey {
            path: path.to_owned(),
        },
        other => broken(path, &other),
    })
}

pub(crate) fn read_authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| TlsError::Certificate {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
    }
    Ok(roots)
}

/// At least one.
fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(path)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| broken(path, &error))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate {
            path: path.to_owned(),
        });
    }
    Ok(certificates)
}

fn broken(path: &Path, error: &pem::Error) -> TlsError {
    TlsError::Pem {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let failed = |source| TlsError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(TlsError::TooLarge {
            path: path.to_owned(),
            limit: FILE_BYTES_MAX,
        });
    }
    Ok(bytes)
}
