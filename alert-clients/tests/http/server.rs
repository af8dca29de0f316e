//! A server that does what a test says, byte by byte.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// What to do with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Status, further headers, body.
    Status(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Read it and say nothing.
    Hang,
    /// Close the connection without a word.
    Close,
    /// Say that a body follows and close in its middle.
    BreakOff,
    /// A body that never ends.
    Endless,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status, Vec::new(), b"body".to_vec())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[derive(Clone)]
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl TestServer {
    /// Gives these answers in turn, then 200 for ever.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let (server, listener) = Self::listen(answers).await;
        let accepting = server.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.expect("a connection");
                let server = accepting.clone();
                tokio::spawn(async move { server.serve(stream, connection).await });
            }
        });
        server
    }

    pub(crate) async fn listen(answers: impl IntoIterator<Item = Answer>) -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self {
            address: listener.local_addr().expect("its address"),
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            received: Arc::default(),
        };
        (server, listener)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/alerts", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("a lock").clone()
    }

    pub(crate) async fn serve(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        connection: usize,
    ) {
        while let Some(request) = read_request(&mut stream, connection).await {
            self.received.lock().expect("a lock").push(request);
            let answer = self.answers.lock().expect("a lock").pop_front();
            match answer.unwrap_or_else(|| Answer::status(200)) {
                Answer::Status(status, headers, body) => {
                    let mut text =
                        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                    for (name, value) in headers {
                        text.push_str(&format!("{name}: {value}\r\n"));
                    }
                    text.push_str("\r\n");
                    let mut bytes = text.into_bytes();
                    bytes.extend(body);
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Answer::Hang => std::future::pending().await,
                Answer::Close => return,
                Answer::BreakOff => {
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
                        .await
                        .expect("written");
                    return;
                }
                Answer::Endless => {
                    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                    stream.write_all(head).await.expect("written");
                    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
                    while stream.write_all(chunk.as_bytes()).await.is_ok() {}
                    return;
                }
            }
        }
    }
}

async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    connection: usize,
) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let mut request = Received {
        head: String::from_utf8(head).expect("a head is ASCII"),
        body: Vec::new(),
        connection,
    };
    if let Some(length) = request.header("content-length") {
        request.body = vec![0; length.parse().expect("a length")];
        stream.read_exact(&mut request.body).await.ok()?;
    }
    Some(request)
}
