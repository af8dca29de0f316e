//! TLS towards a server.

use crate::files::{read_authorities, read_chain, read_key};
use crate::renewal::{CertificateState, Loaded, Renewal};
use crate::{ClientTlsSettings, TlsError};
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// How to speak TLS to servers, from [`ClientTlsSettings`]; a clone shares what is loaded.
///
/// TLS 1.2 and 1.3. The files of the settings are read again when they were renewed; the system's
/// authorities are read once.
#[derive(Clone, Debug)]
pub struct ClientTls {
    renewal: Arc<Renewal<ClientConfig>>,
    server_name: Option<ServerName<'static>>,
}

impl ClientTls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// Where a file is missing or of no use, the certificate has expired, or the system has no authorities
    /// and the settings name none.
    pub fn load(settings: &ClientTlsSettings) -> Result<Self, TlsError> {
        let server_name = settings
            .server_name
            .as_deref()
            .map(parse_server_name)
            .transpose()?;
        let pair = match (&settings.certificate_file, &settings.key_file) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) => None,
            (Some(_), None) => {
                return Err(TlsError::Half {
                    given: "certificate_file",
                    missing: "key_file",
                });
            }
            (None, Some(_)) => {
                return Err(TlsError::Half {
                    given: "key_file",
                    missing: "certificate_file",
                });
            }
        };
        let system = match settings.ca_file {
            Some(_) => None,
            None => Some(Arc::new(system_authorities()?)),
        };
        let ca_file = settings.ca_file.clone();
        let files = ca_file
            .iter()
            .chain(
                pair.iter()
                    .flat_map(|(certificate, key)| [certificate, key]),
            )
            .cloned()
            .collect();
        let load = move |now| {
            let authorities = match (&ca_file, &system) {
                (Some(file), _) => Arc::new(read_authorities(file)?),
                (None, Some(system)) => Arc::clone(system),
                (None, None) => Arc::new(RootCertStore::empty()),
            };
            let pair = pair
                .as_ref()
                .map(|(certificate, key)| (&**certificate, &**key));
            client_config(authorities, pair, now)
        };
        Ok(Self {
            renewal: Arc::new(Renewal::new(files, Box::new(load))?),
            server_name,
        })
    }

    /// The configuration for the next connection: looks at the files, at most once a second. It offers no
    /// application protocol (ALPN).
    #[must_use]
    pub fn config(&self) -> Arc<ClientConfig> {
        self.renewal.config()
    }

    /// Looks at the files now, instead of within a second.
    pub fn refresh(&self) {
        self.renewal.refresh();
    }

    /// When the own certificate expires, and how renewals went.
    #[must_use]
    pub fn state(&self) -> CertificateState {
        self.renewal.state()
    }

    /// The name that the certificate of `host` must carry: that of the settings, or else the host's own.
    ///
    /// # Errors
    ///
    /// Where the host's name is none that a certificate could carry.
    pub fn server_name(&self, host: &str) -> Result<ServerName<'static>, TlsError> {
        match &self.server_name {
            Some(name) => Ok(name.clone()),
            None => parse_server_name(host),
        }
    }
}

/// A host's name, or an address; IPv6 with or without its brackets.
fn parse_server_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    let bare = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(name);
    ServerName::try_from(bare.to_owned()).map_err(|_| TlsError::ServerName {
        name: name.to_owned(),
    })
}

fn client_config(
    authorities: Arc<RootCertStore>,
    pair: Option<(&Path, &Path)>,
    now: Timestamp,
) -> Result<Loaded<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(crate::provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities);
    let Some((certificate_file, key_file)) = pair else {
        return Ok(Loaded {
            config: Arc::new(builder.with_no_client_auth()),
            not_after: None,
        });
    };
    let chain = read_chain(certificate_file, now)?;
    let key = read_key(key_file)?;
    let config = builder
        .with_client_auth_cert(chain.certificates, key)
        .map_err(|error| crate::pair_error(error, certificate_file, key_file))?;
    Ok(Loaded {
        config: Arc::new(config),
        not_after: Some(chain.not_after),
    })
}

/// Those that `SSL_CERT_FILE` or `SSL_CERT_DIR` name, or else the operating system's.
fn system_authorities() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let reason = found
            .errors
            .first()
            .map_or_else(|| "none found".to_owned(), ToString::to_string);
        return Err(TlsError::NoRoots { reason });
    }
    Ok(roots)
}
