//! What shows a receiver that a request comes from who knows the secret, and when.
//!
//! Standard Webhooks: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
//! The signature is an HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

/// What the standard's libraries put before a key in base64.
const KEY_PREFIX: &str = "whsec_";

/// The value of `webhook-signature`. A secret that begins with `whsec_` is a key in base64, as the standard has it;
/// any other is the key itself.
pub(super) fn signature(
    secret: &str,
    id: &str,
    timestamp: &str,
    body: &[u8],
) -> Result<String, base64::DecodeError> {
    let key = match secret.strip_prefix(KEY_PREFIX) {
        Some(encoded) => BASE64_STANDARD.decode(encoded)?,
        None => secret.as_bytes().to_vec(),
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let mut signed = hmac::Context::with_key(&key);
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        signed.update(part);
    }
    Ok(format!("v1,{}", BASE64_STANDARD.encode(signed.sign())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's reference implementations.
    #[test]
    fn the_standards_example_is_signed_as_it_says() {
        let signature = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signature.unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn body_time_and_key_all_count() {
        let own = signature("key", "id", "1", b"body").unwrap();
        assert_eq!(own, signature("key", "id", "1", b"body").unwrap());
        assert_ne!(own, signature("key", "id", "1", b"bodY").unwrap());
        assert_ne!(own, signature("key", "id", "2", b"body").unwrap());
        assert_ne!(own, signature("other", "id", "1", b"body").unwrap());
    }

    #[test]
    fn a_key_that_is_no_base64_is_an_error() {
        assert!(signature("whsec_?", "id", "1", b"").is_err());
    }
}
