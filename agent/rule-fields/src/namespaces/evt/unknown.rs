//! Fields of the event that nothing fills yet.

use crate::row::{FieldRow, FieldSources};
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
    .deprecated(),
    span("evt.latency.s", "Whole seconds of `evt.latency`.", NO_ENTRY).deprecated(),
    span(
        "evt.latency.ns",
        "Nanoseconds of `evt.latency` after the last whole second.",
        NO_ENTRY,
    )
    .deprecated(),
    number(
        "evt.latency.quantized",
        "Order of magnitude of `evt.latency`.",
        NO_ENTRY,
    )
    .deprecated(),
    text("evt.latency.human", "`evt.latency` for people.", NO_ENTRY).deprecated(),
    span(
        "evt.wait_latency",
        "How long the call waited, nanoseconds.",
        NO_ENTRY,
    )
    .deprecated(),
    span(
        "evt.deltatime",
        "Nanoseconds since the event before.",
        NO_PREVIOUS,
    ),
    span(
        "evt.deltatime.s",
        "Whole seconds of `evt.deltatime`.",
        NO_PREVIOUS,
    ),
    span(
        "evt.deltatime.ns",
        "Nanoseconds of `evt.deltatime` after the last whole second.",
        NO_PREVIOUS,
    ),
    FieldRow::not_yet(
        "evt.buffer",
        FieldType::Bytes,
        "Data that a call moved.",
        NO_DATA,
    ),
    number("evt.buflen", "How many bytes a call moved.", NO_DATA),
    number("evt.buflen.in", "How many bytes a call read.", NO_DATA),
    number("evt.buflen.out", "How many bytes a call wrote.", NO_DATA),
    number(
        "evt.buflen.file",
        "How many bytes a call moved from or to a file.",
        NO_DATA,
    ),
    number(
        "evt.buflen.file.in",
        "How many bytes a call read from a file.",
        NO_DATA,
    ),
    number(
        "evt.buflen.file.out",
        "How many bytes a call wrote to a file.",
        NO_DATA,
    ),
    number(
        "evt.buflen.net",
        "How many bytes a call moved through a socket.",
        NO_DATA,
    ),
    number(
        "evt.buflen.net.in",
        "How many bytes a call received from a socket.",
        NO_DATA,
    ),
    number(
        "evt.buflen.net.out",
        "How many bytes a call sent to a socket.",
        NO_DATA,
    ),
    text("evt.io_dir", "`r` for reads, `w` for writes.", NO_DATA),
    text(
        "evt.asynctype",
        "Type of an event that was put between others later.",
        NO_PROCESS_INFO,
    )
    .of(FieldSources::All),
    number(
        "evt.count.procinfo",
        "1 for information about the first thread of a process.",
        NO_PROCESS_INFO,
    ),
    number(
        "evt.count.threadinfo",
        "1 for information about a thread.",
        NO_PROCESS_INFO,
    ),
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
