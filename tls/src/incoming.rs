//! Connections of clients, with their handshakes done, for tonic's `serve_with_incoming`.
//!
//! Nobody who connects and says nothing keeps others out: handshakes have a timeout, and there is a bound
//! for handshakes at a time, for connections, and for connections from one address.

use crate::connection::Connection;
use crate::{PeerIdentity, ServerTls};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::{TlsAcceptor, TlsStream};
use tokio_stream::Stream;
use tonic::transport::server::Connected;

/// After `accept` has failed, as it does when there are no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many clients there may be at a time, and how long they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncomingLimits {
    /// For a handshake.
    pub handshake_timeout: Duration,
    /// Handshakes at a time; who comes then waits in the listener's queue.
    pub handshakes_max: usize,
    /// Connections at a time; who comes then waits in the listener's queue.
    pub connections_max: usize,
    /// Connections at a time from one address, handshakes included; more are closed at once.
    pub connections_per_address_max: usize,
}

impl Default for IncomingLimits {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            handshakes_max: 256,
            connections_max: 10_000,
            connections_per_address_max: 1_000,
        }
    }
}

/// What became of clients that connected; for metrics.
#[derive(Debug, Default)]
pub struct IncomingCounts {
    accepted: AtomicU64,
    handshakes_failed: AtomicU64,
    handshakes_timed_out: AtomicU64,
    refused: AtomicU64,
    accept_errors: AtomicU64,
}

impl IncomingCounts {
    /// Connections whose handshake succeeded, or that need none.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Handshakes that failed: no TLS, no certificate or one that is not accepted.
    #[must_use]
    pub fn handshakes_failed(&self) -> u64 {
        self.handshakes_failed.load(Ordering::Relaxed)
    }

    /// Handshakes that took too long.
    #[must_use]
    pub fn handshakes_timed_out(&self) -> u64 {
        self.handshakes_timed_out.load(Ordering::Relaxed)
    }

    /// Connections that were closed because their address had too many.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Failures to accept a connection.
    #[must_use]
    pub fn accept_errors(&self) -> u64 {
        self.accept_errors.load(Ordering::Relaxed)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Who is at the other end; tonic puts it into the extensions of each request.
#[derive(Clone, Debug)]
pub struct PeerInfo {
    /// Address and port.
    pub address: SocketAddr,
    /// Whom the client's certificate names, which an authority of ours vouches for; `None` without one.
    pub identity: Option<Arc<PeerIdentity>>,
}

/// A connection of a client. It counts against the limits until it is dropped.
#[derive(Debug)]
pub struct PeerStream {
    connection: Connection,
    info: PeerInfo,
    _place: Place,
}

impl PeerStream {
    /// Who is at the other end.
    #[must_use]
    pub fn info(&self) -> &PeerInfo {
        &self.info
    }
}

/// Connections of clients, with their handshakes done. The stream has no errors and no end; to drop it ends
/// the listening.
#[derive(Debug)]
pub struct Incoming {
    ready: mpsc::Receiver<PeerStream>,
    counts: Arc<IncomingCounts>,
    task: AbortHandle,
}

impl Incoming {
    /// Accepts connections from now on; needs tokio's runtime.
    #[must_use]
    pub fn new(listener: TcpListener, tls: Option<ServerTls>, limits: IncomingLimits) -> Self {
        let (send, ready) = mpsc::channel(1);
        let counts = Arc::new(IncomingCounts::default());
        let acceptor = Acceptor {
            tls,
            limits,
            counts: Arc::clone(&counts),
            connections: Arc::new(Semaphore::new(limits.connections_max)),
            handshakes: Arc::new(Semaphore::new(limits.handshakes_max)),
            addresses: Arc::default(),
            ready: send,
        };
        Self {
            ready,
            counts,
            task: tokio::spawn(acceptor.run(listener)).abort_handle(),
        }
    }

    /// What became of clients that connected.
    #[must_use]
    pub fn counts(&self) -> Arc<IncomingCounts> {
        Arc::clone(&self.counts)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stream for Incoming {
    type Item = io::Result<PeerStream>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ready.poll_recv(context).map(|next| next.map(Ok))
    }
}

struct Acceptor {
    tls: Option<ServerTls>,
    limits: IncomingLimits,
    counts: Arc<IncomingCounts>,
    connections: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    addresses: Arc<Addresses>,
    ready: mpsc::Sender<PeerStream>,
}

impl Acceptor {
    async fn run(self, listener: TcpListener) {
        // Aborted with this task.
        let mut handshakes = JoinSet::new();
        loop {
            // Nobody closes the semaphores.
            let Ok(handshake) = Arc::clone(&self.handshakes).acquire_owned().await else {
                return;
            };
            let Ok(connection) = Arc::clone(&self.connections).acquire_owned().await else {
                return;
            };
            while handshakes.try_join_next().is_some() {}
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    count(&self.counts.accept_errors);
                    tracing::debug!(%error, "accepting a connection failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Some(address_place) = self.addresses.claim(
                address.ip().to_canonical(),
                self.limits.connections_per_address_max,
            ) else {
                count(&self.counts.refused);
                continue;
            };
            let place = Place {
                _connection: connection,
                _address: address_place,
            };
            let shake = Handshake {
                tls: self.tls.clone(),
                timeout: self.limits.handshake_timeout,
                counts: Arc::clone(&self.counts),
                ready: self.ready.clone(),
            };
            handshakes.spawn(async move {
                shake.run(stream, address, place).await;
                drop(handshake);
            });
        }
    }
}

struct Handshake {
    tls: Option<ServerTls>,
    timeout: Duration,
    counts: Arc<IncomingCounts>,
    ready: mpsc::Sender<PeerStream>,
}

impl Handshake {
    async fn run(self, stream: TcpStream, address: SocketAddr, place: Place) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small answers to a client may be late");
        }
        let (connection, identity) = match &self.tls {
            None => (Connection::Plain(stream), None),
            Some(tls) => {
                let accept = TlsAcceptor::from(tls.config()).accept(stream);
                match tokio::time::timeout(self.timeout, accept).await {
                    Ok(Ok(stream)) => {
                        let identity = stream
                            .get_ref()
                            .1
                            .peer_certificates()
                            .and_then(<[_]>::first)
                            .and_then(PeerIdentity::of);
                        (
                            Connection::Tls(Box::new(TlsStream::from(stream))),
                            identity.map(Arc::new),
                        )
                    }
                    Ok(Err(error)) => {
                        count(&self.counts.handshakes_failed);
                        tracing::debug!(%address, %error, "no TLS with a client");
                        return;
                    }
                    Err(_) => {
                        count(&self.counts.handshakes_timed_out);
                        tracing::debug!(%address, "a client takes too long for TLS");
                        return;
                    }
                }
            }
        };
        count(&self.counts.accepted);
        let peer = PeerStream {
            connection,
            info: PeerInfo { address, identity },
            _place: place,
        };
        if self.ready.send(peer).await.is_err() {
            tracing::debug!(%address, "a client came when the server had ended");
        }
    }
}

/// What a connection takes up; given back when it is dropped.
#[derive(Debug)]
struct Place {
    _connection: OwnedSemaphorePermit,
    _address: AddressPlace,
}

/// Connections of each address.
#[derive(Debug, Default)]
struct Addresses(Mutex<HashMap<IpAddr, usize>>);

impl Addresses {
    fn claim(self: &Arc<Self>, address: IpAddr, max: usize) -> Option<AddressPlace> {
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = connections.entry(address).or_insert(0);
        if *here >= max {
            return None;
        }
        *here += 1;
        Some(AddressPlace {
            addresses: Arc::clone(self),
            address,
        })
    }
}

#[derive(Debug)]
struct AddressPlace {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut connections = self
            .addresses
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = connections.get_mut(&self.address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                connections.remove(&self.address);
            }
        }
    }
}

impl Connected for PeerStream {
    type ConnectInfo = PeerInfo;

    fn connect_info(&self) -> PeerInfo {
        self.info.clone()
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(context, buffer)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}
