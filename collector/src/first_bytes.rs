//! Connections on which nobody says anything are closed.
//!
//! The handshake of TLS has its own bound, and streams have theirs. Between the two a client could connect and
//! never begin to speak HTTP/2: nothing of hyper ends that.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tonic::transport::server::Connected;

/// Bytes that a client of HTTP/2 begins with (RFC 9113, 3.4).
const PREFACE_BYTES: usize = 24;

/// A connection that ends with an error unless its client has sent the beginning of HTTP/2 in time.
pub(crate) struct FirstBytes<C> {
    connection: C,
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<C> FirstBytes<C> {
    pub(crate) fn new(connection: C, timeout: Duration) -> Self {
        Self {
            connection,
            missing: PREFACE_BYTES,
            deadline: Box::pin(sleep(timeout)),
        }
    }
}

impl<C: Connected> Connected for FirstBytes<C> {
    type ConnectInfo = C::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.connection.connect_info()
    }
}

impl<C: AsyncRead + Unpin> AsyncRead for FirstBytes<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.connection).poll_read(context, buffer);
        if self.missing > 0 {
            let count = buffer.filled().len().saturating_sub(before);
            self.missing = self.missing.saturating_sub(count);
            if self.missing > 0 && self.deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for FirstBytes<C> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const TIMEOUT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn silence_ends_a_connection() {
        let (_client, server) = duplex(64);
        let mut server = FirstBytes::new(server, TIMEOUT);
        let error = server.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_ends_it_too() {
        let (mut client, server) = duplex(64);
        let mut server = FirstBytes::new(server, TIMEOUT);
        let trickle = tokio::spawn(async move {
            for _ in 0..PREFACE_BYTES {
                sleep(Duration::from_secs(1)).await;
                if client.write_u8(b'P').await.is_err() {
                    break;
                }
            }
        });
        let mut read = 0;
        while server.read_u8().await.is_ok() {
            read += 1;
        }
        assert!((9..=10).contains(&read), "{read}");
        drop(server);
        trickle.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_begun_may_pause() {
        let (mut client, server) = duplex(64);
        let mut server = FirstBytes::new(server, TIMEOUT);
        client.write_all(&[b'P'; PREFACE_BYTES]).await.unwrap();
        let mut preface = [0; PREFACE_BYTES];
        server.read_exact(&mut preface).await.unwrap();
        let late = tokio::spawn(async move {
            sleep(TIMEOUT * 3).await;
            client.write_u8(b'x').await.unwrap();
        });
        assert_eq!(server.read_u8().await.unwrap(), b'x');
        late.await.unwrap();
    }
}
