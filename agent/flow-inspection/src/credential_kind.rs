//! Credentials that can be read on the way.

/// A credential that can be read on the way (`flow.credential_exposed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// HTTP `Authorization: Basic`.
    HttpBasic,
    /// HTTP `Authorization: Bearer` with a token that is not a JWT.
    HttpBearer,
    /// HTTP `Authorization: Bearer` with a JWT.
    HttpJwt,
    /// An API key in an HTTP header.
    HttpApiKey,
    /// HTTP `Proxy-Authorization`.
    HttpProxy,
    /// User and password for a SOCKS proxy.
    SocksPassword,
    /// Redis `AUTH` or `HELLO … AUTH`.
    RedisPassword,
    /// PostgreSQL's cleartext password.
    PostgreSqlPassword,
    /// MySQL's `mysql_clear_password`.
    MySqlPassword,
    /// Kafka's SASL PLAIN.
    KafkaPassword,
    /// MongoDB's SASL PLAIN.
    MongoDbPassword,
    /// AMQP's SASL PLAIN.
    AmqpPassword,
    /// User and password of NATS.
    NatsPassword,
    /// A token of NATS.
    NatsToken,
    /// Cassandra's password authentication.
    CassandraPassword,
    /// memcached's SASL PLAIN.
    MemcachedPassword,
    /// The password of MQTT.
    MqttPassword,
    /// `AUTH PLAIN` or `AUTH LOGIN` of SMTP.
    SmtpPassword,
    /// `LOGIN` or `AUTHENTICATE PLAIN` of IMAP.
    ImapPassword,
    /// `USER` and `PASS` of POP3.
    Pop3Password,
    /// `USER` and `PASS` of FTP.
    FtpPassword,
    /// A simple bind of LDAP.
    LdapPassword,
}

impl CredentialKind {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::HttpBasic,
        Self::HttpBearer,
        Self::HttpJwt,
        Self::HttpApiKey,
        Self::HttpProxy,
        Self::SocksPassword,
        Self::RedisPassword,
        Self::PostgreSqlPassword,
        Self::MySqlPassword,
        Self::KafkaPassword,
        Self::MongoDbPassword,
        Self::AmqpPassword,
        Self::NatsPassword,
        Self::NatsToken,
        Self::CassandraPassword,
        Self::MemcachedPassword,
        Self::MqttPassword,
        Self::SmtpPassword,
        Self::ImapPassword,
        Self::Pop3Password,
        Self::FtpPassword,
        Self::LdapPassword,
    ];

    /// The word for it, as rules compare it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpBasic => "http_basic",
            Self::HttpBearer => "http_bearer",
            Self::HttpJwt => "http_jwt",
            Self::HttpApiKey => "http_api_key",
            Self::HttpProxy => "http_proxy",
            Self::SocksPassword => "socks_password",
            Self::RedisPassword => "redis_password",
            Self::PostgreSqlPassword => "postgresql_password",
            Self::MySqlPassword => "mysql_password",
            Self::KafkaPassword => "kafka_password",
            Self::MongoDbPassword => "mongodb_password",
            Self::AmqpPassword => "amqp_password",
            Self::NatsPassword => "nats_password",
            Self::NatsToken => "nats_token",
            Self::CassandraPassword => "cassandra_password",
            Self::MemcachedPassword => "memcached_password",
            Self::MqttPassword => "mqtt_password",
            Self::SmtpPassword => "smtp_password",
            Self::ImapPassword => "imap_password",
            Self::Pop3Password => "pop3_password",
            Self::FtpPassword => "ftp_password",
            Self::LdapPassword => "ldap_password",
        }
    }
}
