//! `proc.p*` and `proc.a*`: parent and ancestors.
//!
//! Level 0 is the process itself, 1 its parent. Without a level the fields that Falco compares with
//! every ancestor give all of them.

use super::{
    command_line, duration, environment, exe, exe_path, name, pid, started, trusted_exe_path,
    variable,
};
use crate::captured::process as captured;
use crate::context::EventContext;
use crate::row::{FieldRow, Plurality};
use crate::value::FieldValue;
use saker_process_state::Process;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};

pub(super) static ROWS: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "proc.ppid",
        FieldType::Int,
        "Process id of the parent, as the host counts; missing where there is none.",
        |context, _| {
            let ppid = context.process().map(|process| process.ppid.0);
            FieldValue::of(ppid.filter(|ppid| *ppid != 0), pid)
        },
    )
    .captured(|context, _| captured::of_parent(context, captured::process_id)),
    FieldRow::filled(
        "proc.pvpid",
        FieldType::Int,
        "Process id of the parent in the parent's own pid namespace.",
        |context, _| FieldValue::of(context.parent(), |parent| pid(parent.vpid)),
    )
    .captured(|context, _| captured::of_cloner(context, |parent| Some(FieldValue::Int(parent.vpid)))),
    FieldRow::filled("proc.pname", FieldType::String, "`proc.name` of the parent.", |context, _| {
        FieldValue::of(context.parent(), name)
    })
    .captured(|context, _| captured::of_parent(context, captured::name)),
    FieldRow::filled("proc.pexe", FieldType::String, "`proc.exe` of the parent.", |context, _| {
        FieldValue::from_option(context.parent().and_then(exe))
    })
    .captured(|context, _| captured::of_parent(context, captured::exe)),
    FieldRow::filled(
        "proc.pexepath",
        FieldType::String,
        "`proc.exepath` of the parent.",
        |context, _| FieldValue::from_option(context.parent().and_then(exe_path)),
    )
    .captured(|context, _| captured::of_parent(context, captured::exe_path)),
    FieldRow::filled(
        "proc.pcmdline",
        FieldType::String,
        "`proc.cmdline` of the parent.",
        |context, _| {
            let line = &context.texts().parent_command_line;
            let text = context
                .parent()
                .and_then(|parent| line.get_or_make(|out| super::append_command_line(parent, out)));
            FieldValue::of(text, FieldValue::text)
        },
    )
    .captured(captured::parent_command_line),
    FieldRow::filled(
        "proc.ppid.duration",
        FieldType::RelTime,
        "How long the parent has run, nanoseconds.",
        |context, _| duration(context, context.parent()),
    )
    .captured(captured::parent_duration)
    .in_captures("missing when its begin was not seen"),
    FieldRow::filled(
        "proc.ppid.ts",
        FieldType::RelTime,
        "When the parent started, nanoseconds since the epoch.",
        |context, _| started(context, context.parent()),
    )
    .captured(|context, _| captured::of_cloner(context, |parent| Some(FieldValue::RelTime(parent.clone_time_ns))))
    .in_captures("0 when its begin was not seen"),
    ancestor(
        "proc.aname",
        FieldType::String,
        "`proc.name` of the ancestor at a level, or of all ancestors.",
        |context, argument| level_or_all(context, argument, |process| Some(name(process))),
    )
    .captured(|context, argument| captured::level_or_all(context, argument, captured::name)),
    ancestor(
        "proc.aexe",
        FieldType::String,
        "`proc.exe` of the ancestor at a level, or of all ancestors.",
        |context, argument| level_or_all(context, argument, exe),
    )
    .captured(|context, argument| captured::level_or_all(context, argument, captured::exe)),
    ancestor(
        "proc.aexepath",
        FieldType::String,
        "`proc.exepath` of the ancestor at a level, or of all ancestors.",
        |context, argument| level_or_all(context, argument, exe_path),
    )
    .captured(|context, argument| captured::level_or_all(context, argument, captured::exe_path)),
    ancestor(
        "proc.aexepath_trusted",
        FieldType::String,
        "`proc.exepath_trusted` of the ancestor at a level, or of all ancestors. Saker's own.",
        |context, argument| level_or_all(context, argument, trusted_exe_path),
    ),
    ancestor(
        "proc.acmdline",
        FieldType::String,
        "`proc.cmdline` of the ancestor at a level, or of all ancestors.",
        |context, argument| level_or_all(context, argument, |process| Some(command_line(process))),
    )
    .captured(|context, argument| captured::level_or_all(context, argument, captured::command_line)),
    ancestor(
        "proc.apid",
        FieldType::Int,
        "`proc.pid` of the ancestor at a level, or of all ancestors.",
        |context, argument| {
            level_or_all(context, argument, |process| Some(pid(process.key.pid.0)))
        },
    )
    .captured(|context, argument| captured::level_or_all(context, argument, captured::process_id)),
    FieldRow::filled(
        "proc.aargs",
        FieldType::String,
        "`proc.args` of the ancestor at a level; without one of the process itself.",
        |context, argument| FieldValue::from_option(at_level(context, argument, arguments)),
    )
    .captured(captured::ancestor_arguments)
    .in_captures("those of all ancestors without a level")
    .takes(ArgumentRule::Optional(ArgumentForms::Index)),
    FieldRow::filled(
        "proc.aenv",
        FieldType::String,
        "Environment of the ancestor at a level, without one of the process itself; with a name the \
         value that the nearest ancestor with that variable has, empty if none has.",
        |context, argument| match argument {
            Some(FieldArgument::Key(name)) => inherited(context, name),
            _ => FieldValue::from_option(at_level(context, argument, environment)),
        },
    )
    .captured(captured::inherited_environment)
    .takes(ArgumentRule::Optional(ArgumentForms::IndexOrKey))
    .left_only(),
]);

const fn ancestor(
    name: &'static str,
    value_type: FieldType,
    doc: &'static str,
    extractor: crate::row::Extractor,
) -> FieldRow {
    FieldRow::filled(name, value_type, doc, extractor)
        .several(Plurality::AnyAncestor)
        .takes(ArgumentRule::Optional(ArgumentForms::Index))
        .left_only()
}

fn level_or_all<'a>(
    context: &EventContext<'a>,
    argument: Option<&FieldArgument>,
    value: fn(&'a Process) -> Option<FieldValue<'a>>,
) -> FieldValue<'a> {
    if argument.is_some() {
        return FieldValue::from_option(at_level(context, argument, value));
    }
    FieldValue::list(context.ancestors().filter_map(value).collect())
}

/// A value of the ancestor at a level; without one, of the process itself.
fn at_level<'a>(
    context: &EventContext<'a>,
    argument: Option<&FieldArgument>,
    value: fn(&'a Process) -> Option<FieldValue<'a>>,
) -> Option<FieldValue<'a>> {
    let level = match argument {
        Some(FieldArgument::Index(level)) => *level,
        Some(FieldArgument::Key(_)) => return None,
        None => 0,
    };
    context.ancestor(level).and_then(value)
}

fn arguments(process: &Process) -> Option<FieldValue<'_>> {
    let mut text = Vec::new();
    super::append_arguments(process, &mut text).then(|| FieldValue::owned(text))
}

fn inherited<'a>(context: &EventContext<'a>, name: &str) -> FieldValue<'a> {
    let mut values = context
        .ancestors()
        .filter_map(|process| variable(process, name));
    let set = values.find(|value| value.as_bytes().is_some_and(|value| !value.is_empty()));
    match (set, context.process()) {
        (Some(value), _) => value,
        (None, Some(_)) => FieldValue::text(b""),
        (None, None) => FieldValue::Missing,
    }
}
