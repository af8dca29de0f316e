//! A server that answers as a test says, well or badly.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

/// How a request is answered.
#[derive(Clone)]
pub(super) enum Reply {
    /// With an object.
    Json(String),
    /// With a status and an explanation.
    Refusal(u16, &'static str),
    /// With these bytes, and an end.
    Raw(Vec<u8>),
    /// With these bytes, and no end.
    Open(Vec<u8>),
    /// With the first bytes, then with the second ones for ever.
    Flood(Vec<u8>, Vec<u8>),
}

pub(super) struct Server {
    folder: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    left: Arc<tokio::sync::Notify>,
    _task: JoinSet<()>,
}

impl Server {
    /// Answers requests by the first path that theirs begins with; others with 404.
    pub(super) fn start(routes: &[(&str, Reply)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let routes: Arc<[(String, Reply)]> = routes
            .iter()
            .map(|(path, reply)| ((*path).to_owned(), reply.clone()))
            .collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(tokio::sync::Notify::new());
        let mut task = JoinSet::new();
        let (noted, leaving) = (Arc::clone(&asked), Arc::clone(&left));
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (routes, noted) = (Arc::clone(&routes), Arc::clone(&noted));
                let leaving = Arc::clone(&leaving);
                connections.spawn(async move {
                    answer(stream, &routes, &noted).await;
                    leaving.notify_one();
                });
            }
        });
        Self {
            folder,
            asked,
            left,
            _task: task,
        }
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The paths that were asked for so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until a connection that was answered has ended.
    pub(super) async fn left(&self) {
        self.left.notified().await;
    }
}

async fn answer(mut stream: UnixStream, routes: &[(String, Reply)], noted: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.to_lowercase().contains("\r\nhost: "), "{head}");
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let route = routes.iter().find(|(start, _)| path.starts_with(start));
    noted.lock().unwrap().push(path);
    let reply = route.map_or(
        Reply::Refusal(404, r#"{"message":"no such container"}"#),
        |(_, reply)| reply.clone(),
    );
    let mut gone = Vec::new();
    // The client may leave whenever it likes.
    drop(match reply {
        Reply::Json(text) => stream.write_all(&response(200, &text)).await,
        Reply::Refusal(status, text) => stream.write_all(&response(status, text)).await,
        Reply::Raw(bytes) => stream.write_all(&bytes).await,
        Reply::Open(bytes) => {
            let written = stream.write_all(&bytes).await;
            written.and(stream.read_to_end(&mut gone).await.map(drop))
        }
        Reply::Flood(first, again) => {
            let mut written = stream.write_all(&first).await;
            while written.is_ok() {
                written = stream.write_all(&again).await;
            }
            written
        }
    });
}

fn response(status: u16, text: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    )
    .into_bytes()
}
