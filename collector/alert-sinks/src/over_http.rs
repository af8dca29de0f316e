//! Sinks that are servers of HTTP: what their settings have in common.

use saker_alert_clients::http::HttpSettings;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};

/// Keys that are about the connection, beside the URLs.
const CONNECTION_KEYS: [&str; 6] = [
    "headers",
    "authentication",
    "compression",
    "connect_timeout_ms",
    "timeout_ms",
    "tls",
];

/// What a sink's own settings are, and the servers that it speaks to: those of `endpoints`, or that of `url`, all
/// with the same headers, authentication, certificates and times.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
#[serde(bound = "T: DeserializeOwned")]
pub struct OverHttp<T> {
    /// The servers: one at least.
    pub servers: Vec<HttpSettings>,
    /// The sink's own settings.
    pub own: T,
}

impl<T: DeserializeOwned> TryFrom<Map<String, Value>> for OverHttp<T> {
    type Error = serde_json::Error;

    fn try_from(mut settings: Map<String, Value>) -> Result<Self, Self::Error> {
        let urls = match (settings.remove("url"), settings.remove("endpoints")) {
            (Some(url), None) => vec![url],
            (None, Some(Value::Array(urls))) if !urls.is_empty() => urls,
            (None, Some(_)) => {
                return Err(serde_json::Error::custom(
                    "endpoints: a list of one URL at least",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(serde_json::Error::custom(
                    "either url or endpoints, not both",
                ));
            }
            (None, None) => {
                return Err(serde_json::Error::custom(
                    "missing url, or endpoints where there are several",
                ));
            }
        };
        let connection: Map<String, Value> = CONNECTION_KEYS
            .iter()
            .filter_map(|key| settings.remove_entry(*key))
            .collect();
        let servers = urls
            .into_iter()
            .map(|url| {
                let mut server = connection.clone();
                server.insert("url".to_owned(), url);
                HttpSettings::deserialize(Value::Object(server))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            servers,
            own: T::deserialize(Value::Object(settings))?,
        })
    }
}
