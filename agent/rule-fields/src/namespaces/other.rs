//! Namespaces of a field or two: `syscall.*`, `util.*`, `fdlist.*`.

use super::fd::static_text;
use crate::captured::event as captured;
use crate::captured::file_system::{self, Part};
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_event_schema::{Abi, Row, event};
use saker_rule_language::FieldType;

/// Why there are no lists of descriptors.
const NO_POLL: &str = "calls that wait for many descriptors are not observed";

pub(super) static ROWS: &[&[FieldRow]] = &[OTHER];

static OTHER: &[FieldRow] = &[
    list(
        "fdlist.nums",
        "Numbers of the descriptors that a call waits for.",
    )
    .captured(|context, _| file_system::list(context, Part::Number)),
    list(
        "fdlist.names",
        "Names of the descriptors that a call waits for.",
    )
    .captured(|context, _| file_system::list(context, Part::Name)),
    list(
        "fdlist.cips",
        "Client addresses of the descriptors that a call waits for.",
    )
    .captured(|context, _| file_system::list(context, Part::ClientAddress)),
    list(
        "fdlist.sips",
        "Server addresses of the descriptors that a call waits for.",
    )
    .captured(|context, _| file_system::list(context, Part::ServerAddress)),
    list(
        "fdlist.cports",
        "Client ports of the descriptors that a call waits for.",
    )
    .captured(|context, _| file_system::list(context, Part::ClientPort)),
    list(
        "fdlist.sports",
        "Server ports of the descriptors that a call waits for.",
    )
    .captured(|context, _| file_system::list(context, Part::ServerPort)),
    FieldRow::filled(
        "syscall.type",
        FieldType::String,
        "Name of the system call; missing for events that are none.",
        |context, _| {
            let row = context.event().map(|event| event.row());
            FieldValue::of(row.filter(|row| is_call(row)), |row| static_text(row.name))
        },
    )
    .captured(captured::call_name),
    FieldRow::not_yet(
        "util.cnt",
        FieldType::Uint,
        "Counts how often it is read.",
        "it would depend on the order in which rules are tried; `evt.num` counts events",
    ),
];

const fn list(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NO_POLL)
}

/// Whether events of a row come from a system call.
fn is_call(row: &Row) -> bool {
    row.id != event::SCHED_PROCESS_FORK
        && [Abi::X86_64, Abi::I386, Abi::Aarch64]
            .iter()
            .any(|abi| !row.syscalls.of(*abi).is_empty())
}
