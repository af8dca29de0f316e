//! /metrics, /healthz and /readyz.

use crate::metrics::text;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::sync::watch;

/// The routes. `/readyz` answers with an error while queue or store do not answer.
pub(crate) fn routes(registry: Registry, ready: watch::Receiver<bool>) -> Router {
    let registry = Arc::new(registry);
    let metrics = move |headers: HeaderMap| {
        let registry = Arc::clone(&registry);
        async move {
            match text(&registry) {
                Ok(text) => {
                    let accepted = headers.get_all(header::ACCEPT).iter();
                    let accepted = accepted.filter_map(|value| value.to_str().ok());
                    let (media_type, text) = saker_metrics_text::answer(accepted, text);
                    ([(header::CONTENT_TYPE, media_type)], text).into_response()
                }
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
    };
    let readiness = move || {
        let is_ready = *ready.borrow();
        async move {
            if is_ready {
                (StatusCode::OK, "ok\n")
            } else {
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "queue or store do not answer\n",
                )
            }
        }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readiness))
}
