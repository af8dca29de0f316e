//! `evt.*`: the event itself.

mod argument;
mod open;
mod time;
mod unknown;

use super::fd::static_text;
use crate::context::EventContext;
use crate::paths;
use crate::row::{Extractor, FieldRow, FieldSources};
use crate::value::FieldValue;
use saker_event_decode::render::result_name;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};

pub(super) static ROWS: &[&[FieldRow]] = &[
    EVENT,
    RESULT,
    argument::ROWS,
    open::ROWS,
    time::ROWS,
    unknown::ROWS,
];

/// What fields say about reads, writes and waits, which no event is.
const NEVER_DATA: &str = "always false: calls that move data are not observed";

static EVENT: &[FieldRow] = &[
    FieldRow::filled(
        "evt.num",
        FieldType::Uint,
        "Number of the event, counted from the start of the agent or recording.",
        |context, _| FieldValue::Uint(context.number()),
    )
    .of(FieldSources::All),
    FieldRow::filled(
        "evt.type",
        FieldType::String,
        "Name of the event, mostly of a system call.",
        |context, _| {
            FieldValue::of(context.event(), |event| static_text(event.row().name))
        },
    ),
    FieldRow::filled(
        "evt.type.is",
        FieldType::Uint,
        "1 for events of the type that the argument names, else 0.",
        |context, argument| {
            FieldValue::of(context.event(), |event| {
                let is_wanted = matches!(argument, Some(FieldArgument::Key(name)) if **name == *event.row().name);
                FieldValue::Uint(is_wanted.into())
            })
        },
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    FieldRow::filled(
        "evt.category",
        FieldType::String,
        "Class of the event: `file`, `net`, `process`, `user`, `signal`, `memory`, `other`.",
        |context, _| {
            FieldValue::of(context.event(), |event| static_text(event.row().category))
        },
    ),
    FieldRow::filled(
        "evt.dir",
        FieldType::String,
        "Always `<`: events are seen when a call returns.",
        |context, _| FieldValue::of(context.event(), |_| static_text("<")),
    )
    .deprecated(),
    FieldRow::filled(
        "evt.cpu",
        FieldType::Int,
        "Processor on which the event happened.",
        |context, _| {
            FieldValue::of(context.event(), |event| {
                FieldValue::Int(event.header().cpu.into())
            })
        },
    ),
    FieldRow::filled(
        "evt.source",
        FieldType::String,
        "Source of the event: `syscall` or `k8s_audit`.",
        |context, _| static_text(context.source()),
    )
    .of(FieldSources::All),
    FieldRow::filled(
        "evt.pluginname",
        FieldType::String,
        "Name of the plugin of Falco that events of this source come from: `k8saudit`; missing for \
         those of the kernel.",
        |context, _| FieldValue::of(context.audit_event(), |_| static_text("k8saudit")),
    )
    .of(FieldSources::All),
    FieldRow::filled(
        "evt.plugininfo",
        FieldType::String,
        "The whole event as JSON in one line; missing for events of the kernel.",
        |context, _| {
            FieldValue::of(context.audit_event(), |event| {
                FieldValue::owned(event.json().to_string())
            })
        },
    )
    .of(FieldSources::All),
    FieldRow::filled(
        "evt.hostname",
        FieldType::String,
        "Name of the host.",
        |context, _| FieldValue::text(context.host().hostname.as_bytes()),
    )
    .of(FieldSources::All),
    FieldRow::filled(
        "evt.is_async",
        FieldType::Bool,
        "Always false: no event is put between others later.",
        |_, _| FieldValue::Bool(false),
    )
    .of(FieldSources::All),
    truth("evt.is_io", NEVER_DATA, never),
    truth("evt.is_io_read", NEVER_DATA, never),
    truth("evt.is_io_write", NEVER_DATA, never),
    truth("evt.is_wait", NEVER_DATA, never),
    truth("evt.is_syslog", NEVER_DATA, never),
];

static RESULT: &[FieldRow] = &[
    FieldRow::filled(
        "evt.res",
        FieldType::String,
        "`SUCCESS`, or the name of the error, such as `ENOENT`; missing for events without a result.",
        |context, _| FieldValue::of(result(context), |result| static_text(result_name(result))),
    ),
    FieldRow::filled(
        "evt.rawres",
        FieldType::Int,
        "What the call returned; negative when it failed.",
        |context, _| FieldValue::of(result(context), FieldValue::Int),
    ),
    truth("evt.failed", "Whether the call failed.", |context, _| {
        FieldValue::of(context.event(), |_| FieldValue::Bool(is_failed(context)))
    }),
    number(
        "evt.count",
        "Always 1, so that sums count events.",
        |context, _| FieldValue::of(context.event(), |_| FieldValue::Uint(1)),
    ),
    number(
        "evt.count.exit",
        "Always 1: events are seen when a call returns.",
        |context, _| FieldValue::of(context.event(), |_| FieldValue::Uint(1)),
    ),
    number(
        "evt.count.error",
        "1 for a call that failed.",
        |context, _| count_errors(context, |_| true),
    ),
    number(
        "evt.count.error.file",
        "1 for a call on files that failed.",
        |context, _| count_errors(context, |category| category == "file"),
    ),
    number(
        "evt.count.error.net",
        "1 for a call on sockets that failed.",
        |context, _| count_errors(context, |category| category == "net"),
    ),
    number(
        "evt.count.error.memory",
        "1 for a call on memory that failed.",
        |context, _| count_errors(context, |category| category == "memory"),
    ),
    number(
        "evt.count.error.other",
        "1 for a call that failed and is on neither files nor sockets nor memory.",
        |context, _| {
            count_errors(context, |category| {
                !matches!(category, "file" | "net" | "memory")
            })
        },
    ),
];

const fn truth(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::Bool, doc, extractor)
}

const fn number(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::Uint, doc, extractor)
}

fn never<'c>(context: &'c EventContext<'_>, _: Option<&FieldArgument>) -> FieldValue<'c> {
    FieldValue::of(context.event(), |_| FieldValue::Bool(false))
}

fn result(context: &EventContext<'_>) -> Option<i64> {
    paths::result(context.event()?)
}

fn is_failed(context: &EventContext<'_>) -> bool {
    result(context).is_some_and(|result| result < 0)
}

fn count_errors<'c>(context: &EventContext<'_>, category: fn(&str) -> bool) -> FieldValue<'c> {
    match context.event() {
        Some(event) if is_failed(context) && category(event.row().category) => FieldValue::Uint(1),
        _ => FieldValue::Missing,
    }
}
