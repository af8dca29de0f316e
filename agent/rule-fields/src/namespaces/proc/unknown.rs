//! Fields of the process that nothing fills yet.

use crate::captured::process::{self as captured, MemoryOf};
use crate::namespaces::fd::NO_DESCRIPTOR_TABLE;
use crate::row::FieldRow;
use saker_rule_language::FieldType;

/// Why there are no sizes.
pub(in crate::namespaces) const NO_MEMORY_SIZES: &str =
    "events carry no memory sizes: reading them for each event would cost more than they tell";
/// Why threads are not counted.
const NO_THREAD_COUNT: &str =
    "threads are not counted: the table of processes has one entry a process";

pub(super) static ROWS: &[FieldRow] = &FieldRow::of_processes([
    number(
        "proc.nthreads",
        "How many threads the process has.",
        NO_THREAD_COUNT,
    )
    .captured(captured::thread_count),
    number(
        "proc.nchilds",
        "How many threads the process has beside the first.",
        NO_THREAD_COUNT,
    )
    .captured(captured::child_count),
    number("proc.vmsize", "Virtual memory, kilobytes.", NO_MEMORY_SIZES)
        .captured(|context, _| captured::memory(context, |sizes| sizes[0], MemoryOf::Any, 1024)),
    number("proc.vmrss", "Resident memory, kilobytes.", NO_MEMORY_SIZES)
        .captured(|context, _| captured::memory(context, |sizes| sizes[1], MemoryOf::Any, 1024)),
    number("proc.vmswap", "Swapped memory, kilobytes.", NO_MEMORY_SIZES)
        .captured(|context, _| captured::memory(context, |sizes| sizes[2], MemoryOf::Any, 1024)),
    number(
        "proc.fdopencount",
        "How many descriptors are open.",
        NO_DESCRIPTOR_TABLE,
    )
    .captured(captured::descriptor_count),
    FieldRow::not_yet(
        "proc.fdlimit",
        FieldType::Int,
        "How many descriptors may be open.",
        "events carry no resource limits",
    )
    .captured(captured::most_descriptors),
    FieldRow::not_yet(
        "proc.fdusage",
        FieldType::Double,
        "Share of the allowed descriptors that are open.",
        NO_DESCRIPTOR_TABLE,
    )
    .captured(captured::descriptor_share),
    text("proc.stdin.type", "`fd.type` of descriptor 0.")
        .captured(|context, _| captured::stream_kind(context, 0)),
    text("proc.stdin.name", "`fd.name` of descriptor 0.")
        .captured(|context, _| captured::stream_name(context, 0)),
    text("proc.stdout.type", "`fd.type` of descriptor 1.")
        .captured(|context, _| captured::stream_kind(context, 1)),
    text("proc.stdout.name", "`fd.name` of descriptor 1.")
        .captured(|context, _| captured::stream_name(context, 1)),
    text("proc.stderr.type", "`fd.type` of descriptor 2.")
        .captured(|context, _| captured::stream_kind(context, 2)),
    text("proc.stderr.name", "`fd.name` of descriptor 2.")
        .captured(|context, _| captured::stream_name(context, 2)),
]);

const fn number(name: &'static str, doc: &'static str, reason: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::Uint, doc, reason)
}

const fn text(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NO_DESCRIPTOR_TABLE)
}
