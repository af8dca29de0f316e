//! What the bytes of a connection say about it.

use crate::tls_facts::TlsFacts;

/// What protects a connection (`flow.security`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecurityClass {
    /// Mutual TLS between proxies of a mesh.
    MeshMtls,
    /// TLS in which both sides showed a certificate.
    Mtls,
    /// TLS in which the client was not seen to show one.
    Tls,
    /// Plaintext at first, then TLS in the same connection.
    Upgraded,
    /// Encrypted by something else: SSH, WireGuard, …
    Tunnel,
    /// Readable by everybody on the way.
    Plaintext,
    /// Not recognised; it may be encrypted or not.
    Opaque,
    /// Older than the agent: its begin was not seen.
    Preexisting,
}

impl SecurityClass {
    /// The value of `flow.security`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MeshMtls => "mesh_mtls",
            Self::Mtls => "mtls",
            Self::Tls => "tls",
            Self::Upgraded => "upgraded",
            Self::Tunnel => "tunnel",
            Self::Plaintext => "plaintext",
            Self::Opaque => "opaque",
            Self::Preexisting => "preexisting",
        }
    }
}

/// How sure a verdict is (`flow.confidence`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// One side's bytes look like it, or the port says so.
    Low,
    /// One side's bytes have the protocol's form.
    Medium,
    /// Both sides' bytes, or a form that nothing else has.
    High,
}

/// Which protocol a connection speaks (`flow.protocol`), beneath TLS or PROXY headers where they show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// Not recognised.
    Unknown,
    /// TLS with something inside that does not show.
    Tls,
    /// HTTP/1.
    Http1,
    /// HTTP/2 without TLS (h2c).
    Http2,
    /// gRPC over HTTP/2 without TLS.
    Grpc,
    /// PostgreSQL.
    Postgresql,
    /// MySQL and MariaDB.
    Mysql,
    /// Redis (RESP).
    Redis,
    /// Kafka.
    Kafka,
    /// MongoDB.
    Mongodb,
    /// AMQP 0-9-1 and 1.0.
    Amqp,
    /// NATS.
    Nats,
    /// Cassandra (CQL).
    Cassandra,
    /// memcached, text and binary.
    Memcached,
    /// MQTT.
    Mqtt,
    /// SMTP.
    Smtp,
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// FTP, its control connection.
    Ftp,
    /// LDAP.
    Ldap,
    /// Telnet.
    Telnet,
    /// SSH.
    Ssh,
    /// SOCKS 4, 4a and 5, where nothing is recognised inside.
    Socks,
    /// HTTP CONNECT, where nothing is recognised inside.
    HttpConnect,
    /// The PROXY protocol, where nothing is recognised inside.
    ProxyHeader,
    /// DNS.
    Dns,
}

impl Protocol {
    /// The value of `flow.protocol`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Tls => "tls",
            Self::Http1 => "http",
            Self::Http2 => "http2",
            Self::Grpc => "grpc",
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
            Self::Kafka => "kafka",
            Self::Mongodb => "mongodb",
            Self::Amqp => "amqp",
            Self::Nats => "nats",
            Self::Cassandra => "cassandra",
            Self::Memcached => "memcached",
            Self::Mqtt => "mqtt",
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Ftp => "ftp",
            Self::Ldap => "ldap",
            Self::Telnet => "telnet",
            Self::Ssh => "ssh",
            Self::Socks => "socks",
            Self::HttpConnect => "http_connect",
            Self::ProxyHeader => "proxy_protocol",
            Self::Dns => "dns",
        }
    }
}

/// Why a connection has its class (`flow.reason`): a word that rules can compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing was sent yet.
    NoPayload,
    /// A protocol that is not encrypted was recognised.
    PlaintextProtocol,
    /// The client asked for TLS and the server refused; they went on without.
    UpgradeRefused,
    /// The server agreed to TLS, but what followed is not TLS.
    UpgradeNotFollowed,
}

impl Reason {
    /// The value of `flow.reason`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPayload => "no_payload",
            Self::PlaintextProtocol => "plaintext_protocol",
            Self::UpgradeRefused => "upgrade_refused",
            Self::UpgradeNotFollowed => "upgrade_not_followed",
        }
    }
}

/// A credential that can be read on the way (`flow.credential_exposed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// `Authorization: Basic`, or the same for a proxy.
    HttpBasic,
    /// `Authorization: Bearer` with an opaque token, or the same for a proxy.
    HttpBearer,
    /// `Authorization: Bearer` with a JSON Web Token, or the same for a proxy.
    HttpJwt,
    /// A header that holds an API key: `X-API-Key`, `Authorization: ApiKey`, …
    HttpApiKey,
    /// Redis `AUTH`, or `HELLO` with `AUTH`.
    RedisAuth,
    /// A PostgreSQL password that was asked for in clear text.
    PostgresqlPassword,
    /// A MySQL password by the method `mysql_clear_password`.
    MysqlPassword,
    /// User and password of NATS `CONNECT`.
    NatsPassword,
    /// Token of NATS `CONNECT`.
    NatsToken,
    /// SASL `PLAIN` or `LOGIN` in a protocol that is no mail protocol: Kafka, MongoDB, AMQP, memcached, Cassandra, LDAP.
    SaslPlain,
    /// Password of MQTT `CONNECT`.
    MqttPassword,
    /// Login with a password to SMTP, IMAP or POP3.
    MailLogin,
    /// FTP `PASS`, but for anonymous users.
    FtpPassword,
    /// LDAP simple bind with a password.
    LdapBind,
    /// User and password of SOCKS 5.
    SocksPassword,
}

impl CredentialKind {
    /// The value of `flow.credential_exposed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpBasic => "http_basic",
            Self::HttpBearer => "http_bearer",
            Self::HttpJwt => "http_jwt",
            Self::HttpApiKey => "http_api_key",
            Self::RedisAuth => "redis_auth",
            Self::PostgresqlPassword => "postgresql_password",
            Self::MysqlPassword => "mysql_password",
            Self::NatsPassword => "nats_password",
            Self::NatsToken => "nats_token",
            Self::SaslPlain => "sasl_plain",
            Self::MqttPassword => "mqtt_password",
            Self::MailLogin => "mail_login",
            Self::FtpPassword => "ftp_password",
            Self::LdapBind => "ldap_bind",
            Self::SocksPassword => "socks_password",
        }
    }
}

/// The verdict about a connection so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// What protects it.
    pub class: SecurityClass,
    /// How sure that is.
    pub confidence: Confidence,
    /// Why.
    pub reason: Reason,
    /// What it speaks.
    pub protocol: Protocol,
    /// What its TLS handshake shows.
    pub tls: Option<Box<TlsFacts>>,
    /// A credential that is exposed.
    pub credential_exposed: Option<CredentialKind>,
}
