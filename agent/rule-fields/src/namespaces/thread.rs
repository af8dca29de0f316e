//! `thread.*`: the thread that acted.

use super::proc::NO_MEMORY_SIZES;
use crate::captured::process::{self as captured, MemoryOf};
use crate::context::EventContext;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_event_decode::names::append_capabilities;
use saker_process_state::Capabilities;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldType};

/// Why processor times are missing.
const NO_PROCESSOR_TIME: &str = "events carry no processor times";
/// Why page faults are missing.
const NO_PAGE_FAULTS: &str = "events carry no page faults";
/// Why cgroup paths are missing.
const NO_CGROUP_PATHS: &str =
    "an event carries the id of its cgroup v2 directory, not the paths of all hierarchies";

pub(super) static ROWS: &[&[FieldRow]] = &[THREAD];

static THREAD: &[FieldRow] = &[
    FieldRow::filled(
        "thread.tid",
        FieldType::Int,
        "Thread id, as the host counts.",
        |context, _| of_header(context, |header| header.tid),
    )
    .captured(captured::thread_id)
    .in_captures("also of threads of which nothing else is known"),
    FieldRow::filled(
        "thread.vtid",
        FieldType::Int,
        "Thread id in the process's own pid namespace.",
        |context, _| of_header(context, |header| header.vtid),
    )
    .captured(|context, _| captured::known_number(context, |thread| thread.vtid)),
    FieldRow::filled(
        "thread.ismain",
        FieldType::Bool,
        "Whether the thread is the first of its process.",
        |context, _| {
            FieldValue::of(context.event(), |event| {
                FieldValue::Bool(event.header().tid == event.header().pid)
            })
        },
    )
    .captured(|context, _| {
        captured::of(context, |thread| Some(FieldValue::Bool(thread.is_main())))
    }),
    FieldRow::filled(
        "thread.nametid",
        FieldType::String,
        "`proc.name` and `thread.tid`, one after the other.",
        |context, _| {
            FieldValue::of(
                context.process().zip(context.event()),
                |(process, event)| {
                    let tid = event.header().tid.to_string();
                    FieldValue::owned([process.comm.as_bytes(), tid.as_bytes()].concat())
                },
            )
        },
    )
    .captured(captured::name_and_tid),
    capabilities(
        "thread.cap_permitted",
        "Permitted capabilities, separated by blanks.",
        |context, _| capability_names(context, |sets| sets.permitted),
    )
    .captured(|context, _| captured::capabilities(context, |sets| sets.permitted)),
    capabilities(
        "thread.cap_inheritable",
        "Inheritable capabilities, separated by blanks.",
        |context, _| capability_names(context, |sets| sets.inheritable),
    )
    .captured(|context, _| captured::capabilities(context, |sets| sets.inheritable)),
    capabilities(
        "thread.cap_effective",
        "Effective capabilities, separated by blanks.",
        |context, _| capability_names(context, |sets| sets.effective),
    )
    .captured(|context, _| captured::capabilities(context, |sets| sets.effective)),
    FieldRow::not_yet(
        "thread.cgroups",
        FieldType::String,
        "All cgroups of the thread.",
        NO_CGROUP_PATHS,
    )
    .captured(|context, _| captured::of(context, captured::cgroups)),
    FieldRow::not_yet(
        "thread.cgroup",
        FieldType::String,
        "Path of the thread's cgroup for one controller.",
        NO_CGROUP_PATHS,
    )
    .captured(captured::cgroup)
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    number(
        "thread.pfmajor",
        "Major page faults since the start.",
        NO_PAGE_FAULTS,
    )
    .captured(|context, _| {
        captured::of(context, |thread| {
            Some(FieldValue::Uint(thread.page_faults[0]))
        })
    }),
    number(
        "thread.pfminor",
        "Minor page faults since the start.",
        NO_PAGE_FAULTS,
    )
    .captured(|context, _| {
        captured::of(context, |thread| {
            Some(FieldValue::Uint(thread.page_faults[1]))
        })
    }),
    number(
        "thread.vmsize",
        "Virtual memory of the process, kilobytes, for its first thread.",
        NO_MEMORY_SIZES,
    )
    .captured(|context, _| captured::memory(context, |sizes| sizes[0], MemoryOf::Main, 1024))
    .in_captures("0 for other threads"),
    number(
        "thread.vmrss",
        "Resident memory of the process, kilobytes, for its first thread.",
        NO_MEMORY_SIZES,
    )
    .captured(|context, _| captured::memory(context, |sizes| sizes[1], MemoryOf::Main, 1024))
    .in_captures("0 for other threads"),
    number(
        "thread.vmsize.b",
        "Virtual memory of the process, bytes, for its first thread.",
        NO_MEMORY_SIZES,
    )
    .captured(|context, _| captured::memory(context, |sizes| sizes[0], MemoryOf::Main, 1))
    .in_captures("0 for other threads"),
    number(
        "thread.vmrss.b",
        "Resident memory of the process, bytes, for its first thread.",
        NO_MEMORY_SIZES,
    )
    .captured(|context, _| captured::memory(context, |sizes| sizes[1], MemoryOf::Main, 1))
    .in_captures("0 for other threads"),
    time(
        "thread.exectime",
        "Processor time of the last slice, nanoseconds.",
    ),
    time(
        "thread.totexectime",
        "Processor time since the capture began, nanoseconds.",
    ),
    share("thread.cpu", "Processor use in the last second, percent."),
    share(
        "thread.cpu.user",
        "Processor use in user mode in the last second, percent.",
    ),
    share(
        "thread.cpu.system",
        "Processor use in the kernel in the last second, percent.",
    ),
];

const fn capabilities(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor)
}

const fn number(name: &'static str, doc: &'static str, reason: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::Uint, doc, reason)
}

const fn time(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::RelTime, doc, NO_PROCESSOR_TIME)
}

const fn share(name: &'static str, doc: &'static str) -> FieldRow {
    FieldRow::not_yet(name, FieldType::Double, doc, NO_PROCESSOR_TIME)
}

fn of_header<'c>(
    context: &EventContext<'_>,
    part: fn(&saker_event_schema::EventHeader) -> u32,
) -> FieldValue<'c> {
    FieldValue::of(context.event(), |event| {
        FieldValue::Int(part(event.header()).into())
    })
}

fn capability_names<'c>(
    context: &EventContext<'_>,
    set: fn(&Capabilities) -> u64,
) -> FieldValue<'c> {
    let sets = context
        .process()
        .and_then(|process| process.capabilities.as_ref());
    FieldValue::of(sets, |sets| {
        let mut text = Vec::new();
        append_capabilities(set(sets), &mut text);
        FieldValue::owned(text)
    })
}
