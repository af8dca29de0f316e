//! Bounds on what the API server may send.
//!
//! A list is read whole before it is understood, and a watch is read line by line, with no bound of the
//! client's own on either.

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{BoxError, Layer, Service};

/// The server sent more than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reply is longer than {bytes_max} bytes")]
pub(crate) struct TooLong {
    /// How much is read.
    pub(crate) bytes_max: usize,
}

/// The bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLimit {
    /// Longest list, or page of one, in bytes. 500 pods of a usual size are 5 MB. Where a page is
    /// longer, smaller pages are asked for.
    pub list_bytes_max: usize,
    /// Longest line of a watch, which is one object, in bytes. An object is 1.5 MiB at most where it
    /// is stored.
    pub line_bytes_max: usize,
}

impl Default for ReplyLimit {
    fn default() -> Self {
        Self {
            list_bytes_max: 64 << 20,
            line_bytes_max: 8 << 20,
        }
    }
}

impl<S> Layer<S> for ReplyLimit {
    type Service = LimitedClient<S>;

    fn layer(&self, client: S) -> LimitedClient<S> {
        LimitedClient {
            client,
            limit: *self,
        }
    }
}

/// A client whose replies are bounded.
pub struct LimitedClient<S> {
    client: S,
    limit: ReplyLimit,
}

type Reply<F> = Pin<Box<dyn Future<Output = F> + Send>>;

impl<S, A, B> Service<Request<A>> for LimitedClient<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<LimitedBody<B>>;
    type Error = S::Error;
    type Future = Reply<Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.client.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let query = request.uri().query().unwrap_or_default();
        let is_watch = query.split('&').any(|part| part == "watch=true");
        let (unit, bytes_max) = if is_watch {
            (Unit::Line, self.limit.line_bytes_max)
        } else {
            (Unit::Whole, self.limit.list_bytes_max)
        };
        let reply = self.client.call(request);
        Box::pin(async move {
            let reply = reply.await?;
            Ok(reply.map(|body| LimitedBody {
                body,
                unit,
                bytes_max,
                bytes: 0,
            }))
        })
    }
}

/// What the bound is on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Whole,
    Line,
}

/// A body that fails when it is too long.
pub struct LimitedBody<B> {
    body: B,
    unit: Unit,
    bytes_max: usize,
    /// How many there were, of the line where the bound is on lines.
    bytes: usize,
}

impl<B> LimitedBody<B> {
    fn count(&mut self, data: &[u8]) -> Result<(), TooLong> {
        let mut pieces = match self.unit {
            Unit::Whole => None,
            Unit::Line => Some(data.split(|byte| *byte == b'\n')),
        };
        let first = pieces.as_mut().map_or(Some(data), Iterator::next);
        self.bytes = self.bytes.saturating_add(first.map_or(0, <[u8]>::len));
        let mut longest = self.bytes;
        for line in pieces.into_iter().flatten() {
            self.bytes = line.len();
            longest = longest.max(self.bytes);
        }
        if longest > self.bytes_max {
            return Err(TooLong {
                bytes_max: self.bytes_max,
            });
        }
        Ok(())
    }
}

impl<B> Body for LimitedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let frame = match frame {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            Some(Ok(frame)) => frame,
        };
        if let Some(data) = frame.data_ref()
            && let Err(error) = self.count(data)
        {
            return Poll::Ready(Some(Err(error.into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
