//! One request, from its headers to its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use saker_alert_delivery::Fate;
use saker_audit_source::AuditError;
use saker_tls::{PeerIdentity, PeerInfo};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::body;
use super::token::Tokens;
use crate::counters::{AuditCounters, Refused};
use crate::desk::{Desk, Input, Judged};

/// Seconds after which who found no room may come again.
const FULL_RETRY: HeaderValue = HeaderValue::from_static("1");

/// Seconds after which a batch whose alerts are not in safe hands may come again.
const UNDELIVERED_RETRY: HeaderValue = HeaderValue::from_static("5");

/// Takes requests.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) desk: Desk,
    pub(super) tokens: Option<Tokens>,
    /// Any if there are none.
    pub(super) client_names: Vec<String>,
    pub(super) body_bytes_max: usize,
    /// A permit for each byte.
    pub(super) room: Arc<Semaphore>,
    pub(super) request_timeout: Duration,
    pub(super) answer_timeout: Duration,
}

/// Counts the bytes of a body while they are there.
struct Held<'c>(&'c AuditCounters, usize);

impl<'c> Held<'c> {
    fn new(counters: &'c AuditCounters, bytes: usize) -> Self {
        counters.hold(bytes);
        Self(counters, bytes)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.release(self.1);
    }
}

impl Intake {
    /// Answers with 200 when every event was judged and every alert is in safe hands, and with an error else.
    pub(super) async fn take(&self, request: Request, peer: &PeerInfo) -> Response {
        let counters = self.desk.counters();
        match self.try_take(request, peer).await {
            Ok(began) => {
                counters.count_acknowledged(began.elapsed());
                StatusCode::OK.into_response()
            }
            Err(refusal) => {
                // What is no event was counted and told when it was read.
                if refusal.error.is_none() {
                    let count = counters.count_refused(refusal.reason);
                    if count.is_power_of_two() {
                        tracing::warn!(
                            address = %peer.address,
                            reason = refusal.reason.as_str(),
                            count,
                            "a request with audit events was refused"
                        );
                    }
                }
                refusal.into_response()
            }
        }
    }

    async fn try_take(&self, request: Request, peer: &PeerInfo) -> Result<Instant, Refusal> {
        self.admit(request.headers(), peer.identity.as_deref())?;
        let announced = content_length(request.headers());
        if announced.is_some_and(|bytes| bytes > self.body_bytes_max) {
            return Err(Refused::TooLarge.into());
        }
        let reading = body::read(request.into_body(), self.body_bytes_max, &self.room);
        let (body, room) = timeout(self.request_timeout, reading)
            .await
            .map_err(|_| Refused::Slow)??;
        let _held = Held::new(self.desk.counters(), body.len());
        let began = Instant::now();
        let judging = async {
            let sender = peer.address.ip().to_string().into();
            let judged = self.desk.judge(Input::Body(body), sender, room).await;
            settle(judged.ok_or(Refused::Undelivered)?).await
        };
        timeout(self.answer_timeout, judging)
            .await
            .map_err(|_| Refused::Undelivered)??;
        Ok(began)
    }

    /// Whether who asks may.
    fn admit(&self, headers: &HeaderMap, identity: Option<&PeerIdentity>) -> Result<(), Refused> {
        if let Some(tokens) = &self.tokens
            && !bearer(headers).is_some_and(|token| tokens.has(token))
        {
            return Err(Refused::Unauthorized);
        }
        if !self.client_names.is_empty() && !identity.is_some_and(|it| self.is_expected(it)) {
            return Err(Refused::Forbidden);
        }
        Ok(())
    }

    fn is_expected(&self, identity: &PeerIdentity) -> bool {
        let names = identity.uris.iter().chain(&identity.dns_names);
        names
            .chain(&identity.common_name)
            .any(|name| self.client_names.contains(name))
    }
}

/// Waits for the alerts of a batch.
async fn settle(mut judged: Judged) -> Result<(), Refusal> {
    match judged.error.take() {
        // Nothing of it is an event; to send it again would not help.
        Some(error) if judged.events == 0 => Err(Refusal {
            reason: Refused::of(&error),
            error: Some(error),
        }),
        _ => match judged.fate().await {
            Fate::Kept => Ok(()),
            Fate::Lost => Err(Refused::Undelivered.into()),
        },
    }
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    let value = headers.get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

/// Why a request is refused.
struct Refusal {
    reason: Refused,
    /// What is no event.
    error: Option<AuditError>,
}

impl From<Refused> for Refusal {
    fn from(reason: Refused) -> Self {
        Self {
            reason,
            error: None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, text, extra) = match self.reason {
            Refused::Json | Refused::Kind | Refused::Time => (
                StatusCode::BAD_REQUEST,
                "there is no audit event in the body",
                None,
            ),
            Refused::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "send smaller batches", None),
            Refused::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "a token is needed",
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            ),
            Refused::Forbidden => (StatusCode::FORBIDDEN, "not with this certificate", None),
            Refused::Slow => (StatusCode::REQUEST_TIMEOUT, "the body took too long", None),
            Refused::Broken => (StatusCode::BAD_REQUEST, "the body is not whole", None),
            Refused::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too much is on its way",
                Some((header::RETRY_AFTER, FULL_RETRY)),
            ),
            Refused::Undelivered => (
                StatusCode::SERVICE_UNAVAILABLE,
                "alerts are not delivered",
                Some((header::RETRY_AFTER, UNDELIVERED_RETRY)),
            ),
        };
        let text = match self.error {
            Some(error) => format!("{error}\n"),
            None => format!("{text}\n"),
        };
        let mut response = (status, text).into_response();
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
