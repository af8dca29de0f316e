//! What a configuration says about a server of HTTP.

use crate::Secret;
use crate::secret::SecretVisitor;
use saker_tls::ClientTlsSettings;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A server, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// `http://` or `https://`, with a path where the server wants one.
    pub url: String,
    /// Headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderSetting>,
    /// Who is calling.
    #[serde(default)]
    pub authentication: Option<Authentication>,
    /// Whether bodies are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// For a connection: name, TCP and TLS together; in milliseconds.
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// For a request, from connecting to the end of the answer; in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// What is read of an answer, at most; in bytes.
    #[serde(default = "response_bytes_max")]
    pub response_bytes_max: usize,
    /// Certificates, for `https`.
    #[serde(default)]
    pub tls: ClientTlsSettings,
}

fn connect_timeout_ms() -> u64 {
    5_000
}

fn timeout_ms() -> u64 {
    30_000
}

fn response_bytes_max() -> usize {
    1 << 20
}

impl HttpSettings {
    /// A server by its URL, everything else by default.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: BTreeMap::new(),
            authentication: None,
            compression: Compression::default(),
            connect_timeout_ms: connect_timeout_ms(),
            timeout_ms: timeout_ms(),
            response_bytes_max: response_bytes_max(),
            tls: ClientTlsSettings::default(),
        }
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// Who is calling, in the header `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Authentication {
    /// `Basic`: user and password.
    Basic {
        /// The user; no colon in it.
        user: String,
        /// The password.
        password: Secret,
    },
    /// `Bearer`: a token.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// Another scheme, such as `ApiKey` of Elasticsearch: its name, a space, and the token.
    Scheme {
        /// The name.
        name: String,
        /// What follows it.
        token: Secret,
    },
}

/// Whether bodies are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// They are not.
    #[default]
    None,
    /// With gzip.
    Gzip,
}

/// A header's value: text, or where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderSetting {
    /// As it stands in the configuration.
    Text(String),
    /// From a file or the environment.
    Secret(Secret),
}

impl<'de> Deserialize<'de> for HeaderSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrSecret;

        impl<'de> Visitor<'de> for TextOrSecret {
            type Value = HeaderSetting;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("text, or where a secret is: `{file: PATH}` or `{env: NAME}`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<HeaderSetting, E> {
                Ok(HeaderSetting::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HeaderSetting, A::Error> {
                SecretVisitor.visit_map(map).map(HeaderSetting::Secret)
            }
        }

        deserializer.deserialize_any(TextOrSecret)
    }
}
