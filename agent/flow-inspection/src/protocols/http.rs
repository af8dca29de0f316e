//! HTTP/1: requests, answers, credentials in headers, `CONNECT` and upgrades.

use super::form::{Fit, begins, begins_ignoring_case, consumed, find, offset};
use crate::classification::Confidence;
use crate::conversation::{Conversation, Readable, Recognition, Upgrade, Wrapping};
use crate::credential_kind::CredentialKind;
use crate::credentials;
use crate::cursor::Cursor;
use crate::protocol::Protocol;

/// Exchanges that are looked at while the server demands a login.
const EXCHANGES_MAX: usize = 3;
/// Bytes of a method; the longest that is registered has 17.
const METHOD_BYTES_MAX: usize = 20;
/// Methods that make a request line likely before its end was seen. Not `CONNECT`: what follows it is something else.
const METHODS: &[&[u8]] = &[
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE",
];

/// A request, as far as it was seen.
#[derive(Default)]
struct Request {
    is_connect: bool,
    fields: Fields,
}

/// An answer, as far as it was seen.
struct Answer {
    status: u16,
    fields: Fields,
}

/// What is of interest in the headers of a request or an answer.
#[derive(Default)]
struct Fields {
    credential: Option<CredentialKind>,
    /// The upgrade is to TLS (RFC 2817).
    is_upgrade_to_tls: bool,
    /// The upgrade is to HTTP/2.
    is_upgrade_to_http2: bool,
    /// Bytes of the body; `None` where it has no length of its own.
    body_bytes: Option<usize>,
    /// How many bytes there were from the first line to the end of the headers, where that was seen.
    end: Option<usize>,
}

/// Bytes as a first line and headers.
enum Block<T> {
    Other,
    Partial,
    Begun(T),
}

pub(super) fn recognise(conversation: &Conversation<'_>) -> Recognition {
    let mut exchange = Exchange {
        client: conversation.client.head(),
        server: conversation.server.head(),
        client_at: 0,
        server_at: 0,
        credential: None,
    };
    for index in 0..EXCHANGES_MAX {
        if let Some(recognition) = exchange.judge(index == 0) {
            return recognition;
        }
    }
    http(Confidence::High, exchange.credential).into()
}

/// A request and its answer.
struct Exchange<'a> {
    /// What the client sent, from the request on, and how much before it.
    client: &'a [u8],
    client_at: usize,
    /// What the server sent, from the answer on, and how much before it.
    server: &'a [u8],
    server_at: usize,
    /// A credential that was seen so far.
    credential: Option<CredentialKind>,
}

impl Exchange<'_> {
    /// What this exchange says; `None` where the next one, which it becomes, says it.
    fn judge(&mut self, is_first: bool) -> Option<Recognition> {
        let request = match read_request(self.client) {
            Block::Begun(request) => request,
            Block::Other if is_first => return Some(Recognition::NotMine),
            Block::Partial if is_first => return Some(undecided(self.client, self.server)),
            Block::Other => return Some(http(Confidence::High, self.credential).into()),
            Block::Partial => {
                return Some(http(Confidence::High, self.credential).unsettled().into());
            }
        };
        self.credential = self.credential.or(request.fields.credential);
        let Block::Begun(answer) = read_answer(self.server) else {
            let is_foreign = !self.server.is_empty()
                && matches!(read_answer(self.server), Block::Other)
                && request.fields.end.is_some();
            let readable = spoken(&request, Confidence::Medium, self.credential);
            return Some(readable.settled_if(is_foreign).into());
        };
        let readable = spoken(&request, Confidence::High, self.credential);
        let (Some(sent), Some(received)) = (request.fields.end, answer.fields.end) else {
            if request.is_connect && (200..=299).contains(&answer.status) {
                // What the tunnel holds is not known, and need not be plaintext.
                return Some(Recognition::NeedMore);
            }
            let is_demanding = matches!(answer.status, 101 | 401 | 407) || request.is_connect;
            let is_settled = request.fields.end.is_some() && !is_demanding;
            return Some(readable.settled_if(is_settled).into());
        };
        self.client_at = self.client_at.saturating_add(sent);
        self.server_at = self.server_at.saturating_add(received);
        if let Some(agreed) = self.agreed(&request, &answer) {
            return Some(agreed);
        }
        let is_login_demanded = matches!(answer.status, 401 | 407) && self.credential.is_none();
        let (Some(request_body), Some(answer_body)) =
            (request.fields.body_bytes, answer.fields.body_bytes)
        else {
            return Some(readable.into());
        };
        let next_request = self.client.get(sent.saturating_add(request_body)..);
        match next_request {
            Some(next_request) if is_login_demanded && !next_request.is_empty() => {
                let next_answer = self.server.get(received.saturating_add(answer_body)..);
                self.client = next_request;
                self.server = next_answer.unwrap_or_default();
                self.client_at = self.client_at.saturating_add(request_body);
                self.server_at = self.server_at.saturating_add(answer_body);
                None
            }
            None | Some([]) if is_login_demanded => Some(readable.unsettled().into()),
            _ => Some(readable.into()),
        }
    }

    /// What both sides agreed to go on with.
    fn agreed(&self, request: &Request, answer: &Answer) -> Option<Recognition> {
        match answer.status {
            200..=299 if request.is_connect => Some(Recognition::Wrapping(Wrapping {
                protocol: Protocol::HttpConnect,
                client_at: offset(self.client_at),
                server_at: offset(self.server_at),
                credential: self.credential,
            })),
            101 if request.fields.is_upgrade_to_tls && answer.fields.is_upgrade_to_tls => {
                let upgrade = Upgrade::agreed(Protocol::Http, self.client_at, Some(self.server_at));
                Some(Recognition::Upgrade(Upgrade {
                    credential: self.credential,
                    ..upgrade
                }))
            }
            101 if request.fields.is_upgrade_to_http2 => Some(
                Readable::new(Protocol::Http2, Confidence::High)
                    .exposing(self.credential)
                    .into(),
            ),
            _ => None,
        }
    }
}

fn http(confidence: Confidence, credential: Option<CredentialKind>) -> Readable {
    Readable::new(Protocol::Http, confidence).exposing(credential)
}

fn spoken(
    request: &Request,
    confidence: Confidence,
    credential: Option<CredentialKind>,
) -> Readable {
    let protocol = if request.is_connect {
        Protocol::HttpConnect
    } else {
        Protocol::Http
    };
    Readable::new(protocol, confidence).exposing(credential)
}

/// The first line has no end yet: a long target, perhaps.
fn undecided(client: &[u8], server: &[u8]) -> Recognition {
    let has_method = METHODS.iter().any(|method| {
        client
            .strip_prefix(*method)
            .is_some_and(|rest| rest.starts_with(b" "))
    });
    if has_method && matches!(read_answer(server), Block::Begun(_)) {
        http(Confidence::High, None).unsettled().into()
    } else {
        Recognition::NeedMore
    }
}

fn read_request(bytes: &[u8]) -> Block<Request> {
    let mut cursor = Cursor::new(bytes);
    let line = cursor.line();
    let mut words = line.unwrap_or(bytes).splitn(3, |byte| *byte == b' ');
    let (method, target, version) = (words.next().unwrap_or_default(), words.next(), words.next());
    let is_method = method.len() <= METHOD_BYTES_MAX
        && method
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'-');
    let is_target =
        target.is_none_or(|target| target.iter().all(|byte| *byte > b' ' && *byte != 127));
    if !is_method || !is_target || (target.is_some() && method.is_empty()) {
        return Block::Other;
    }
    let fits = version.map_or(Fit::Partly, is_version);
    if line.is_none() {
        return match fits {
            Fit::No => Block::Other,
            _ => Block::Partial,
        };
    }
    if fits != Fit::Whole || target.is_none_or(<[u8]>::is_empty) {
        return Block::Other;
    }
    Block::Begun(Request {
        is_connect: method == b"CONNECT",
        fields: read_fields(bytes, cursor, Some(0)),
    })
}

/// `HTTP/1.x`; an unfinished line may still have its `\r`.
fn is_version(bytes: &[u8]) -> Fit {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    match begins(bytes, b"HTTP/1.") {
        Fit::Whole => match bytes.get(7..) {
            Some([]) => Fit::Partly,
            Some([digit]) if digit.is_ascii_digit() => Fit::Whole,
            _ => Fit::No,
        },
        other => other,
    }
}

fn read_answer(bytes: &[u8]) -> Block<Answer> {
    let mut cursor = Cursor::new(bytes);
    match begins(bytes, b"HTTP/1.") {
        Fit::No => return Block::Other,
        Fit::Partly => return Block::Partial,
        Fit::Whole => {}
    }
    let [_, _, _, _, _, _, _, minor, space, hundreds, tens, ones, ..] = bytes else {
        return Block::Partial;
    };
    let digits = [hundreds, tens, ones];
    if !minor.is_ascii_digit()
        || *space != b' '
        || !digits.iter().all(|digit| digit.is_ascii_digit())
    {
        return Block::Other;
    }
    let status = digits.iter().fold(0_u16, |status, digit| {
        status
            .saturating_mul(10)
            .saturating_add(u16::from(digit.saturating_sub(b'0')))
    });
    let fields = match cursor.line() {
        Some(_) => read_fields(bytes, cursor, None),
        None => Fields::default(),
    };
    Block::Begun(Answer { status, fields })
}

/// Reads headers, also an unfinished last one.
fn read_fields(whole: &[u8], mut cursor: Cursor<'_>, body_bytes: Option<usize>) -> Fields {
    let mut fields = Fields {
        body_bytes,
        ..Fields::default()
    };
    let mut is_chunked = false;
    loop {
        let (line, is_last) = match cursor.line() {
            Some(line) => (line, false),
            None => (cursor.rest(), true),
        };
        if line.is_empty() && !is_last {
            fields.end = Some(consumed(whole, cursor.rest()));
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':')
            && let Some((name, value)) = line.split_at_checked(colon)
        {
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            read_field(&mut fields, name, value);
            is_chunked |= name.eq_ignore_ascii_case(b"transfer-encoding");
        }
        if is_last || line.is_empty() {
            break;
        }
    }
    if is_chunked {
        fields.body_bytes = None;
    }
    fields
}

fn read_field(fields: &mut Fields, name: &[u8], value: &[u8]) {
    if name.eq_ignore_ascii_case(b"content-length") {
        fields.body_bytes = std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse().ok());
    } else if name.eq_ignore_ascii_case(b"upgrade") {
        let value = value.to_ascii_lowercase();
        fields.is_upgrade_to_tls |= find(&value, b"tls/").is_some();
        fields.is_upgrade_to_http2 |= begins_ignoring_case(&value, b"h2c") == Fit::Whole;
    } else {
        fields.credential = fields
            .credential
            .or_else(|| credentials::http_header(name, value));
    }
}
