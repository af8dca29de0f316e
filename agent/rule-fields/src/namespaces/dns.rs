//! `dns.*`: what a DNS message asks or answers.

use super::container::shown;
use super::fd::static_text;
use crate::context::EventContext;
use crate::row::{Extractor, FieldRow, Plurality};
use crate::value::FieldValue;
use saker_flow_inspection::{DnsMessage, DnsRecord};
use saker_flow_state::FlowEventKind;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[MESSAGE];

static MESSAGE: &[FieldRow] = &[
    row(
        "dns.id",
        FieldType::Uint,
        "Number that query and answer share.",
        |context, _| of(context, |message| FieldValue::Uint(message.id.into())),
    ),
    row(
        "dns.is_answer",
        FieldType::Bool,
        "Whether the message is an answer.",
        |context, _| of(context, |message| FieldValue::Bool(message.is_response)),
    ),
    row(
        "dns.name",
        FieldType::String,
        "Name that is asked for: in lower case, without the last dot, what cannot be printed as `\\DDD`; \
         empty for the root.",
        |context, _| of(context, |message| shown(&message.name)),
    ),
    row(
        "dns.type",
        FieldType::String,
        "Type that is asked for, such as `A`, `AAAA`, `TXT`; `TYPE` and its number for rare ones.",
        |context, _| of(context, |message| named(TYPES, message.query_type, "TYPE")),
    ),
    row(
        "dns.type.number",
        FieldType::Uint,
        "The same as a number.",
        |context, _| {
            of(context, |message| {
                FieldValue::Uint(message.query_type.into())
            })
        },
    ),
    row(
        "dns.class",
        FieldType::Uint,
        "Class that is asked for, as a number: 1 is the internet.",
        |context, _| {
            of(context, |message| {
                FieldValue::Uint(message.query_class.into())
            })
        },
    ),
    row(
        "dns.rcode",
        FieldType::String,
        "Code of an answer, such as `NOERROR`, `NXDOMAIN`; `RCODE` and its number for rare ones.",
        |context, _| {
            of(context, |message| {
                FieldValue::of(message.response_code, |code| named(CODES, code, "RCODE"))
            })
        },
    ),
    row(
        "dns.rcode.number",
        FieldType::Uint,
        "The same as a number.",
        |context, _| {
            of(context, |message| {
                FieldValue::of(message.response_code, |code| FieldValue::Uint(code.into()))
            })
        },
    ),
    row(
        "dns.answers",
        FieldType::String,
        "What is answered, as far as it is addresses and other names, 32 of them at most.",
        |context, _| {
            of(context, |message| {
                FieldValue::list(message.answers.iter().filter_map(answer).collect())
            })
        },
    )
    .several(Plurality::List),
];

/// Types of records by number (IANA).
const TYPES: &[(u16, &str)] = &[
    (1, "A"),
    (2, "NS"),
    (5, "CNAME"),
    (6, "SOA"),
    (10, "NULL"),
    (12, "PTR"),
    (13, "HINFO"),
    (15, "MX"),
    (16, "TXT"),
    (25, "KEY"),
    (28, "AAAA"),
    (33, "SRV"),
    (35, "NAPTR"),
    (39, "DNAME"),
    (41, "OPT"),
    (43, "DS"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (50, "NSEC3"),
    (52, "TLSA"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (99, "SPF"),
    (252, "AXFR"),
    (255, "ANY"),
    (257, "CAA"),
];

/// Codes of answers by number (IANA).
const CODES: &[(u16, &str)] = &[
    (0, "NOERROR"),
    (1, "FORMERR"),
    (2, "SERVFAIL"),
    (3, "NXDOMAIN"),
    (4, "NOTIMP"),
    (5, "REFUSED"),
    (6, "YXDOMAIN"),
    (7, "YXRRSET"),
    (8, "NXRRSET"),
    (9, "NOTAUTH"),
    (10, "NOTZONE"),
];

const fn row(
    name: &'static str,
    value_type: FieldType,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    FieldRow::flow(name, value_type, doc, extractor)
}

fn of<'c>(
    context: &EventContext<'c>,
    value: impl FnOnce(&'c DnsMessage) -> FieldValue<'c>,
) -> FieldValue<'c> {
    match context.flow_event().map(|event| &event.kind) {
        Some(FlowEventKind::Dns(message)) => value(message),
        _ => FieldValue::Missing,
    }
}

fn named<'c>(names: &[(u16, &'static str)], number: u16, otherwise: &str) -> FieldValue<'c> {
    match names.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => static_text(name),
        None => FieldValue::owned(format!("{otherwise}{number}")),
    }
}

fn answer(record: &DnsRecord) -> Option<FieldValue<'_>> {
    match record {
        DnsRecord::Address(address, _) => Some(FieldValue::owned(address.to_string())),
        DnsRecord::Alias(name) => Some(shown(name)),
        DnsRecord::Other(_) => None,
    }
}
