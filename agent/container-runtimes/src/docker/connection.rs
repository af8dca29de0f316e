//! Requests over a unix socket, each over a connection of its own.

use crate::error::RuntimeError;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderMap};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long an answer may take. Docker and podman answer about a container that starts only when it
/// has started.
const DEADLINE: Duration = Duration::from_secs(5);

/// Longest reply, bytes. A container takes some thousand, a list about two thousand for each.
const REPLY_BYTES_MAX: usize = 16 << 20;

/// Longest explanation of a refusal that is kept, bytes.
const REFUSAL_BYTES_MAX: usize = 4 << 10;

/// Where requests are sent.
#[derive(Debug)]
pub(super) struct Connection {
    socket: PathBuf,
}

/// A reply whose body is still to be read. Dropping it closes its connection.
pub(super) struct Reply {
    pub(super) body: Incoming,
    status: StatusCode,
    headers: HeaderMap,
    #[expect(dead_code, reason = "holds the task that moves the bytes")]
    task: JoinSet<()>,
}

/// Why a reply could not be used.
#[derive(Debug, thiserror::Error)]
enum ReplyError {
    #[error("the reply is longer than {REPLY_BYTES_MAX} bytes")]
    Long,
    #[error("{status}: {message}")]
    Refused { status: StatusCode, message: String },
    #[error("the reply cannot be read")]
    Format { source: serde_json::Error },
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A call that failed.
pub(super) fn failed(call: &'static str, source: impl Into<Source>) -> RuntimeError {
    RuntimeError::Call {
        call,
        source: source.into(),
    }
}

impl Connection {
    pub(super) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Asks for an object; `None` where there is none of that name.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        call: &'static str,
        path: &str,
    ) -> Result<Option<T>, RuntimeError> {
        within_deadline(call, async {
            let reply = self.send(call, path).await?;
            if reply.status == StatusCode::NOT_FOUND {
                return Ok(None);
            }
            let reply = accepted(call, reply).await?;
            let bytes = whole(reply, REPLY_BYTES_MAX)
                .await
                .map_err(|source| failed(call, source))?;
            serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| failed(call, ReplyError::Format { source }))
        })
        .await
    }

    /// Asks whether anybody answers, and for nothing else: who answers is told by the headers.
    pub(super) async fn ping(&self) -> Result<HeaderMap, RuntimeError> {
        let call = "ping";
        within_deadline(call, async {
            let reply = self.send(call, "/_ping").await?;
            accepted(call, reply).await.map(|reply| reply.headers)
        })
        .await
    }

    /// Asks for a reply whose body does not end soon; what is awaited in time is its beginning.
    pub(super) async fn open(&self, call: &'static str, path: &str) -> Result<Reply, RuntimeError> {
        within_deadline(call, async {
            let reply = self.send(call, path).await?;
            accepted(call, reply).await
        })
        .await
    }

    async fn send(&self, call: &'static str, path: &str) -> Result<Reply, RuntimeError> {
        let stream =
            UnixStream::connect(&self.socket)
                .await
                .map_err(|source| RuntimeError::Connect {
                    socket: self.socket.clone(),
                    source: source.into(),
                })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|source| failed(call, source))?;
        let mut task = JoinSet::new();
        task.spawn(async move {
            // Whoever reads the reply meets the error there.
            drop(connection.await);
        });
        let request = Request::get(path)
            // Docker refuses requests without a host; which one it is does not matter.
            .header(HOST, "localhost")
            .body(Empty::<Bytes>::new())
            .map_err(|source| failed(call, source))?;
        let response: Response<Incoming> = sender
            .send_request(request)
            .await
            .map_err(|source| failed(call, source))?;
        let (parts, body) = response.into_parts();
        Ok(Reply {
            body,
            status: parts.status,
            headers: parts.headers,
            task,
        })
    }
}

async fn within_deadline<T>(
    call: &'static str,
    answer: impl Future<Output = Result<T, RuntimeError>>,
) -> Result<T, RuntimeError> {
    timeout(DEADLINE, answer)
        .await
        .unwrap_or(Err(RuntimeError::TimedOut {
            call,
            after: DEADLINE,
        }))
}

/// The reply, unless it is a refusal.
async fn accepted(call: &'static str, reply: Reply) -> Result<Reply, RuntimeError> {
    if reply.status.is_success() {
        return Ok(reply);
    }
    let status = reply.status;
    let message = match whole(reply, REFUSAL_BYTES_MAX).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(failed(call, ReplyError::Refused { status, message }))
}

/// The whole body.
async fn whole(reply: Reply, bytes_max: usize) -> Result<Bytes, Source> {
    match Limited::new(reply.body, bytes_max).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ReplyError::Long.into()),
        Err(error) => Err(error),
    }
}
