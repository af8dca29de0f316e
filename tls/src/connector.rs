//! Connections to servers: for clients of HTTP and gRPC.

use crate::connection::Connection;
use crate::{ClientTls, TlsError};
use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tower_service::Service;

/// When nothing came for so long, the other side is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// What was sent and is not acknowledged for so long ends the connection.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// The application protocol that is offered (ALPN).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, as gRPC needs it.
    Http2,
    /// None, as syslog over TLS.
    None,
}

impl Protocol {
    fn names(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http1 => vec![b"http/1.1".to_vec()],
            Self::Http2 => vec![b"h2".to_vec()],
            Self::None => Vec::new(),
        }
    }
}

/// Connects to the host and port of a URI, with TLS if it was given [`ClientTls`]; `https` is refused
/// without. Each connection uses the certificates as they are then.
#[derive(Clone, Debug)]
pub struct Connector {
    tcp: HttpConnector,
    tls: Option<ClientTls>,
    protocol: Protocol,
    timeout: Duration,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The host's name cannot be resolved, or nobody listens.
    #[error("cannot connect to {server}: {reason}")]
    Tcp {
        /// Host and port.
        server: String,
        /// Why not, with what caused it.
        reason: String,
    },
    /// The other side does not speak TLS, or one side does not accept the other's certificate.
    #[error("no TLS with {server}: {source}")]
    Tls {
        /// Host and port.
        server: String,
        /// Why not.
        source: io::Error,
    },
    /// It takes too long.
    #[error("no connection to {server} after {} ms", after.as_millis())]
    Timeout {
        /// Host and port.
        server: String,
        /// How long it took.
        after: Duration,
    },
    /// TLS is asked for and not set up.
    #[error("{server} is to be spoken to by https, but no TLS is configured for it")]
    Plaintext {
        /// Host and port.
        server: String,
    },
    /// The name of the server is none.
    #[error(transparent)]
    Name(#[from] TlsError),
}

impl Connector {
    /// Connects with TLS if it is given, and gives up after `timeout`: name, TCP and TLS together.
    #[must_use]
    pub fn new(tls: Option<ClientTls>, protocol: Protocol, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        tcp.set_keepalive_interval(Some(KEEP_ALIVE / 3));
        tcp.set_keepalive_retries(Some(3));
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Self {
            tcp,
            tls,
            protocol,
            timeout,
        }
    }

    /// Connects to host and port of the URI.
    ///
    /// # Errors
    ///
    /// Where there is no connection in time, or TLS fails.
    pub async fn connect(&self, uri: Uri) -> Result<Connection, ConnectError> {
        let server = uri
            .authority()
            .map_or_else(|| uri.to_string(), ToString::to_string);
        tokio::time::timeout(self.timeout, self.attempt(uri, &server))
            .await
            .unwrap_or(Err(ConnectError::Timeout {
                server,
                after: self.timeout,
            }))
    }

    async fn attempt(&self, uri: Uri, server: &str) -> Result<Connection, ConnectError> {
        let name = match &self.tls {
            Some(tls) => Some((tls, tls.server_name(uri.host().unwrap_or_default())?)),
            None if uri.scheme() == Some(&Scheme::HTTPS) => {
                return Err(ConnectError::Plaintext {
                    server: server.to_owned(),
                });
            }
            None => None,
        };
        let stream = self
            .tcp
            .clone()
            .call(uri)
            .await
            .map_err(|error| ConnectError::Tcp {
                server: server.to_owned(),
                reason: with_causes(&error),
            })?
            .into_inner();
        let Some((tls, name)) = name else {
            return Ok(Connection::Plain(stream));
        };
        let mut config = (*tls.config()).clone();
        config.alpn_protocols = self.protocol.names();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .map_err(|source| ConnectError::Tls {
                server: server.to_owned(),
                source,
            })?;
        Ok(Connection::Tls(Box::new(stream.into())))
    }
}

/// `tcp connect error: Connection refused` rather than the first half of it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Connection>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(uri).await.map(TokioIo::new) })
    }
}

/// A channel of gRPC that connects when it is first used, and again when the connection is gone. With `tls`
/// it speaks TLS, even where the endpoint says `http`; an endpoint that says `https` is refused without.
#[must_use]
pub fn grpc_channel(
    endpoint: &Endpoint,
    tls: Option<ClientTls>,
    connect_timeout: Duration,
) -> Channel {
    let mut origin = endpoint.uri().clone().into_parts();
    if tls.is_some() {
        // What requests carry as their scheme.
        origin.scheme = Some(Scheme::HTTPS);
    }
    let connector = Connector::new(tls, Protocol::Http2, connect_timeout);
    match Uri::from_parts(origin) {
        Ok(origin) => endpoint.clone().origin(origin),
        Err(_) => endpoint.clone(),
    }
    .connect_with_connector_lazy(connector)
}
