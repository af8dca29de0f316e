//! A webhook that counts: which notifications it took, and of which alerts they told.

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What it does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Takes it.
    Take,
    /// Answers with an error.
    Status(u16),
    /// Reads it and says nothing.
    Hang,
    /// Reads it and closes the connection.
    Close,
}

/// A notification that was taken, with the ids of all alerts that it tells of.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its own id.
    pub id: String,
    /// The alerts, its own among them.
    pub members: Vec<String>,
    /// When its first event happened, as the document says it.
    pub event_time: String,
    /// When it was received.
    pub received: SystemTime,
}

#[derive(Debug, Default)]
struct Book {
    taken: Vec<Taken>,
    turned_away: usize,
    unreadable: Vec<String>,
}

/// Listens for as long as it is kept.
#[derive(Debug)]
pub struct Webhook {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    book: Arc<Mutex<Book>>,
    runtime: Option<Runtime>,
}

impl Webhook {
    /// Starts it; it takes everything until it is told otherwise.
    ///
    /// # Errors
    ///
    /// It cannot listen.
    pub fn start() -> Result<Self> {
        let runtime = crate::runtime()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let answer = Arc::new(Mutex::new(Answer::Take));
        let book = Arc::<Mutex<Book>>::default();
        runtime.spawn(serve(listener, Arc::clone(&answer), Arc::clone(&book)));
        Ok(Self {
            address,
            answer,
            book,
            runtime: Some(runtime),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/alerts", self.address)
    }

    /// What it does from now on.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// What it took, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.book().taken.clone()
    }

    /// The alerts that it was told of.
    #[must_use]
    pub fn alerts(&self) -> BTreeSet<String> {
        let taken = self.taken();
        taken.into_iter().flat_map(|taken| taken.members).collect()
    }

    /// Requests that it did not take.
    #[must_use]
    pub fn turned_away(&self) -> usize {
        self.book().turned_away
    }

    /// Requests that it did not understand.
    #[must_use]
    pub fn unreadable(&self) -> Vec<String> {
        self.book().unreadable.clone()
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: TcpListener, answer: Arc<Mutex<Answer>>, book: Arc<Mutex<Book>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (answer, book) = (Arc::clone(&answer), Arc::clone(&book));
        let service = service_fn(move |request| {
            let answer = *answer.lock().unwrap_or_else(PoisonError::into_inner);
            respond(request, answer, Arc::clone(&book))
        });
        tokio::spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            // A client that goes away is no failure of the webhook.
            drop(
                builder
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    answer: Answer,
    book: Arc<Mutex<Book>>,
) -> Result<Response<Empty<Bytes>>> {
    let body = request.into_body().collect().await?.to_bytes();
    let status = {
        let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Answer::Take => match notifications(&body) {
                Ok(taken) => book.taken.extend(taken),
                Err(error) => book.unreadable.push(format!("{error:#}")),
            },
            Answer::Status(_) | Answer::Hang | Answer::Close => book.turned_away += 1,
        }
        match answer {
            Answer::Take => StatusCode::OK,
            Answer::Status(status) => StatusCode::from_u16(status)?,
            Answer::Hang | Answer::Close => StatusCode::INTERNAL_SERVER_ERROR,
        }
    };
    match answer {
        Answer::Hang => std::future::pending().await,
        Answer::Close => anyhow::bail!("closes without an answer"),
        Answer::Take | Answer::Status(_) => {
            let mut response = Response::new(Empty::new());
            *response.status_mut() = status;
            Ok(response)
        }
    }
}

/// The notifications of a body: an array of ECS documents.
fn notifications(body: &[u8]) -> Result<Vec<Taken>> {
    let documents: Vec<Value> = serde_json::from_slice(body)?;
    documents.iter().map(taken).collect()
}

fn taken(document: &Value) -> Result<Taken> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let id = document
        .pointer("/event/id")
        .and_then(text)
        .context("no event.id")?;
    let members = match document.pointer("/saker/members") {
        None => vec![id.clone()],
        Some(members) => members
            .as_array()
            .context("saker.members is no array")?
            .iter()
            .map(|member| text(member).context("a member is no text"))
            .collect::<Result<_>>()?,
    };
    let event_time = document.get("@timestamp").and_then(text);
    Ok(Taken {
        id,
        members,
        event_time: event_time.context("no @timestamp")?,
        received: SystemTime::now(),
    })
}
