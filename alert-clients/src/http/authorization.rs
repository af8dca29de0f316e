//! Headers whose values may be secrets.

use super::client::HttpError;
use super::settings::{Authentication, HeaderSetting, HttpSettings};
use crate::secret::{Secret, SecretError, SecretValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers of every request, as the configuration gives them.
#[derive(Debug)]
pub(crate) struct Headers {
    fixed: HeaderMap,
    secret: Vec<(HeaderName, Secret)>,
    authentication: Option<Authentication>,
}

/// The headers that hold secrets: equal as long as the secrets are.
pub(crate) type SecretHeaders = Vec<(HeaderName, HeaderValue)>;

impl Headers {
    /// Checks names and fixed values.
    pub(crate) fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        let mut fixed = HeaderMap::new();
        let mut secret = Vec::new();
        for (name, value) in &settings.headers {
            let bad = |reason: &'static str| HttpError::Header {
                name: name.clone(),
                reason,
            };
            let parsed = HeaderName::try_from(name.as_str())
                .map_err(|_| bad("this is no name of a header"))?;
            if [
                header::HOST,
                header::CONTENT_LENGTH,
                header::TRANSFER_ENCODING,
                header::CONNECTION,
            ]
            .contains(&parsed)
            {
                return Err(bad("the client sets this header itself"));
            }
            match value {
                HeaderSetting::Text(_) if parsed == header::AUTHORIZATION => {
                    return Err(bad(
                        "credentials must not stand in the configuration; use `authentication`, or \
                         `{file: PATH}` or `{env: NAME}` as the value",
                    ));
                }
                HeaderSetting::Text(text) => {
                    let value = HeaderValue::from_str(text)
                        .map_err(|_| bad("its value has characters that no header may have"))?;
                    fixed.insert(parsed, value);
                }
                HeaderSetting::Secret(source) => secret.push((parsed, source.clone())),
            }
        }
        match &settings.authentication {
            Some(Authentication::Basic { user, .. })
                if user.contains(':') || user.chars().any(char::is_control) =>
            {
                return Err(HttpError::User { user: user.clone() });
            }
            Some(Authentication::Scheme { name, .. })
                if name.is_empty()
                    || !name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
            {
                return Err(HttpError::Scheme { name: name.clone() });
            }
            _ => {}
        }
        Ok(Self {
            fixed,
            secret,
            authentication: settings.authentication.clone(),
        })
    }

    pub(crate) fn fixed(&self) -> &HeaderMap {
        &self.fixed
    }

    pub(crate) fn has_secrets(&self) -> bool {
        self.authentication.is_some() || !self.secret.is_empty()
    }

    /// The secrets as they are now.
    pub(crate) fn secrets(&self) -> Result<SecretHeaders, SecretError> {
        self.secrets_by(Secret::value)
    }

    /// The secrets, read again.
    pub(crate) fn secrets_again(&self) -> Result<SecretHeaders, SecretError> {
        self.secrets_by(Secret::reread)
    }

    fn secrets_by(
        &self,
        read: impl Fn(&Secret) -> Result<SecretValue, SecretError>,
    ) -> Result<SecretHeaders, SecretError> {
        let mut headers = Vec::with_capacity(self.secret.len() + 1);
        for (name, secret) in &self.secret {
            headers.push((name.clone(), sensitive(read(secret)?.expose())));
        }
        let authorization = match &self.authentication {
            None => return Ok(headers),
            Some(Authentication::Basic { user, password }) => {
                let pair = format!("{user}:{}", read(password)?.expose());
                format!("Basic {}", STANDARD.encode(pair))
            }
            Some(Authentication::Bearer { token }) => format!("Bearer {}", read(token)?.expose()),
            Some(Authentication::Scheme { name, token }) => {
                format!("{name} {}", read(token)?.expose())
            }
        };
        headers.push((header::AUTHORIZATION, sensitive(&authorization)));
        Ok(headers)
    }
}

/// A secret has no control characters, so that every one of them is a header's value.
fn sensitive(text: &str) -> HeaderValue {
    let mut value =
        HeaderValue::from_bytes(text.as_bytes()).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
