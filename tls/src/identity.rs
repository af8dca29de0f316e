//! Whom a certificate names.

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// As many names of a kind as are looked at: a certificate comes from the other side.
const NAMES_MAX: usize = 64;

/// The names in a certificate, as it has them: nothing says that an authority vouches for them before the
/// handshake has succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerIdentity {
    /// URIs among the subject's alternative names, such as `spiffe://cluster.local/node/worker-1`.
    pub uris: Vec<String>,
    /// DNS names among the subject's alternative names.
    pub dns_names: Vec<String>,
    /// The subject's common name.
    pub common_name: Option<String>,
}

impl PeerIdentity {
    /// The names of a certificate; `None` where it cannot be read.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let mut identity = Self {
            common_name: certificate
                .subject()
                .iter_common_name()
                .next()
                .and_then(|name| name.as_str().ok())
                .map(str::to_owned),
            ..Self::default()
        };
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        for name in alternatives
            .iter()
            .flat_map(|extension| &extension.value.general_names)
        {
            let (names, name) = match name {
                GeneralName::URI(uri) => (&mut identity.uris, uri),
                GeneralName::DNSName(name) => (&mut identity.dns_names, name),
                _ => continue,
            };
            if names.len() < NAMES_MAX {
                names.push((*name).to_owned());
            }
        }
        Some(identity)
    }

    /// What to call the peer in logs: its first URI, DNS name or common name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.uris
            .first()
            .or(self.dns_names.first())
            .or(self.common_name.as_ref())
            .map(String::as_str)
    }
}
