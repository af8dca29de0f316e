//! Connections to the server.

use crate::{ErrorKind, PostgresSettings, StoreError};
use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use rustls::pki_types::ServerName;
use saker_alert_clients::{Secret, SecretError};
use saker_tls::ClientTls;
use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What every connection begins with. Plans are made for the values at hand, for most of them need only few
/// partitions, and a plan for any values would lock all. A transaction whose collector hangs must not hold locks
/// for ever. A batch is acknowledged to the queue when it is stored, so commits wait for the disk also where the
/// server's default is not to.
const SESSION: &str = "
    SET plan_cache_mode = force_custom_plan;
    SET statement_timeout = '60s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
";
/// To connect, with TLS and authentication.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// For a connection of the pool.
const POOL_PATIENCE: Duration = Duration::from_secs(30);
/// What was sent and not acknowledged for so long means that the server is gone.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

/// A connection, and what it has prepared.
pub(super) struct Connection {
    pub(super) client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Connection {
    /// The statement, prepared once for each connection.
    pub(super) async fn prepared(
        &mut self,
        sql: &'static str,
    ) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

/// Makes connections.
pub(super) struct Connector {
    config: Config,
    password: Option<Secret>,
    tls: Option<ClientTls>,
    /// For errors.
    database: String,
}

/// Connections that are kept.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool<Connector>,
    database: String,
}

/// A connection was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    #[error("no connection within {} s", CONNECT_PATIENCE.as_secs())]
    TooSlow,
}

impl Connections {
    pub(super) fn new(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let database = settings.display();
        let (config, password) = settings.config()?;
        let tls = match &settings.tls {
            Some(tls) => Some(
                ClientTls::load(tls)
                    .map_err(|error| StoreError::Settings(format!("tls: {error}")))?,
            ),
            None => None,
        };
        let connector = Connector {
            config: complete(config, tls.is_some()),
            password,
            tls,
            database: database.clone(),
        };
        let pool = Pool::builder(connector)
            .max_size(settings.connections.get())
            .wait_timeout(Some(POOL_PATIENCE))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Settings(error.to_string()))?;
        Ok(Self { pool, database })
    }

    pub(super) async fn get(&self) -> Result<Object<Connector>, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(ConnectError::Postgres(error)) => {
                self.failure("cannot connect", error)
            }
            PoolError::Backend(error @ ConnectError::Secret(_)) => {
                self.other("cannot connect", ErrorKind::Permanent, error)
            }
            error => self.other("cannot connect", ErrorKind::Transient, error),
        })
    }

    pub(super) fn failure(&self, action: &'static str, error: tokio_postgres::Error) -> StoreError {
        let kind = kind_of(&error);
        self.other(action, kind, error)
    }

    pub(super) fn other(
        &self,
        action: &'static str,
        kind: ErrorKind,
        error: impl Error + Send + Sync + 'static,
    ) -> StoreError {
        StoreError::Database {
            database: self.database.clone(),
            action,
            kind,
            source: Box::new(error),
        }
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }
}

fn complete(mut config: Config, has_tls: bool) -> Config {
    config.application_name("saker-collector");
    config.connect_timeout(CONNECT_PATIENCE);
    config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
    config.ssl_mode(if has_tls {
        SslMode::Require
    } else {
        SslMode::Disable
    });
    config
}

impl Connector {
    async fn connect(&self) -> Result<Connection, ConnectError> {
        let mut config = self.config.clone();
        if let Some(password) = &self.password {
            // As it is now: it may have been renewed.
            config.password(password.value()?.expose());
        }
        let client = match &self.tls {
            Some(tls) => {
                let tls = TlsMaker {
                    rustls: MakeRustlsConnect::new((*tls.config()).clone()),
                    tls: tls.clone(),
                };
                let (client, connection) = config.connect(tls).await?;
                self.drive(connection);
                client
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                self.drive(connection);
                client
            }
        };
        client.batch_execute(SESSION).await?;
        Ok(Connection {
            client,
            statements: HashMap::new(),
        })
    }

    /// Runs what carries messages between the client and the server, until either is gone.
    fn drive(
        &self,
        connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
    ) {
        let database = self.database.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                // Who uses the connection gets the error, too.
                tracing::debug!(database, error = %error, "connection lost");
            }
        });
    }
}

impl Manager for Connector {
    type Type = Connection;
    type Error = ConnectError;

    async fn create(&self) -> Result<Connection, ConnectError> {
        tokio::time::timeout(CONNECT_PATIENCE, self.connect())
            .await
            .map_err(|_elapsed| ConnectError::TooSlow)?
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _: &Metrics,
    ) -> RecycleResult<ConnectError> {
        if connection.client.is_closed() {
            return Err(RecycleError::message("closed"));
        }
        Ok(())
    }
}

/// Rustls, with the name that the settings say the certificate has.
#[derive(Clone)]
struct TlsMaker {
    rustls: MakeRustlsConnect,
    tls: ClientTls,
}

impl MakeTlsConnect<Socket> for TlsMaker {
    type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
    type TlsConnect = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;
    type Error = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<Self::TlsConnect, Self::Error> {
        let name: Option<ServerName<'static>> = self.tls.server_name(host).ok();
        let name = name.as_ref().map_or(host.into(), ServerName::to_str);
        MakeTlsConnect::<Socket>::make_tls_connect(&mut self.rustls, &name)
    }
}

fn kind_of(error: &tokio_postgres::Error) -> ErrorKind {
    let Some(state) = error.code() else {
        // Not from the server: the connection was lost, or what came over it makes no sense.
        return ErrorKind::Transient;
    };
    // Connection, rollback, resources, not in a state to do it, operator intervention, system; a server that
    // became a standby.
    const TRANSIENT: [&str; 6] = ["08", "40", "53", "55", "57", "58"];
    let class = state.code().get(..2).unwrap_or_default();
    if TRANSIENT.contains(&class) || *state == SqlState::READ_ONLY_SQL_TRANSACTION {
        ErrorKind::Transient
    } else {
        ErrorKind::Permanent
    }
}

/// Whether the transaction only has to be repeated.
pub(super) fn is_conflict(error: &tokio_postgres::Error) -> bool {
    matches!(
        error.code(),
        Some(&SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE)
    )
}
