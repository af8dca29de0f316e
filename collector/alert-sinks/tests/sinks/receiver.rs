//! A server of HTTP whose answers a test decides on.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// Without compression.
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status, a header if there is one, and a body.
    Status(u16, Option<(&'static str, String)>, String),
    /// Nothing, for as long as the client waits.
    Hang,
    /// The connection is closed in the middle of the answer.
    Close,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status, None, String::new())
    }

    pub(crate) fn body(status: u16, body: impl Into<String>) -> Self {
        Self::Status(status, None, body.into())
    }
}

/// Listens for as long as it is kept.
pub(crate) struct Receiver {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Answers each request by the function.
    pub(crate) async fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let kept = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                let kept = Arc::clone(&kept);
                let service = service_fn(move |request| {
                    let answer = Arc::clone(&answer);
                    let kept = Arc::clone(&kept);
                    async move {
                        let request = read(request).await;
                        let answer = answer(&request);
                        kept.lock().unwrap().push(request);
                        respond(answer).await
                    }
                });
                tokio::spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service);
                    // A client that goes away is no failure of the test.
                    drop(connection.await);
                });
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked for so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn read(request: Request<Incoming>) -> Asked {
    let (parts, body) = request.into_parts();
    let sent = body.collect().await.unwrap().to_bytes();
    let is_compressed = parts
        .headers
        .get("content-encoding")
        .is_some_and(|encoding| encoding == "gzip");
    let body = if is_compressed {
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(&*sent)
            .read_to_end(&mut body)
            .unwrap();
        body
    } else {
        sent.to_vec()
    };
    Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    }
}

/// A body that breaks off after its beginning.
struct Broken {
    has_begun: bool,
}

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, io::Error>>> {
        let frame = if self.has_begun {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            self.has_begun = true;
            Ok(hyper::body::Frame::data(Bytes::from_static(b"{")))
        };
        std::task::Poll::Ready(Some(frame))
    }
}

type AnyBody = http_body_util::Either<Full<Bytes>, Broken>;

async fn respond(answer: Answer) -> Result<Response<AnyBody>, Infallible> {
    let response = match answer {
        Answer::Status(status, header, body) => {
            let mut response = Response::builder().status(status);
            if let Some((name, value)) = header {
                response = response.header(name, value);
            }
            response
                .body(AnyBody::Left(Full::new(Bytes::from(body))))
                .unwrap()
        }
        Answer::Hang => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            Response::new(AnyBody::Left(Full::default()))
        }
        Answer::Close => Response::new(AnyBody::Right(Broken { has_begun: false })),
    };
    Ok(response)
}
