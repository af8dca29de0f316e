//! TLS towards clients.

use crate::files::{read_authorities, read_chain, read_key};
use crate::renewal::{CertificateState, Loaded, Renewal};
use crate::{ServerTlsSettings, TlsError};
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use std::sync::Arc;

/// How to speak TLS to clients, from [`ServerTlsSettings`]; a clone shares what is loaded.
///
/// TLS 1.2 and 1.3, no resumption: each connection shows its certificate anew, so a client whose
/// certificate has expired or whose authority was removed does not come back. All files are read again when
/// they were renewed.
#[derive(Clone, Debug)]
pub struct ServerTls {
    renewal: Arc<Renewal<ServerConfig>>,
}

impl ServerTls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// Where a file is missing or of no use, or the certificate has expired.
    pub fn load(settings: &ServerTlsSettings) -> Result<Self, TlsError> {
        let files = [&settings.certificate_file, &settings.key_file]
            .into_iter()
            .chain(&settings.client_ca_file)
            .cloned()
            .collect();
        let settings = settings.clone();
        let load = move |now| server_config(&settings, now);
        Ok(Self {
            renewal: Arc::new(Renewal::new(files, Box::new(load))?),
        })
    }

    /// The configuration for the next connection: looks at the files, at most once a second. It accepts the
    /// application protocols `h2` and `http/1.1`, and clients that name none.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        self.renewal.config()
    }

    /// Looks at the files now, instead of within a second.
    pub fn refresh(&self) {
        self.renewal.refresh();
    }

    /// When the certificate expires, and how renewals went.
    #[must_use]
    pub fn state(&self) -> CertificateState {
        self.renewal.state()
    }
}

fn server_config(
    settings: &ServerTlsSettings,
    now: Timestamp,
) -> Result<Loaded<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(crate::provider())
        .with_safe_default_protocol_versions()?;
    let builder = match &settings.client_ca_file {
        Some(file) => {
            let authorities = Arc::new(read_authorities(file)?);
            let verifier =
                WebPkiClientVerifier::builder_with_provider(authorities, crate::provider())
                    .build()
                    .map_err(|error| TlsError::Certificate {
                        path: file.clone(),
                        reason: error.to_string(),
                    })?;
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    let chain = read_chain(&settings.certificate_file, now)?;
    let key = read_key(&settings.key_file)?;
    let mut config = builder
        .with_single_cert(chain.certificates, key)
        .map_err(|error| {
            crate::pair_error(error, &settings.certificate_file, &settings.key_file)
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Loaded {
        config: Arc::new(config),
        not_after: Some(chain.not_after),
    })
}
