//! Where the server is.

use crate::{Limits, StoreError};
use saker_alert_clients::Secret;
use saker_tls::ClientTlsSettings;
use serde::Deserialize;
use std::num::{NonZeroU16, NonZeroUsize};
use tokio_postgres::Config;

/// A database on a PostgreSQL server: by `url`, or by its parts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostgresSettings {
    /// Such as `postgresql://saker@db.example:5432/alerts`; without a password, which is a secret of its own.
    pub url: Option<String>,
    /// Name or address of the server, or the folder of its Unix socket.
    pub host: Option<String>,
    /// 5432 if there is none.
    pub port: Option<NonZeroU16>,
    /// Name of the database.
    pub database: Option<String>,
    /// Who connects.
    pub user: Option<String>,
    /// Where the password is: `{file: PATH}` or `{env: NAME}`. Read for every connection.
    pub password: Option<Secret>,
    /// Without it, connections are not encrypted.
    pub tls: Option<ClientTlsSettings>,
    /// No more connections at the same time.
    #[serde(default = "default_connections")]
    pub connections: NonZeroUsize,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
}

const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");

fn default_connections() -> NonZeroUsize {
    CONNECTIONS
}

impl PostgresSettings {
    /// What connections are made with, but for the password.
    pub(super) fn config(&self) -> Result<(Config, Option<Secret>), StoreError> {
        let wrong = |text: String| Err(StoreError::Settings(text));
        let parts = [&self.host, &self.database, &self.user];
        let has_parts = parts.iter().any(|part| part.is_some()) || self.port.is_some();
        let config = match (&self.url, &self.host) {
            (Some(_), _) if has_parts => {
                return wrong("url says it all: host, port, database and user go without".into());
            }
            (Some(url), _) => match url.parse::<Config>() {
                Ok(config) if config.get_password().is_some() => {
                    return wrong(
                        "the url holds a password: put it into a file and say password: {file: PATH}"
                            .into(),
                    );
                }
                Ok(config) => config,
                // The parser's error may repeat what it read.
                Err(_) => {
                    return wrong("the url is none such as postgresql://user@host/database".into());
                }
            },
            (None, Some(host)) => {
                let mut config = Config::new();
                config.host(host);
                config.port(self.port.map_or(5432, NonZeroU16::get));
                config.dbname(self.database.as_deref().unwrap_or("saker"));
                config.user(self.user.as_deref().unwrap_or("saker"));
                config
            }
            (None, None) => return wrong("url or host must say where PostgreSQL is".into()),
        };
        if config.get_hosts().is_empty() {
            return wrong("the url has no host".into());
        }
        Ok((config, self.password.clone()))
    }

    /// Host and database, for errors.
    pub(super) fn display(&self) -> String {
        let (host, database) = match self.config() {
            Ok((config, _)) => {
                let hosts: Vec<String> = config
                    .get_hosts()
                    .iter()
                    .map(|host| match host {
                        tokio_postgres::config::Host::Tcp(name) => name.clone(),
                        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
                    })
                    .collect();
                (
                    hosts.join(","),
                    config.get_dbname().unwrap_or_default().to_owned(),
                )
            }
            Err(_) => (String::new(), String::new()),
        };
        format!("postgresql {host}/{database}")
    }
}
