//! What API servers send over HTTP.
//!
//! One thread with a runtime of its own. Nobody who connects and says little, or nothing, keeps others out: handshake,
//! headers and body have to come in time, a connection without a request is closed after a while, and connections,
//! requests of each, and the bytes of all bodies have bounds.

mod body;
mod request;
mod token;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use futures_util::StreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use saker_tls::{Incoming, IncomingLimits, PeerInfo, PeerStream, ServerTls, TlsError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::counters::AuditCounters;
use crate::desk::Desk;
use crate::settings::WebhookSettings;
use request::Intake;
use token::Tokens;

/// Answers whether the webhook is there.
pub(crate) const HEALTH_PATH: &str = "/healthz";

/// How long a connection may be open without a request: as long as API servers keep theirs.
const IDLE_MAX: Duration = Duration::from_secs(120);

/// Requests of one connection at a time.
const STREAMS_MAX: u32 = 32;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of headers.
const HEADER_BYTES_MAX: u32 = 16 << 10;

/// How long requests that are being answered may take at the end.
const END_TIME: Duration = Duration::from_secs(3);

/// Why the webhook cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("k8s_audit.webhook: cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A certificate cannot be used.
    #[error("k8s_audit.webhook.tls")]
    Tls(#[from] TlsError),
    /// The tokens cannot be read.
    #[error("k8s_audit.webhook.token_file: {path}", path = .path.display())]
    Tokens {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There are no threads left.
    #[error("cannot start the thread of the webhook")]
    Thread(#[from] io::Error),
}

/// A webhook that listens.
#[derive(Debug)]
pub struct Webhook {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Webhook {
    /// Listens from now on, and hands what comes to the desk.
    ///
    /// # Errors
    ///
    /// Where the address, a certificate or the tokens cannot be used.
    pub fn start(settings: &WebhookSettings, desk: Desk) -> Result<Self, StartError> {
        let tls = settings.tls.as_ref().map(ServerTls::load).transpose()?;
        let tokens = match &settings.token_file {
            None => None,
            Some(path) => Some(Tokens::read(path).map_err(|source| StartError::Tokens {
                path: path.clone(),
                source,
            })?),
        };
        let listen_error = |source| StartError::Listen {
            address: settings.listen,
            source,
        };
        let listener = std::net::TcpListener::bind(settings.listen).map_err(listen_error)?;
        listener.set_nonblocking(true).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let limits = IncomingLimits {
            handshake_timeout: HANDSHAKE_TIMEOUT,
            connections_max: settings.connections_max.get(),
            // One address has all: it may be that of a proxy, or of the only API server.
            connections_per_address_max: settings.connections_max.get(),
            ..IncomingLimits::default()
        };
        let counters = Arc::clone(desk.counters());
        let request_timeout = Duration::from_millis(settings.request_timeout_ms.get().into());
        let intake = Arc::new(Intake {
            desk,
            tokens,
            client_names: settings.client_names.clone(),
            body_bytes_max: settings.body_bytes_max.get(),
            room: Arc::new(Semaphore::new(
                usize::try_from(settings.bytes_in_flight_max.get()).unwrap_or(usize::MAX),
            )),
            request_timeout,
            answer_timeout: Duration::from_millis(settings.answer_timeout_ms.get().into()),
        });
        let path = settings.path.clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("saker-webhook".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    let listener = match TcpListener::from_std(listener) {
                        Ok(listener) => listener,
                        Err(error) => {
                            tracing::error!(%error, "the webhook of the audit log does not listen");
                            return;
                        }
                    };
                    let incoming = Incoming::new(listener, tls, limits);
                    counters.watch(incoming.counts());
                    let server = Server {
                        intake,
                        path,
                        request_timeout,
                        counters,
                    };
                    server.run(incoming, stopped).await;
                });
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Webhook {
    /// Takes no more requests, and gives those that are being answered a little time.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the webhook of the audit log panicked");
        }
    }
}

struct Server {
    intake: Arc<Intake>,
    path: String,
    request_timeout: Duration,
    counters: Arc<AuditCounters>,
}

impl Server {
    async fn run(self, mut incoming: Incoming, mut stopped: oneshot::Receiver<()>) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                next = incoming.next() => match next {
                    Some(Ok(stream)) => {
                        connections.spawn(self.serve(stream));
                    }
                    Some(Err(error)) => tracing::debug!(%error, "no connection"),
                    None => break,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(incoming);
        let all = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(END_TIME, all).await.is_err() {
            tracing::debug!("connections of API servers were closed");
        }
    }

    /// Answers the requests of a connection until it is closed, or nothing comes for long.
    fn serve(&self, stream: PeerStream) -> impl Future<Output = ()> + use<> {
        let activity = Arc::new(Activity::default());
        let peer = stream.info().clone();
        let routes = self.routes(&peer, &activity);
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.request_timeout)
            .max_buf_size(64 << 10);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(HEADER_BYTES_MAX)
            .keep_alive_interval(IDLE_MAX);
        let counters = Arc::clone(&self.counters);
        async move {
            counters.connected();
            let connection =
                builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(address = %peer.address, %error, "a connection to the webhook ended");
                },
                () = activity.idle() => {}
            }
            counters.disconnected();
        }
    }

    fn routes(&self, peer: &PeerInfo, activity: &Arc<Activity>) -> Router {
        let intake = Arc::clone(&self.intake);
        let (peer, activity) = (peer.clone(), Arc::clone(activity));
        let take = move |request| {
            let (intake, peer) = (Arc::clone(&intake), peer.clone());
            let busy = activity.begin();
            async move {
                let answer = intake.take(request, &peer).await;
                drop(busy);
                answer
            }
        };
        Router::new()
            .route(&self.path, post(take))
            .route(HEALTH_PATH, get(async || "ok\n"))
    }
}

/// Whether a connection is of use.
#[derive(Debug, Default)]
struct Activity {
    requests: AtomicU64,
    /// Requests that ended, to see whether there were any since the last look.
    ended: AtomicU64,
}

/// A request that is being answered.
struct Busy(Arc<Activity>);

impl Activity {
    fn begin(self: &Arc<Self>) -> Busy {
        self.requests.fetch_add(1, Relaxed);
        Busy(Arc::clone(self))
    }

    /// Returns when there was no request for long.
    async fn idle(&self) {
        let mut ended = 0;
        loop {
            let next = Instant::now().checked_add(IDLE_MAX);
            sleep_until(next.unwrap_or_else(Instant::now)).await;
            let now = self.ended.load(Relaxed);
            if self.requests.load(Relaxed) == 0 && now == ended {
                return;
            }
            ended = now;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Relaxed);
        self.0.requests.fetch_sub(1, Relaxed);
    }
}
