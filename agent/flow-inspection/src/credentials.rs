//! Which kind of credential bytes hold. Nothing but the kind is ever kept.

use crate::credential_kind::CredentialKind;

/// Headers of HTTP whose value is a key or a token.
const KEY_HEADERS: &[&str] = &[
    "api-key",
    "apikey",
    "ocp-apim-subscription-key",
    "private-token",
    "x-api-key",
    "x-api-token",
    "x-apikey",
    "x-auth-token",
    "x-functions-key",
    "x-goog-api-key",
    "x-vault-token",
];

/// Schemes of `Authorization` whose value is a key.
const KEY_SCHEMES: &[&[u8]] = &[b"api-key", b"apikey", b"key", b"token"];

/// Bytes of a value that must be there: fewer cannot tell a JWT from another token.
const VALUE_BYTES_MIN: usize = 3;

/// The begin of every JWT: `{"` in base64url.
const JWT_BEGIN: &[u8] = b"eyJ";

/// The credential in a header of HTTP, by its name (whatever the case) and value. The value may be cut.
///
/// Schemes that show no secret (Digest, NTLM, Negotiate, AWS signatures) are none.
pub(crate) fn http_header(name: &[u8], value: &[u8]) -> Option<CredentialKind> {
    let value = value.trim_ascii();
    if value.len() < VALUE_BYTES_MIN {
        return None;
    }
    if name.eq_ignore_ascii_case(b"proxy-authorization") {
        return authorization(value).map(|_| CredentialKind::HttpProxy);
    }
    if name.eq_ignore_ascii_case(b"authorization") {
        return authorization(value);
    }
    KEY_HEADERS
        .iter()
        .any(|header| name.eq_ignore_ascii_case(header.as_bytes()))
        .then_some(CredentialKind::HttpApiKey)
}

fn authorization(value: &[u8]) -> Option<CredentialKind> {
    let end = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, rest) = value.split_at_checked(end)?;
    let secret = rest.trim_ascii();
    if secret.len() < VALUE_BYTES_MIN {
        None
    } else if scheme.eq_ignore_ascii_case(b"basic") {
        Some(CredentialKind::HttpBasic)
    } else if scheme.eq_ignore_ascii_case(b"bearer") {
        Some(if secret.starts_with(JWT_BEGIN) {
            CredentialKind::HttpJwt
        } else {
            CredentialKind::HttpBearer
        })
    } else {
        KEY_SCHEMES
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
            .then_some(CredentialKind::HttpApiKey)
    }
}

/// Whether this is a message of SASL PLAIN (RFC 4616) with a password: identity, name and password with
/// zeros between them.
pub(crate) fn is_sasl_plain(message: &[u8]) -> bool {
    let mut parts = message.splitn(3, |byte| *byte == 0);
    let (_, name, password) = (parts.next(), parts.next(), parts.next());
    name.is_some_and(|name| !name.is_empty())
        && password.is_some_and(|password| !password.is_empty() && !password.contains(&0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_http() {
        use CredentialKind::{HttpApiKey, HttpBasic, HttpBearer, HttpJwt, HttpProxy};
        for (name, value, expected) in [
            ("Authorization", "Basic dTpw", Some(HttpBasic)),
            ("AUTHORIZATION", " basic   dTpw ", Some(HttpBasic)),
            ("authorization", "Bearer 3f786850e387550f", Some(HttpBearer)),
            (
                "authorization",
                "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
                Some(HttpJwt),
            ),
            ("authorization", "ApiKey abcdef", Some(HttpApiKey)),
            ("authorization", "Token abcdef", Some(HttpApiKey)),
            ("x-api-key", "abcdef", Some(HttpApiKey)),
            ("Proxy-Authorization", "Basic dTpw", Some(HttpProxy)),
            ("authorization", "Basic", None),
            ("authorization", "Basic ", None),
            ("authorization", "Bearer ey", None),
            (
                "authorization",
                "Digest username=\"u\", response=\"0\"",
                None,
            ),
            ("authorization", "Negotiate YIIB", None),
            ("authorization", "AWS4-HMAC-SHA256 Credential=a", None),
            ("x-api-key", "", None),
            ("content-type", "Basic dTpw", None),
        ] {
            assert_eq!(
                http_header(name.as_bytes(), value.as_bytes()),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn messages_of_sasl_plain() {
        assert!(is_sasl_plain(b"\0user\0password"));
        assert!(is_sasl_plain(b"admin\0user\0p"));
        for message in [
            &b""[..],
            b"\0",
            b"\0user\0",
            b"\0\0password",
            b"user\0password",
            b"\0user\0pass\0word",
        ] {
            assert!(!is_sasl_plain(message), "{message:?}");
        }
    }
}
