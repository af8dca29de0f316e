//! /metrics, /healthz and /readyz.

use crate::metrics::text;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::sync::watch;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes. `/readyz` answers with an error while queue or store do not answer.
pub(crate) fn routes(registry: Registry, ready: watch::Receiver<bool>) -> Router {
    let registry = Arc::new(registry);
    let metrics = move || {
        let registry = Arc::clone(&registry);
        async move {
            match text(&registry) {
                Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
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
