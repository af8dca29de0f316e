//! Sends requests.

use super::authorization::{Headers, SecretHeaders};
use super::outcome::{HttpOutcome, Reply, classify};
use super::settings::{Compression, HttpSettings};
use crate::chain::with_causes;
use crate::secret::SecretError;
use bytes::{Bytes, BytesMut};
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use saker_tls::{ClientTls, Connector, Protocol, TlsError};
use std::io::Write;
use std::time::{Duration, SystemTime};

/// Shorter than what servers commonly keep a connection for (60 s and more), so that one that is about to
/// be closed is seldom used.
const KEPT: Duration = Duration::from_secs(30);
const KEPT_PER_SERVER: usize = 4;
/// Larger bodies are compressed on a thread that may take its time.
const COMPRESSED_AT_ONCE_BYTES: usize = 16 << 10;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// What should be a URL is none.
    #[error("`{url}` is no URL that alerts could be sent to: {reason}")]
    Url {
        /// What it is, without credentials.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A header cannot be sent.
    #[error("header `{name}`: {reason}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A user that `Basic` cannot express.
    #[error("user `{}`: no user of HTTP's basic authentication has a colon or a control character", user.escape_debug())]
    User {
        /// The user.
        user: String,
    },
    /// The name of a scheme that is none.
    #[error("authentication scheme `{}`: it must be a word, such as ApiKey", name.escape_debug())]
    Scheme {
        /// What it is.
        name: String,
    },
    /// A bound or timeout of nothing.
    #[error("{setting}: must be at least 1")]
    Zero {
        /// The setting.
        setting: &'static str,
    },
    /// Certificates are of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// A client for one server.
#[derive(Debug)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    url: Uri,
    headers: Headers,
    compression: Compression,
    timeout: Duration,
    response_bytes_max: usize,
    tls: Option<ClientTls>,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Path and query below the URL's own path, such as `/_bulk`; empty for the URL itself.
    pub path: String,
    /// The body's type; none for requests without a body.
    pub content_type: Option<HeaderValue>,
    /// Further headers; they win over those of the settings.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, as it is before compression.
    pub body: Bytes,
}

impl HttpRequest {
    /// A POST to the URL itself.
    #[must_use]
    pub fn post(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            path: String::new(),
            content_type: Some(HeaderValue::from_static(content_type)),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// The same to a path below the URL's own.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same by another method.
    #[must_use]
    pub fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl HttpClient {
    /// Checks the settings, reads certificates and secrets; connects to nobody.
    ///
    /// # Errors
    ///
    /// Where a setting is of no use, or a file that it names.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        for (setting, value) in [
            ("connect_timeout_ms", settings.connect_timeout_ms),
            ("timeout_ms", settings.timeout_ms),
        ] {
            if value == 0 {
                return Err(HttpError::Zero { setting });
            }
        }
        let url = parse_url(&settings.url)?;
        let headers = Headers::new(settings)?;
        headers.secrets()?;
        let tls = match url.scheme_str() {
            Some("https") => Some(ClientTls::load(&settings.tls)?),
            _ => None,
        };
        if tls.is_none() && headers.has_secrets() && !is_local(&url) {
            tracing::warn!(%url, "credentials are sent to a server without TLS");
        }
        let connector = Connector::new(tls.clone(), Protocol::Http1, settings.connect_timeout());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT)
            .pool_max_idle_per_host(KEPT_PER_SERVER)
            .build(connector);
        Ok(Self {
            client,
            url,
            headers,
            compression: settings.compression,
            timeout: settings.timeout(),
            response_bytes_max: settings.response_bytes_max,
            tls,
        })
    }

    /// The URL, for logs; it has no credentials.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// The certificates, for metrics; `None` without TLS.
    #[must_use]
    pub fn tls(&self) -> Option<&ClientTls> {
        self.tls.as_ref()
    }

    /// Sends it once; needs tokio's runtime.
    pub async fn send(&self, request: HttpRequest) -> HttpOutcome {
        let started = tokio::time::Instant::now();
        match tokio::time::timeout(self.timeout, self.attempts(request)).await {
            Ok(outcome) => outcome,
            Err(_) => retry(format!(
                "no answer after {} ms",
                started.elapsed().as_millis()
            )),
        }
    }

    async fn attempts(&self, request: HttpRequest) -> HttpOutcome {
        let secrets = match self.headers.secrets() {
            Ok(secrets) => secrets,
            Err(error) => return retry(error.to_string()),
        };
        let prepared = match self.prepare(request).await {
            Ok(prepared) => prepared,
            Err(reason) => return retry(reason),
        };
        let outcome = self.attempt(&prepared, &secrets).await;
        if !refuses_credentials(&outcome) {
            return outcome;
        }
        match self.headers.secrets_again() {
            Ok(renewed) if renewed != secrets => self.attempt(&prepared, &renewed).await,
            _ => outcome,
        }
    }

    async fn prepare(&self, request: HttpRequest) -> Result<Prepared, String> {
        let uri = join(&self.url, &request.path)
            .ok_or_else(|| format!("`{}` is no path of a URL", request.path.escape_debug()))?;
        let mut headers = self.headers.fixed().clone();
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!(
                "saker/",
                env!("CARGO_PKG_VERSION")
            )));
        if let Some(content_type) = request.content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        headers.extend(request.headers);
        let body = match self.compression {
            Compression::Gzip if !request.body.is_empty() => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                compress(request.body).await?
            }
            _ => request.body,
        };
        Ok(Prepared {
            method: request.method,
            uri,
            headers,
            body,
        })
    }

    async fn attempt(&self, prepared: &Prepared, secrets: &SecretHeaders) -> HttpOutcome {
        let mut request = http::Request::new(Full::new(prepared.body.clone()));
        *request.method_mut() = prepared.method.clone();
        *request.uri_mut() = prepared.uri.clone();
        *request.headers_mut() = prepared.headers.clone();
        for (name, value) in secrets {
            request.headers_mut().insert(name, value.clone());
        }
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) => return retry(with_causes(&error)),
        };
        let (parts, body) = response.into_parts();
        match read_body(body, self.response_bytes_max).await {
            Ok((body, truncated)) => {
                let reply = Reply {
                    status: parts.status.as_u16(),
                    body,
                    truncated,
                };
                classify(&parts.headers, reply, SystemTime::now())
            }
            Err(error) => retry(format!(
                "answered {} and broke off: {}",
                parts.status,
                with_causes(&error)
            )),
        }
    }
}

/// A request but for its secrets.
struct Prepared {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

fn refuses_credentials(outcome: &HttpOutcome) -> bool {
    match outcome {
        HttpOutcome::Retry {
            reply: Some(reply), ..
        } => [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]
            .iter()
            .any(|status| status.as_u16() == reply.status),
        _ => false,
    }
}

fn retry(reason: String) -> HttpOutcome {
    HttpOutcome::Retry {
        reason,
        after: None,
        reply: None,
    }
}

/// What there is of a body up to `max` bytes, and whether there is more.
async fn read_body(mut body: Incoming, max: usize) -> Result<(Bytes, bool), hyper::Error> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let room = max.saturating_sub(read.len());
        if data.len() > room {
            read.extend_from_slice(data.get(..room).unwrap_or_default());
            return Ok((read.freeze(), true));
        }
        read.extend_from_slice(&data);
    }
    Ok((read.freeze(), false))
}

async fn compress(body: Bytes) -> Result<Bytes, String> {
    if body.len() <= COMPRESSED_AT_ONCE_BYTES {
        return gzip(&body);
    }
    tokio::task::spawn_blocking(move || gzip(&body))
        .await
        .map_err(|error| format!("the body cannot be compressed: {error}"))?
}

fn gzip(body: &[u8]) -> Result<Bytes, String> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(body)
        .and_then(|()| encoder.finish())
        .map(Bytes::from)
        .map_err(|error| format!("the body cannot be compressed: {error}"))
}

fn parse_url(text: &str) -> Result<Uri, HttpError> {
    let wrong = |reason| HttpError::Url {
        url: without_credentials(text),
        reason,
    };
    let url: Uri = text
        .parse()
        .map_err(|_| wrong("it must be like https://host:port/path"))?;
    match url.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(wrong("it must begin with http:// or https://")),
    }
    let authority = url.authority().ok_or_else(|| wrong("it names no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong(
            "credentials must not stand in it; use `authentication`",
        ));
    }
    if authority.host().is_empty() {
        return Err(wrong("it names no host"));
    }
    Ok(url)
}

/// `https://user:password@host/` without what stands before the `@`.
fn without_credentials(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://***@{after}")
        }
        None => url.to_owned(),
    }
}

/// `https://host/a?b` and `/c` become `https://host/a/c?b`.
fn join(base: &Uri, path: &str) -> Option<Uri> {
    if path.is_empty() {
        return Some(base.clone());
    }
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let mut text = base.path().trim_end_matches('/').to_owned();
    if !path.is_empty() {
        text.push('/');
        text.push_str(path.trim_start_matches('/'));
    }
    let mut separator = '?';
    for query in [base.query(), query].into_iter().flatten() {
        text.push(separator);
        text.push_str(query);
        separator = '&';
    }
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(text.parse().ok()?);
    Uri::from_parts(parts).ok()
}

fn is_local(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default();
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let reason = |url| parse_url(url).expect_err("not a url").to_string();
        assert!(reason("ftp://host/").contains("http:// or https://"));
        assert!(reason("host:9200").contains("http:// or https://"));
        assert!(reason("").contains("like https://"));
        let with_password = reason("https://user:hunter2@host/path");
        assert!(with_password.contains("https://***@host/path"));
        assert!(!with_password.contains("hunter2"), "{with_password}");
        assert!(parse_url("https://[::1]:9200/a?b=c").is_ok());
    }

    #[test]
    fn paths_below_a_url() {
        let joined = |base: &str, path| {
            join(&base.parse().expect("a url"), path)
                .expect("a url")
                .to_string()
        };
        assert_eq!(joined("http://h/", "/_bulk"), "http://h/_bulk");
        assert_eq!(joined("http://h/es/", "_bulk?a=1"), "http://h/es/_bulk?a=1");
        assert_eq!(joined("http://h/es?k=v", "/x?a=1"), "http://h/es/x?k=v&a=1");
        assert_eq!(joined("http://h/es?k=v", ""), "http://h/es?k=v");
    }
}
