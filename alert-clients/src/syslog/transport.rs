//! Connections to receivers of syslog.

use super::client::SyslogError;
use super::settings::SyslogTransport;
use http::Uri;
use saker_tls::{ClientTls, Connection, Connector, Protocol};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{UdpSocket, UnixDatagram, UnixStream};

/// How to get a connection.
#[derive(Debug)]
pub(crate) enum Target {
    Unix(PathBuf),
    Udp(String),
    Stream { uri: Uri, connector: Connector },
}

/// A connection that may be gone.
#[derive(Debug)]
pub(crate) enum Socket {
    UnixDatagram(UnixDatagram),
    UnixStream(UnixStream),
    Udp(UdpSocket),
    Stream(Box<Connection>),
}

impl Target {
    /// Reads certificates; connects to nobody.
    pub(crate) fn new(
        transport: &SyslogTransport,
        timeout: Duration,
    ) -> Result<(Self, Option<ClientTls>), SyslogError> {
        Ok(match transport {
            SyslogTransport::Unix { path } => (Self::Unix(path.clone()), None),
            SyslogTransport::Udp { address } => {
                let (host, port) = host_and_port(address, 514)?;
                (Self::Udp(format!("{host}:{port}")), None)
            }
            SyslogTransport::Tcp { address } => (
                Self::Stream {
                    uri: uri(address, 601)?,
                    connector: Connector::new(None, Protocol::None, timeout),
                },
                None,
            ),
            SyslogTransport::Tls { address, tls } => {
                let tls = ClientTls::load(tls)?;
                let target = Self::Stream {
                    uri: uri(address, 6514)?,
                    connector: Connector::new(Some(tls.clone()), Protocol::None, timeout),
                };
                (target, Some(tls))
            }
        })
    }

    pub(crate) async fn connect(&self) -> Result<Socket, SyslogError> {
        match self {
            Self::Unix(path) => unix(path).await.map_err(|source| SyslogError::Connect {
                receiver: self.to_string(),
                source,
            }),
            Self::Udp(address) => udp(address).await.map_err(|source| SyslogError::Connect {
                receiver: self.to_string(),
                source,
            }),
            Self::Stream { uri, connector } => {
                let connection = connector.connect(uri.clone()).await?;
                Ok(Socket::Stream(Box::new(connection)))
            }
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(formatter, "{}", path.display()),
            Self::Udp(address) => write!(formatter, "{address} (UDP)"),
            Self::Stream { uri, .. } => match uri.authority() {
                Some(authority) => write!(formatter, "{authority}"),
                None => write!(formatter, "{uri}"),
            },
        }
    }
}

/// `/dev/log` is a socket of datagrams nearly everywhere.
async fn unix(path: &Path) -> io::Result<Socket> {
    let datagram = UnixDatagram::unbound()?;
    match datagram.connect(path) {
        Ok(()) => Ok(Socket::UnixDatagram(datagram)),
        Err(error) if error.raw_os_error() == Some(WRONG_KIND_OF_SOCKET) => {
            UnixStream::connect(path).await.map(Socket::UnixStream)
        }
        Err(error) => Err(error),
    }
}

/// EPROTOTYPE, the same number on every architecture of Linux but MIPS and SPARC.
const WRONG_KIND_OF_SOCKET: i32 = 91;

async fn udp(address: &str) -> io::Result<Socket> {
    let mut last = None;
    for address in tokio::net::lookup_host(address).await? {
        let local = if address.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = UdpSocket::bind(local).await?;
        match socket.connect(address).await {
            Ok(()) => return Ok(Socket::Udp(socket)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable)))
}

impl Socket {
    /// Whether the other side has ended the connection, as far as this side knows by now. What it says is
    /// thrown away: receivers of syslog do not answer.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self {
            Self::UnixDatagram(_) | Self::Udp(_) => false,
            Self::UnixStream(stream) => is_at_end(stream),
            Self::Stream(connection) => is_at_end(&mut **connection),
        }
    }

    pub(crate) async fn write(&mut self, message: &str) -> io::Result<()> {
        match self {
            Self::UnixDatagram(socket) => whole(socket.send(message.as_bytes()).await?, message),
            Self::Udp(socket) => whole(socket.send(message.as_bytes()).await?, message),
            Self::UnixStream(stream) => stream.write_all(format!("{message}\n").as_bytes()).await,
            Self::Stream(connection) => write_counted(&mut **connection, message).await,
        }
    }
}

fn whole(sent: usize, message: &str) -> io::Result<()> {
    if sent == message.len() {
        Ok(())
    } else {
        Err(io::Error::from(io::ErrorKind::WriteZero))
    }
}

/// `LENGTH SP MESSAGE` (RFC 6587, 3.4.1).
async fn write_counted(stream: &mut (impl AsyncWrite + Unpin), message: &str) -> io::Result<()> {
    let frame = format!("{} {message}", message.len());
    stream.write_all(frame.as_bytes()).await?;
    stream.flush().await
}

fn is_at_end(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    // Asks once and does not wait; more than a few answers without a word in between are no syslog.
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..16 {
        let mut bytes = [0; 256];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut *stream).poll_read(&mut context, &mut buffer) {
            Poll::Pending => return false,
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => return true,
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return true,
        }
    }
    true
}

fn uri(address: &str, default_port: u16) -> Result<Uri, SyslogError> {
    let (host, port) = host_and_port(address, default_port)?;
    Uri::builder()
        .scheme("syslog")
        .authority(format!("{host}:{port}"))
        .path_and_query("/")
        .build()
        .map_err(|_| SyslogError::Address {
            address: address.to_owned(),
        })
}

/// `host`, `host:port`, `[::1]`, `[::1]:port` or `::1`.
fn host_and_port(address: &str, default_port: u16) -> Result<(String, u16), SyslogError> {
    let wrong = || SyslogError::Address {
        address: address.to_owned(),
    };
    let (host, port) = if address.parse::<std::net::Ipv6Addr>().is_ok() {
        (format!("[{address}]"), None)
    } else {
        match address.rsplit_once(':') {
            Some((_, rest)) if rest.ends_with(']') => (address.to_owned(), None),
            Some((host, port)) => (host.to_owned(), Some(port)),
            None => (address.to_owned(), None),
        }
    };
    let port = match port {
        Some(port) => port.parse().map_err(|_| wrong())?,
        None => default_port,
    };
    if host.is_empty() || host.contains(['/', '@', ' ']) || port == 0 {
        return Err(wrong());
    }
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let parsed = |address| {
            let (host, port) = host_and_port(address, 514).expect("an address");
            format!("{host} {port}")
        };
        assert_eq!(parsed("log.example.org"), "log.example.org 514");
        assert_eq!(parsed("log.example.org:1514"), "log.example.org 1514");
        assert_eq!(parsed("127.0.0.1:9"), "127.0.0.1 9");
        assert_eq!(parsed("[::1]:9"), "[::1] 9");
        assert_eq!(parsed("[::1]"), "[::1] 514");
        assert_eq!(parsed("::1"), "[::1] 514");
        for wrong in [
            "",
            ":514",
            "host:",
            "host:0",
            "host:70000",
            "tcp://host:514",
        ] {
            assert!(host_and_port(wrong, 514).is_err(), "{wrong}");
        }
    }
}
