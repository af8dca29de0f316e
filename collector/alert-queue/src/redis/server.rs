//! The connection, and whether the server keeps what it acknowledges.

use std::path::PathBuf;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, ClientTlsConfig, IntoConnectionInfo, TlsCertificates};

use super::{RedisError, RedisSettings};

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// How long a read may wait at the server.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(1);

/// What a publish waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confirmation {
    /// Until the server has it on disk, where it does not sync before each answer.
    pub(super) disk: bool,
    pub(super) replicas: u8,
}

fn read(path: &PathBuf) -> Result<Vec<u8>, RedisError> {
    std::fs::read(path).map_err(|source| RedisError::File {
        path: path.clone(),
        source,
    })
}

pub(super) fn client(settings: &RedisSettings) -> Result<Client, RedisError> {
    let invalid = |_| RedisError::Setting {
        setting: "url",
        remedy: "it is like redis://host:6379 or rediss://host:6379",
    };
    let mut info = settings
        .url
        .as_str()
        .into_connection_info()
        .map_err(invalid)?;
    let mut login = info.redis_settings().clone();
    if let Some(name) = &settings.username {
        login = login.set_username(name);
    }
    if let Some(password) = &settings.password {
        login = login.set_password(password.value()?.expose());
    }
    info = info.set_redis_settings(login);
    let Some(tls) = &settings.tls else {
        return Client::open(info).map_err(RedisError::of("connect to"));
    };
    if !settings.url.starts_with("rediss://") {
        return Err(RedisError::Setting {
            setting: "tls",
            remedy: "it goes with a url that begins with rediss://",
        });
    }
    if tls.server_name.is_some() {
        return Err(RedisError::Setting {
            setting: "tls.server_name",
            remedy: "the certificate must carry the name in url, the client knows no other",
        });
    }
    let client_tls = match (&tls.certificate_file, &tls.key_file) {
        (Some(certificate), Some(key)) => Some(ClientTlsConfig {
            client_cert: read(certificate)?,
            client_key: read(key)?,
        }),
        (None, None) => None,
        _ => {
            return Err(RedisError::Setting {
                setting: "tls",
                remedy: "certificate_file and key_file go together",
            });
        }
    };
    let root_cert = tls.ca_file.as_ref().map(read).transpose()?;
    let certificates = TlsCertificates {
        client_tls,
        root_cert,
    };
    Client::build_with_tls(info, certificates).map_err(RedisError::of("connect to"))
}

/// A connection that is made again when it is lost.
pub(super) async fn connect(client: &Client) -> Result<ConnectionManager, RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(ANSWER))
        .set_response_timeout(Some(ANSWER + WAIT_MAX))
        .set_max_delay(Duration::from_secs(2));
    client
        .get_connection_manager_with_config(config)
        .await
        .map_err(RedisError::of("connect to"))
}

/// Looks at version and settings of the server, and warns of those that lose alerts.
pub(super) async fn examine(
    connection: &mut ConnectionManager,
    settings: &RedisSettings,
) -> Result<Confirmation, RedisError> {
    let info: String = ::redis::cmd("INFO")
        .arg("server")
        .query_async(connection)
        .await
        .map_err(RedisError::of("ask the version of"))?;
    let version = info
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"))
        .unwrap_or_default();
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    let version_number: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version_number < (7, 0) {
        return Err(RedisError::Version {
            found: version.to_owned(),
        });
    }
    let mut confirmation = Confirmation {
        disk: false,
        replicas: settings.replicas,
    };
    let answer: Result<Vec<(String, String)>, _> = ::redis::cmd("CONFIG")
        .arg("GET")
        .arg(&["appendonly", "appendfsync", "maxmemory", "maxmemory-policy"])
        .query_async(connection)
        .await;
    let config = match answer {
        Ok(config) => config,
        Err(error) => {
            tracing::warn!(%error, "cannot see whether redis keeps what it acknowledges: appendonly must be yes, appendfsync always");
            return Ok(confirmation);
        }
    };
    let value = |name: &str| {
        let found = config.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    if value("appendonly") != "yes" {
        tracing::warn!("redis loses alerts when it ends: appendonly is not yes");
    } else if value("appendfsync") != "always" {
        confirmation.disk = version_number >= (7, 2);
        if !confirmation.disk {
            tracing::warn!(
                "redis loses the alerts of the last second when its machine fails: appendfsync is not always"
            );
        }
    }
    if value("maxmemory") != "0" && value("maxmemory-policy") != "noeviction" {
        tracing::warn!(
            "redis may drop alerts when its memory is full: maxmemory-policy is not noeviction"
        );
    }
    Ok(confirmation)
}
