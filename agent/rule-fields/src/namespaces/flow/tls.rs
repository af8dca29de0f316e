//! `flow.tls.*`: what a TLS handshake shows to everybody on the way.

use super::{classification, row, text};
use crate::context::EventContext;
use crate::namespaces::container::shown;
use crate::namespaces::fd::static_text;
use crate::row::{Extractor, FieldRow, Plurality};
use crate::value::FieldValue;
use saker_flow_inspection::{CertificateFacts, TlsFacts};
use saker_rule_language::FieldType;

/// Nanoseconds of a second.
const SECOND_NS: u64 = 1_000_000_000;
/// Seconds of a day.
const DAY_S: i64 = 86_400;

pub(super) static ROWS: &[FieldRow] = &[
    text(
        "flow.tls.version",
        "Version of TLS: `ssl2`, `ssl3`, `1.0`, `1.1`, `1.2`, `1.3`; what the client offers at most until the \
         server has answered. DTLS has the version of TLS that it is like.",
        |context, _| {
            let version = facts(context).and_then(|tls| tls.version);
            FieldValue::of(version, |version| static_text(version.name()))
        },
    ),
    row(
        "flow.tls.version.number",
        FieldType::Uint,
        "The same as the number that handshakes have for it: 768 for SSL 3.0, 769 for TLS 1.0, 770 for \
         1.1, 771 for 1.2, 772 for 1.3.",
        |context, _| {
            let version = facts(context).and_then(|tls| tls.version);
            FieldValue::of(version, |version| FieldValue::Uint(version.number().into()))
        },
    ),
    row(
        "flow.tls.negotiated",
        FieldType::Bool,
        "Whether the server has answered, so that the version is the one in use.",
        |context, _| FieldValue::of(facts(context), |tls| FieldValue::Bool(tls.is_negotiated)),
    ),
    text(
        "flow.tls.sni",
        "Name of the server that the client asks for.",
        |context, _| optional(context, |tls| tls.server_name.as_deref()),
    ),
    text(
        "flow.tls.alpn",
        "Protocols inside that the client offers (ALPN), the preferred one first.",
        |context, _| {
            let offered = facts(context).map(|tls| &*tls.alpn_offered);
            FieldValue::of(offered, texts)
        },
    )
    .several(Plurality::List),
    text(
        "flow.tls.alpn.chosen",
        "The one that the server chose, where it shows: before TLS 1.3.",
        |context, _| optional(context, |tls| tls.alpn_chosen.as_deref()),
    ),
    text(
        "flow.tls.ja4",
        "JA4 fingerprint of the client.",
        |context, _| optional(context, |tls| tls.ja4.as_deref()),
    ),
    text(
        "flow.tls.cipher",
        "Cipher suite that the server chose, by its name at IANA.",
        |context, _| optional(context, |tls| tls.cipher.as_deref()),
    ),
    row(
        "flow.tls.ech",
        FieldType::Bool,
        "Whether the client hello has an encrypted one inside (ECH): then the name that shows is not \
         the one that is asked for.",
        |context, _| {
            FieldValue::of(facts(context), |tls| {
                FieldValue::Bool(tls.has_encrypted_client_hello)
            })
        },
    ),
    text(
        "flow.tls.client_auth",
        "Whether the client showed a certificate: `seen`, `mesh` a sign of a mesh that always demands \
         one, `none`, `unknown` where it cannot be seen, as in TLS 1.3.",
        |context, _| FieldValue::of(facts(context), |tls| static_text(tls.client_auth.name())),
    ),
    row(
        "flow.tls.client_auth.requested",
        FieldType::Bool,
        "Whether the server asked the client for a certificate, where it shows: before TLS 1.3.",
        |context, _| {
            let requested = facts(context).and_then(|tls| tls.is_client_certificate_requested);
            FieldValue::of(requested, FieldValue::Bool)
        },
    ),
];

pub(super) static CERTIFICATES: &[FieldRow] = &[
    text(
        "flow.tls.server.subject",
        "Subject of the server's certificate, as RFC 4514 writes it. Certificates show before TLS 1.3.",
        |context, _| subject(context, Side::Server),
    ),
    text(
        "flow.tls.server.issuer",
        "Issuer of the server's certificate.",
        |context, _| issuer(context, Side::Server),
    ),
    text(
        "flow.tls.server.san",
        "Alternative names of the server's certificate.",
        |context, _| alternative_names(context, Side::Server),
    )
    .several(Plurality::List),
    time(
        "flow.tls.server.not_before",
        "Begin of validity of the server's certificate, nanoseconds since the epoch.",
        |context, _| moment(context, Side::Server, |facts| facts.not_before_s),
    ),
    time(
        "flow.tls.server.not_after",
        "End of validity of the server's certificate, nanoseconds since the epoch.",
        |context, _| moment(context, Side::Server, |facts| facts.not_after_s),
    ),
    days(
        "flow.tls.server.expires_in",
        "Whole days that the server's certificate is still valid; negative when it has expired.",
        |context, _| days_left(context, Side::Server),
    ),
    text(
        "flow.tls.client.subject",
        "Subject of the client's certificate.",
        |context, _| subject(context, Side::Client),
    ),
    text(
        "flow.tls.client.issuer",
        "Issuer of the client's certificate.",
        |context, _| issuer(context, Side::Client),
    ),
    text(
        "flow.tls.client.san",
        "Alternative names of the client's certificate.",
        |context, _| alternative_names(context, Side::Client),
    )
    .several(Plurality::List),
    time(
        "flow.tls.client.not_before",
        "Begin of validity of the client's certificate, nanoseconds since the epoch.",
        |context, _| moment(context, Side::Client, |facts| facts.not_before_s),
    ),
    time(
        "flow.tls.client.not_after",
        "End of validity of the client's certificate, nanoseconds since the epoch.",
        |context, _| moment(context, Side::Client, |facts| facts.not_after_s),
    ),
    days(
        "flow.tls.client.expires_in",
        "Whole days that the client's certificate is still valid; negative when it has expired.",
        |context, _| days_left(context, Side::Client),
    ),
];

/// Whose certificate.
#[derive(Clone, Copy)]
enum Side {
    Server,
    Client,
}

const fn time(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    row(name, FieldType::AbsTime, doc, extractor)
}

const fn days(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    row(name, FieldType::Int, doc, extractor)
}

fn facts<'c>(context: &EventContext<'c>) -> Option<&'c TlsFacts> {
    classification(context)?.tls.as_deref()
}

fn optional<'c>(context: &EventContext<'c>, read: fn(&TlsFacts) -> Option<&str>) -> FieldValue<'c> {
    FieldValue::of(facts(context).and_then(read), shown)
}

fn texts(texts: &[Box<str>]) -> FieldValue<'_> {
    FieldValue::list(texts.iter().map(|text| shown(text)).collect())
}

fn certificate<'c>(context: &EventContext<'c>, side: Side) -> Option<&'c CertificateFacts> {
    let tls = facts(context)?;
    match side {
        Side::Server => tls.server_certificate.as_ref(),
        Side::Client => tls.client_certificate.as_ref(),
    }
}

fn subject<'c>(context: &EventContext<'c>, side: Side) -> FieldValue<'c> {
    FieldValue::of(certificate(context, side), |facts| shown(&facts.subject))
}

fn issuer<'c>(context: &EventContext<'c>, side: Side) -> FieldValue<'c> {
    FieldValue::of(certificate(context, side), |facts| shown(&facts.issuer))
}

fn alternative_names<'c>(context: &EventContext<'c>, side: Side) -> FieldValue<'c> {
    FieldValue::of(certificate(context, side), |facts| {
        texts(&facts.alternative_names)
    })
}

/// A time of a certificate. One before the epoch is the epoch; one that lies beyond what nanoseconds
/// can tell is the last that they can.
fn moment<'c>(
    context: &EventContext<'_>,
    side: Side,
    read: fn(&CertificateFacts) -> i64,
) -> FieldValue<'c> {
    FieldValue::of(certificate(context, side), |facts| {
        let seconds = u64::try_from(read(facts)).unwrap_or(0);
        FieldValue::AbsTime(seconds.saturating_mul(SECOND_NS))
    })
}

fn days_left<'c>(context: &EventContext<'_>, side: Side) -> FieldValue<'c> {
    FieldValue::of(certificate(context, side), |facts| {
        let now = i64::try_from(context.time_wall_ns() / SECOND_NS).unwrap_or(i64::MAX);
        let left = facts.not_after_s.saturating_sub(now);
        FieldValue::Int(left.div_euclid(DAY_S))
    })
}
