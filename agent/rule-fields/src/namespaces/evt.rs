//! `evt.*`: the event itself.

pub(crate) mod argument;
pub(crate) mod open;
mod time;
mod unknown;

use super::fd::static_text;
use crate::captured::event::{self, Failing};
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
        "Name of the event, mostly of a system call; of source `flow`: `flow_classified` when it is clear \
         what a connection is, `flow_closed` at its end, `dns_query` and `dns_answer`; of source `pod`: \
         `pod_seen` and `pod_changed`.",
        |context, _| {
            FieldValue::of(context.event(), |event| static_text(event.row().name))
        },
    )
    .captured(event::name)
    .in_flows(|context, _| FieldValue::of(context.flow_event(), |event| static_text(event.kind.name())))
    .in_pods(|context, _| FieldValue::of(context.pod_event(), |event| static_text(event.kind.name())))
    .in_captures(
        "events of Falco's that Saker does not report have names too; a call without an \
         event of its own has the call's",
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
    .captured(event::is_of_type)
    .in_flows(|context, argument| {
        FieldValue::of(context.flow_event(), |event| {
            let is_wanted = matches!(argument, Some(FieldArgument::Key(name)) if **name == *event.kind.name());
            FieldValue::Uint(is_wanted.into())
        })
    })
    .in_pods(|context, argument| {
        FieldValue::of(context.pod_event(), |event| {
            let is_wanted = matches!(argument, Some(FieldArgument::Key(name)) if **name == *event.kind.name());
            FieldValue::Uint(is_wanted.into())
        })
    })
    .in_captures(
        "as in Falco, 1 only for the oldest form of an event whose parameters changed",
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    FieldRow::filled(
        "evt.category",
        FieldType::String,
        "Class of the event: `file`, `net`, `process`, `user`, `signal`, `memory`, `other`.",
        |context, _| {
            FieldValue::of(context.event(), |event| static_text(event.row().category))
        },
    )
    .captured(event::category)
    .in_flows(|_, _| static_text("net"))
    .in_captures(
        "also `IPC`, `sleep`, `system`, `time`, `wait`, `scheduler`, `internal`, `unknown`; \
         work on any descriptor has the class of the descriptor: `file`, `net`, `ipc`, \
         `unknown`",
    ),
    FieldRow::filled(
        "evt.dir",
        FieldType::String,
        "Always `<`: events are seen when a call returns.",
        |context, _| FieldValue::of(context.event(), |_| static_text("<")),
    )
    .captured(event::direction)
    .in_captures(
        "`>` for events that are made when a call begins or that are no calls, `<` for \
         those made when it returns",
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
    )
    .captured(event::cpu),
    FieldRow::filled(
        "evt.source",
        FieldType::String,
        "Source of the event: `syscall`, `k8s_audit`, `flow` or `pod`.",
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
    .in_captures("the host that was captured, unless another name is given")
    .of(FieldSources::All),
    FieldRow::filled(
        "evt.is_async",
        FieldType::Bool,
        "Always false: no event is put between others later.",
        |_, _| FieldValue::Bool(false),
    )
    .captured(event::is_async)
    .in_captures("true for events that Falco made itself")
    .of(FieldSources::All),
    truth("evt.is_io", NEVER_DATA, never)
    .captured(event::moves_data)
    .in_captures("whether the call reads from a descriptor or writes to one"),
    truth("evt.is_io_read", NEVER_DATA, never)
    .captured(event::reads)
    .in_captures("whether the call reads from a descriptor"),
    truth("evt.is_io_write", NEVER_DATA, never)
    .captured(event::writes)
    .in_captures("whether the call writes to a descriptor"),
    truth("evt.is_wait", NEVER_DATA, never)
    .captured(event::waits)
    .in_captures("whether the call waits"),
    truth("evt.is_syslog", NEVER_DATA, never)
    .captured(event::writes_to_log)
    .in_captures("whether the call writes to `/dev/log`"),
];

static RESULT: &[FieldRow] = &[
    FieldRow::filled(
        "evt.res",
        FieldType::String,
        "`SUCCESS`, or the name of the error, such as `ENOENT`; missing for events without a result.",
        |context, _| FieldValue::of(result(context), |result| static_text(result_name(result))),
    )
    .captured(event::result),
    FieldRow::filled(
        "evt.rawres",
        FieldType::Int,
        "What the call returned; negative when it failed.",
        |context, _| FieldValue::of(result(context), FieldValue::Int),
    )
    .captured(event::raw_result),
    truth("evt.failed", "Whether the call failed.", |context, _| {
        FieldValue::of(context.event(), |_| FieldValue::Bool(is_failed(context)))
    })
    .captured(event::has_failed)
    .in_captures("missing for events without a result"),
    number(
        "evt.count",
        "Always 1, so that sums count events.",
        |context, _| FieldValue::of(context.event(), |_| FieldValue::Uint(1)),
    )
    .captured(event::one)
    .in_flows(|_, _| FieldValue::Uint(1)),
    number(
        "evt.count.exit",
        "Always 1: events are seen when a call returns.",
        |context, _| FieldValue::of(context.event(), |_| FieldValue::Uint(1)),
    )
    .captured(event::count_exit)
    .in_captures("missing for events that are made when a call begins"),
    number(
        "evt.count.error",
        "1 for a call that failed.",
        |context, _| count_errors(context, |_| true),
    )
    .captured(|context, _| event::count_errors(context, Failing::Any))
    .in_captures("0 for a call that succeeded"),
    number(
        "evt.count.error.file",
        "1 for a call on files that failed.",
        |context, _| count_errors(context, |category| category == "file"),
    )
    .captured(|context, _| event::count_errors(context, Failing::File))
    .in_captures("0 for such a call that succeeded"),
    number(
        "evt.count.error.net",
        "1 for a call on sockets that failed.",
        |context, _| count_errors(context, |category| category == "net"),
    )
    .captured(|context, _| event::count_errors(context, Failing::Socket))
    .in_captures("0 for such a call that succeeded"),
    number(
        "evt.count.error.memory",
        "1 for a call on memory that failed.",
        |context, _| count_errors(context, |category| category == "memory"),
    )
    .captured(|context, _| event::count_errors(context, Failing::Memory))
    .in_captures("0 for such a call that succeeded"),
    number(
        "evt.count.error.other",
        "1 for a call that failed and is on neither files nor sockets nor memory.",
        |context, _| {
            count_errors(context, |category| {
                !matches!(category, "file" | "net" | "memory")
            })
        },
    )
    .captured(|context, _| event::count_errors(context, Failing::Other))
    .in_captures("0 for such a call that succeeded"),
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
