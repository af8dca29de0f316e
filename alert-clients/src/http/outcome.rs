//! What an answer means.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use std::time::{Duration, SystemTime};

/// A server may ask for a pause, but not for ever.
const AFTER_MAX: Duration = Duration::from_secs(3600);
/// As much of an answer as stands in a reason, in characters.
const EXCERPT_CHARACTERS: usize = 300;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpOutcome {
    /// The server has it (2xx).
    Delivered(Reply),
    /// It may work later: no connection, no answer in time, 408, 421, 425, 429, 5xx but 501 and 505; also
    /// 401 and 403, because credentials are repaired without a word to the client.
    Retry {
        /// What went wrong.
        reason: String,
        /// Not before this time has passed, if the server said so; at most an hour.
        after: Option<Duration>,
        /// The answer, if there was one.
        reply: Option<Reply>,
    },
    /// The server does not want it and would not later: any other answer.
    Rejected {
        /// Status and the beginning of what it said.
        reason: String,
        /// The answer.
        reply: Reply,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The body, up to the bound of the settings.
    pub body: Bytes,
    /// Whether the body was longer than what was read of it.
    pub truncated: bool,
}

impl Reply {
    /// The beginning of the body in one line, for people.
    #[must_use]
    pub fn excerpt(&self) -> String {
        let start = self
            .body
            .get(..self.body.len().min(4 * EXCERPT_CHARACTERS))
            .unwrap_or_default();
        String::from_utf8_lossy(start)
            .split(|character: char| character.is_whitespace() || character.is_control())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(EXCERPT_CHARACTERS)
            .collect()
    }
}

pub(crate) fn classify(headers: &HeaderMap, reply: Reply, now: SystemTime) -> HttpOutcome {
    let Ok(status) = StatusCode::from_u16(reply.status) else {
        return HttpOutcome::Rejected {
            reason: format!("answered {}", reply.status),
            reply,
        };
    };
    if status.is_success() {
        return HttpOutcome::Delivered(reply);
    }
    let reason = reason(status, headers, &reply);
    if may_work_later(status) {
        HttpOutcome::Retry {
            reason,
            after: retry_after(headers, now),
            reply: Some(reply),
        }
    } else {
        HttpOutcome::Rejected { reason, reply }
    }
}

fn may_work_later(status: StatusCode) -> bool {
    match status {
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => false,
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::MISDIRECTED_REQUEST
        | StatusCode::TOO_EARLY
        | StatusCode::TOO_MANY_REQUESTS => true,
        other => other.is_server_error(),
    }
}

fn reason(status: StatusCode, headers: &HeaderMap, reply: &Reply) -> String {
    let mut text = format!("answered {status}");
    if status.is_redirection() {
        text.push_str("; redirects are not followed, set the url to where it leads");
        if let Some(location) = text_of(headers, "location") {
            let location: String = location.chars().take(EXCERPT_CHARACTERS).collect();
            text.push_str(": ");
            text.push_str(&location);
        }
    } else {
        let excerpt = reply.excerpt();
        if !excerpt.is_empty() {
            text.push_str(": ");
            text.push_str(&excerpt);
        }
    }
    text
}

/// How long the server asks to wait: `Retry-After` (RFC 9110), seconds or a date; else `RateLimit` or
/// `RateLimit-Reset` (draft-ietf-httpapi-ratelimit-headers), seconds.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let asked = text_of(headers, header::RETRY_AFTER.as_str())
        .and_then(|text| {
            seconds(text).or_else(|| {
                let date = httpdate::parse_http_date(text).ok()?;
                Some(date.duration_since(now).unwrap_or_default())
            })
        })
        .or_else(|| {
            // `"default";r=0;t=30`
            text_of(headers, "ratelimit")?
                .split([';', ','])
                .filter_map(|part| part.trim().strip_prefix("t="))
                .find_map(seconds)
        })
        .or_else(|| text_of(headers, "ratelimit-reset").and_then(seconds))?;
    Some(asked.min(AFTER_MAX))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn seconds(text: &str) -> Option<Duration> {
    // A number that does not fit is a long time.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn outcome(status: u16, header: Option<(&'static str, &str)>) -> HttpOutcome {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        let reply = Reply {
            status,
            body: Bytes::from_static(b"because\n of\x1b[31m that"),
            truncated: false,
        };
        classify(&headers, reply, SystemTime::UNIX_EPOCH)
    }

    fn after(header: &'static str, value: &str) -> Option<Duration> {
        match outcome(429, Some((header, value))) {
            HttpOutcome::Retry { after, .. } => after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn statuses() {
        for status in [200, 202, 204] {
            assert!(matches!(outcome(status, None), HttpOutcome::Delivered(_)));
        }
        for status in [401, 403, 408, 421, 425, 429, 500, 502, 503, 504, 507, 599] {
            assert!(
                matches!(outcome(status, None), HttpOutcome::Retry { .. }),
                "{status}"
            );
        }
        for status in [
            301, 307, 400, 404, 405, 409, 410, 413, 415, 422, 501, 505, 999,
        ] {
            assert!(
                matches!(outcome(status, None), HttpOutcome::Rejected { .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn a_reason_is_one_line() {
        let HttpOutcome::Rejected { reason, .. } = outcome(400, None) else {
            panic!("400 is no rejection");
        };
        assert_eq!(reason, "answered 400 Bad Request: because of [31m that");
        let HttpOutcome::Rejected { reason, .. } =
            outcome(302, Some(("location", "https://elsewhere.example/")))
        else {
            panic!("302 is no rejection");
        };
        assert!(reason.ends_with("https://elsewhere.example/"), "{reason}");
    }

    #[test]
    fn pauses_that_servers_ask_for() {
        let s = Duration::from_secs;
        assert_eq!(after("retry-after", "120"), Some(s(120)));
        assert_eq!(after("retry-after", " 7 "), Some(s(7)));
        assert_eq!(
            after("retry-after", "Thu, 01 Jan 1970 00:01:30 GMT"),
            Some(s(90))
        );
        assert_eq!(
            after("retry-after", "99999999999999999999"),
            Some(AFTER_MAX)
        );
        assert_eq!(after("retry-after", "-1"), None);
        assert_eq!(after("retry-after", "soon"), None);
        assert_eq!(after("ratelimit", "\"default\";r=0;t=30"), Some(s(30)));
        assert_eq!(after("ratelimit", "limit=10, remaining=0, t=5"), Some(s(5)));
        assert_eq!(after("ratelimit-reset", "12"), Some(s(12)));
        assert_eq!(after("x-unrelated", "12"), None);
    }
}
