//! Fields of the event that nothing fills yet.

use super::time::SECOND_NS;
use crate::captured::event::{self, Measured};
use crate::row::{FieldRow, FieldSources};
use crate::value::FieldValue;
use saker_rule_language::FieldType;

/// Why there are no durations of calls.
const NO_ENTRY: &str = "calls are seen when they return; Falco has no value for it any more either";
/// Why there is no time between events.
const NO_PREVIOUS: &str = "the time of the event before is not kept: with events filtered in the kernel it would tell nothing";
/// Why there is no payload.
const NO_DATA: &str = "calls that move data are not observed";
/// Why there is no information about processes as an event.
const NO_PROCESS_INFO: &str = "such events do not occur";

pub(super) static ROWS: &[FieldRow] = &[
    span(
        "evt.latency",
        "How long the call took, nanoseconds.",
        NO_ENTRY,
    )
    .captured(event::latency)
    .in_captures("always 0, as in Falco")
    .deprecated(),
    span("evt.latency.s", "Whole seconds of `evt.latency`.", NO_ENTRY)
        .captured(event::latency)
        .in_captures("always 0, as in Falco")
        .deprecated(),
    span(
        "evt.latency.ns",
        "Nanoseconds of `evt.latency` after the last whole second.",
        NO_ENTRY,
    )
    .captured(event::latency)
    .in_captures("always 0, as in Falco")
    .deprecated(),
    number(
        "evt.latency.quantized",
        "Order of magnitude of `evt.latency`.",
        NO_ENTRY,
    )
    .captured(event::latency_magnitude)
    .in_captures("always 0, as in Falco")
    .deprecated(),
    text("evt.latency.human", "`evt.latency` for people.", NO_ENTRY)
        .captured(event::latency_text)
        .in_captures("always `0ns`, as in Falco")
        .deprecated(),
    span(
        "evt.wait_latency",
        "How long the call waited, nanoseconds.",
        NO_ENTRY,
    )
    .captured(event::latency)
    .in_captures("always 0, as in Falco")
    .deprecated(),
    span(
        "evt.deltatime",
        "Nanoseconds since the event before.",
        NO_PREVIOUS,
    )
    .captured(|context, _| FieldValue::RelTime(event::since_previous(context))),
    span(
        "evt.deltatime.s",
        "Whole seconds of `evt.deltatime`.",
        NO_PREVIOUS,
    )
    .captured(|context, _| FieldValue::RelTime(event::since_previous(context) / SECOND_NS)),
    span(
        "evt.deltatime.ns",
        "Nanoseconds of `evt.deltatime` after the last whole second.",
        NO_PREVIOUS,
    )
    .captured(|context, _| FieldValue::RelTime(event::since_previous(context) % SECOND_NS)),
    FieldRow::not_yet(
        "evt.buffer",
        FieldType::Bytes,
        "Data that a call moved.",
        NO_DATA,
    )
    .captured(event::data)
    .in_captures("as far as the capture holds the data"),
    number("evt.buflen", "How many bytes a call moved.", NO_DATA)
        .captured(|context, _| event::moved_bytes(context, Measured::ALL)),
    number("evt.buflen.in", "How many bytes a call read.", NO_DATA)
        .captured(|context, _| event::moved_bytes(context, Measured::READ)),
    number("evt.buflen.out", "How many bytes a call wrote.", NO_DATA)
        .captured(|context, _| event::moved_bytes(context, Measured::WRITTEN)),
    number(
        "evt.buflen.file",
        "How many bytes a call moved from or to a file.",
        NO_DATA,
    )
    .captured(|context, _| event::moved_bytes(context, Measured::FILE)),
    number(
        "evt.buflen.file.in",
        "How many bytes a call read from a file.",
        NO_DATA,
    )
    .captured(|context, _| event::moved_bytes(context, Measured::FILE_READ)),
    number(
        "evt.buflen.file.out",
        "How many bytes a call wrote to a file.",
        NO_DATA,
    )
    .captured(|context, _| event::moved_bytes(context, Measured::FILE_WRITTEN)),
    number(
        "evt.buflen.net",
        "How many bytes a call moved through a socket.",
        NO_DATA,
    )
    .captured(|context, _| event::moved_bytes(context, Measured::SOCKET)),
    number(
        "evt.buflen.net.in",
        "How many bytes a call received from a socket.",
        NO_DATA,
    )
    .captured(|context, _| event::moved_bytes(context, Measured::RECEIVED)),
    number(
        "evt.buflen.net.out",
        "How many bytes a call sent to a socket.",
        NO_DATA,
    )
    .captured(|context, _| event::moved_bytes(context, Measured::SENT)),
    text("evt.io_dir", "`r` for reads, `w` for writes.", NO_DATA)
        .captured(event::data_direction)
        .in_captures("`read` or `write`, as in Falco"),
    text(
        "evt.asynctype",
        "Type of an event that was put between others later.",
        NO_PROCESS_INFO,
    )
    .captured(event::async_type)
    .of(FieldSources::All),
    number(
        "evt.count.procinfo",
        "1 for information about the first thread of a process.",
        NO_PROCESS_INFO,
    )
    .captured(|context, _| event::count_process_info(context, false))
    .in_captures("0 for other events"),
    number(
        "evt.count.threadinfo",
        "1 for information about a thread.",
        NO_PROCESS_INFO,
    )
    .captured(|context, _| event::count_process_info(context, true))
    .in_captures("0 for other events"),
    text(
        "evt.infra.docker.name",
        "Name of an event of the Docker daemon.",
        NO_PROCESS_INFO,
    ),
    text(
        "evt.infra.docker.container.id",
        "Container of an event of the Docker daemon.",
        NO_PROCESS_INFO,
    ),
    text(
        "evt.infra.docker.container.name",
        "Name of that container.",
        NO_PROCESS_INFO,
    ),
    text(
        "evt.infra.docker.container.image",
        "Image of that container.",
        NO_PROCESS_INFO,
    ),
];

const fn span(name: &'static str, doc: &'static str, reason: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::RelTime, doc, reason)
}

const fn number(name: &'static str, doc: &'static str, reason: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::Uint, doc, reason)
}

const fn text(name: &'static str, doc: &'static str, reason: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, reason)
}
