//! Which collectors, and how they are spoken to.

use std::num::NonZeroU64;
use std::time::Duration;

use saker_tls::{ClientTls, ClientTlsSettings, TlsError};
use tonic::transport::Endpoint;

/// Which collectors.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcSettings {
    /// Such as `https://collector.example:9377`. One is used at a time; when it fails, the next.
    pub endpoints: Vec<String>,
    /// TLS of endpoints with `https`.
    #[serde(default)]
    pub tls: ClientTlsSettings,
    /// Seconds until a batch must be acknowledged, or the connection is given up.
    #[serde(default = "acknowledgement_seconds")]
    pub acknowledgement_seconds: NonZeroU64,
}

fn acknowledgement_seconds() -> NonZeroU64 {
    NonZeroU64::MIN.saturating_add(29)
}

/// Settings that lead nowhere.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// Nothing to connect to.
    #[error("endpoints is empty; name a collector, such as https://collector.example:9377")]
    NoEndpoint,
    /// No address.
    #[error(
        "the endpoint '{endpoint}' is no address of a collector; write it like https://collector.example:9377"
    )]
    Endpoint {
        /// As it was given.
        endpoint: String,
    },
    /// What is said about TLS would do nothing.
    #[error("the endpoint '{endpoint}' is without TLS, but tls says how to use it; write https")]
    PlainEndpoint {
        /// As it was given.
        endpoint: String,
    },
    /// Certificates or keys cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Settings that were checked.
#[derive(Clone, Debug)]
pub(super) struct Targets {
    /// Never empty.
    pub(super) endpoints: Vec<Target>,
    pub(super) tls: Option<ClientTls>,
    /// How long a batch may be under way.
    pub(super) patience: Duration,
}

#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) endpoint: Endpoint,
    pub(super) is_tls: bool,
}

impl GrpcSettings {
    pub(super) fn targets(&self) -> Result<Targets, GrpcError> {
        let endpoints = self
            .endpoints
            .iter()
            .map(|endpoint| self.target(endpoint))
            .collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() {
            return Err(GrpcError::NoEndpoint);
        }
        let is_tls = endpoints.iter().any(|target| target.is_tls);
        Ok(Targets {
            endpoints,
            tls: is_tls.then(|| ClientTls::load(&self.tls)).transpose()?,
            patience: Duration::from_secs(self.acknowledgement_seconds.get()),
        })
    }

    fn target(&self, text: &str) -> Result<Target, GrpcError> {
        let invalid = || GrpcError::Endpoint {
            endpoint: text.to_owned(),
        };
        let endpoint = Endpoint::from_shared(text.to_owned()).map_err(|_| invalid())?;
        let uri = endpoint.uri();
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if self.tls == ClientTlsSettings::default() => false,
            Some("http") => {
                return Err(GrpcError::PlainEndpoint {
                    endpoint: text.to_owned(),
                });
            }
            _ => return Err(invalid()),
        };
        let is_bare = uri.path() == "/" && uri.query().is_none();
        if uri.port().is_none() || !is_bare {
            return Err(invalid());
        }
        Ok(Target { endpoint, is_tls })
    }
}
