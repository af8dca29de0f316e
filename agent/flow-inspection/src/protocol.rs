//! The protocols that are known.

/// Which protocol a connection speaks (`flow.protocol`), beneath TLS or PROXY headers where they show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// Not recognised.
    Unknown,
    /// TLS with something inside that does not show.
    Tls,
    /// DTLS with something inside that does not show.
    Dtls,
    /// QUIC with something inside that does not show.
    Quic,
    /// WireGuard.
    WireGuard,
    /// SSH.
    Ssh,
    /// HTTP/1.0 and 1.1.
    Http,
    /// HTTP/2 that is not known to be gRPC.
    Http2,
    /// HTTP/3.
    Http3,
    /// gRPC over HTTP/2.
    Grpc,
    /// PostgreSQL.
    PostgreSql,
    /// MySQL and MariaDB.
    MySql,
    /// Redis.
    Redis,
    /// Kafka.
    Kafka,
    /// MongoDB.
    MongoDb,
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
    /// FTP.
    Ftp,
    /// LDAP.
    Ldap,
    /// XMPP.
    Xmpp,
    /// SOCKS 4, 4a and 5, with something inside that is not recognised.
    Socks,
    /// HTTP CONNECT, with something inside that is not recognised.
    HttpConnect,
    /// A PROXY header, followed by something that is not recognised.
    Proxy,
    /// DNS.
    Dns,
    /// Telnet.
    Telnet,
}

impl Protocol {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::Unknown,
        Self::Tls,
        Self::Dtls,
        Self::Quic,
        Self::WireGuard,
        Self::Ssh,
        Self::Http,
        Self::Http2,
        Self::Http3,
        Self::Grpc,
        Self::PostgreSql,
        Self::MySql,
        Self::Redis,
        Self::Kafka,
        Self::MongoDb,
        Self::Amqp,
        Self::Nats,
        Self::Cassandra,
        Self::Memcached,
        Self::Mqtt,
        Self::Smtp,
        Self::Imap,
        Self::Pop3,
        Self::Ftp,
        Self::Ldap,
        Self::Xmpp,
        Self::Socks,
        Self::HttpConnect,
        Self::Proxy,
        Self::Dns,
        Self::Telnet,
    ];

    /// The word for it, as rules compare it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Tls => "tls",
            Self::Dtls => "dtls",
            Self::Quic => "quic",
            Self::WireGuard => "wireguard",
            Self::Ssh => "ssh",
            Self::Http => "http",
            Self::Http2 => "http2",
            Self::Http3 => "http3",
            Self::Grpc => "grpc",
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
            Self::Redis => "redis",
            Self::Kafka => "kafka",
            Self::MongoDb => "mongodb",
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
            Self::Xmpp => "xmpp",
            Self::Socks => "socks",
            Self::HttpConnect => "http_connect",
            Self::Proxy => "proxy",
            Self::Dns => "dns",
            Self::Telnet => "telnet",
        }
    }
}
