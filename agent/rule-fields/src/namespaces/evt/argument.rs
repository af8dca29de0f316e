//! `evt.arg` and its like: the arguments of a call.

use crate::captured::{argument as captured, file_system};
use crate::context::{EventContext, PathView};
use crate::descriptor;
use crate::fields::type_of;
use crate::namespaces::fd::static_text;
use crate::paths::{self, PathRole};
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_event_decode::render::{
    NameSource, Rendered, argument_text, arguments_text, falco_number, missing_text,
    raw_argument_text,
};
use saker_event_decode::{Argument, EventView, names};
use saker_event_schema::{Kind, ROWS as ROWS_OF_EVENTS, Row, event};
use saker_process_state::Pid;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};
use std::borrow::Cow;

pub(super) static ROWS: &[FieldRow] = &[
    FieldRow::filled(
        "evt.arg",
        FieldType::String,
        "One argument as text, by name or by its number in Falco's event: flags and errors by their \
         names, descriptors with what they refer to, paths as the caller passed them. In the resolved \
         view the path that a call opened is the resolved one. For an argument without a value the text \
         `<NA>`, or `NULL` where it would be a connection or a list of strings; missing for an event \
         without the argument.",
        |context, argument| {
            FieldValue::from_option(context.event().and_then(|event| {
                let slot = slot(event.row(), argument?)?;
                text(context, event, slot)
            }))
        },
    )
    .captured(captured::text)
    .in_captures(
        "the parameters of Falco's event, which has more of them; numbered as they are \
         there",
    )
    .takes(ArgumentRule::Required(ArgumentForms::IndexOrKey)),
    FieldRow::filled(
        "evt.rawarg",
        FieldType::Dynamic,
        "One argument by name, with its own type: numbers as Falco numbers them.",
        |context, argument| {
            FieldValue::from_option(context.event().and_then(|event| match argument? {
                FieldArgument::Key(name) => raw(event, event.row().slot(name)?),
                FieldArgument::Index(_) => None,
            }))
        },
    )
    .captured(captured::raw)
    .in_captures(
        "the parameters of Falco's event; text for addresses and other bytes is not made",
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key))
    .left_only(),
    FieldRow::filled(
        "evt.args",
        FieldType::String,
        "All arguments that Falco has too, as `name=value`, separated by blanks.",
        |context, _| all(context),
    )
    .captured(captured::all)
    .in_captures("the parameters of Falco's event"),
    FieldRow::filled(
        "evt.info",
        FieldType::String,
        "The same as `evt.args`.",
        |context, _| all(context),
    )
    .captured(captured::all),
    FieldRow::filled(
        "evt.abspath",
        FieldType::String,
        "Path that a call acts on, absolute and normalised, whether or not the call succeeded; `src` \
         and `dst` are the old and the new name of calls with two.",
        |context, argument| {
            FieldValue::from_option(context.event().and_then(|event| {
                let slot = abspath_slot(event.row(), argument)?;
                paths::absolute(context, slot)
            }))
        },
    )
    .captured(file_system::absolute)
    .in_captures("only of calls with the descriptor of a directory, as in Falco")
    // Falco calls the argument required and takes the field without one.
    .takes(ArgumentRule::Optional(ArgumentForms::Key)),
];

/// Falco's parameters of an exec, for `evt.arg[N]`: the row leaves out what the header or the process
/// has.
static EXEC_PARAMETERS: &[&str] = &[
    "res",
    "exe",
    "args",
    "tid",
    "pid",
    "ptid",
    "cwd",
    "fdlimit",
    "pgft_maj",
    "pgft_min",
    "vm_size",
    "vm_rss",
    "vm_swap",
    "comm",
    "cgroups",
    "env",
    "tty",
    "vpgid",
    "loginuid",
    "flags",
    "cap_inheritable",
    "cap_permitted",
    "cap_effective",
    "exe_ino",
    "exe_ino_ctime",
    "exe_ino_mtime",
    "uid",
    "trusted_exepath",
    "pgid",
    "gid",
    "filename",
];

/// Falco's parameters of a fork.
static FORK_PARAMETERS: &[&str] = &[
    "res",
    "exe",
    "args",
    "tid",
    "pid",
    "ptid",
    "cwd",
    "fdlimit",
    "pgft_maj",
    "pgft_min",
    "vm_size",
    "vm_rss",
    "vm_swap",
    "comm",
    "cgroups",
    "flags",
    "uid",
    "gid",
    "vtid",
    "vpid",
    "pidns_init_start_ts",
];

/// Finds an argument by name, or by its number among Falco's.
fn slot(row: &Row, argument: &FieldArgument) -> Option<usize> {
    let index = match argument {
        FieldArgument::Key(name) => return row.slot(name),
        FieldArgument::Index(index) => usize::try_from(*index).ok()?,
    };
    let parameters = match row.id {
        event::EXECVE | event::EXECVEAT => EXEC_PARAMETERS,
        event::CLONE | event::CLONE3 | event::FORK | event::VFORK => FORK_PARAMETERS,
        _ => {
            let argument = row.arguments.get(index)?;
            return argument.in_falco.then_some(index);
        }
    };
    row.slot(parameters.get(index)?)
}

/// Whether the text of an argument is there without being put together, in every event that has one.
pub(crate) fn lies_ready(argument: &FieldArgument) -> bool {
    let FieldArgument::Key(name) = argument else {
        return false;
    };
    let lies_ready = |kind| {
        matches!(kind, Kind::UserPath | Kind::UserText)
            || matches!(names::names(kind), Some(names::Names::Values(_)))
    };
    ROWS_OF_EVENTS
        .iter()
        .flat_map(|row| row.arguments)
        .filter(|argument| argument.name == &**name)
        .all(|argument| lies_ready(argument.kind))
}

fn text<'c>(
    context: &'c EventContext<'_>,
    event: &'c EventView<'c>,
    slot: usize,
) -> Option<FieldValue<'c>> {
    let layout = descriptor::layout(event);
    if context.path_view() == PathView::Resolved
        && layout.requested == Some(slot)
        && let Some(resolved) = descriptor::resolved_path(event, layout)
    {
        return Some(FieldValue::text(resolved));
    }
    let kind = event.row_argument(slot)?.kind;
    match event.argument(slot) {
        Argument::Missing => return Some(static_text(missing_text(kind))),
        Argument::Data(data) if matches!(kind, Kind::UserPath | Kind::UserText) => {
            return Some(FieldValue::text(data.bytes));
        }
        Argument::Unsigned(number) => {
            let name = names::value_name(kind, names::falco_number(kind, number));
            if let Some(name) = name {
                return Some(static_text(name));
            }
        }
        _ => {}
    }
    let mut text = Vec::new();
    match argument_text(event, slot, &HostNames { context }, &mut text) {
        Rendered::Text => Some(FieldValue::owned(text)),
        Rendered::Missing => Some(static_text(missing_text(kind))),
    }
}

fn raw<'c>(event: &EventView<'c>, slot: usize) -> Option<FieldValue<'c>> {
    let kind = event.row_argument(slot)?.kind;
    let value_type = type_of(kind);
    if let Some(number) = falco_number(event, slot) {
        return match value_type {
            FieldType::Bool => Some(FieldValue::Bool(number != 0)),
            FieldType::Int => i64::try_from(number).ok().map(FieldValue::Int),
            _ => unsigned(number).map(|number| match value_type {
                FieldType::AbsTime => FieldValue::AbsTime(number),
                FieldType::RelTime => FieldValue::RelTime(number),
                _ => FieldValue::Uint(number),
            }),
        };
    }
    match event.argument(slot) {
        Argument::Data(data) if value_type == FieldType::String => {
            Some(FieldValue::text(data.path()))
        }
        Argument::Data(data) => Some(FieldValue::Bytes(Cow::Borrowed(data.bytes))),
        Argument::Socket(_) | Argument::SocketAddress(_) => {
            let mut text = Vec::new();
            (raw_argument_text(event, slot, &mut text) == Rendered::Text)
                .then_some(FieldValue::Bytes(Cow::Owned(text)))
        }
        Argument::Missing | Argument::Signed(_) | Argument::Unsigned(_) => None,
    }
}

/// An id without sign: Falco gives -1 as the largest number of 32 bits.
fn unsigned(number: i128) -> Option<u64> {
    if number == -1 {
        return Some(u32::MAX.into());
    }
    u64::try_from(number).ok()
}

fn all<'c>(context: &'c EventContext<'_>) -> FieldValue<'c> {
    let text = context.event().and_then(|event| {
        context.texts().event_arguments.get_or_make(|out| {
            arguments_text(event, &HostNames { context }, out);
            true
        })
    });
    FieldValue::of(text, FieldValue::text)
}

fn abspath_slot(row: &Row, argument: Option<&FieldArgument>) -> Option<usize> {
    match argument {
        None => paths::slot(row, PathRole::Name).or_else(|| row.slot("linkpath")),
        Some(FieldArgument::Key(key)) => match &**key {
            "src" => row.slot("oldpath"),
            "dst" => row.slot("newpath").or_else(|| row.slot("linkpath")),
            _ => None,
        },
        Some(FieldArgument::Index(_)) => None,
    }
}

/// Names that arguments are printed with.
struct HostNames<'c, 'a> {
    context: &'c EventContext<'a>,
}

impl NameSource for HostNames<'_, '_> {
    fn user(&self, uid: u32, out: &mut Vec<u8>) -> bool {
        let user = self.context.host().users.user(uid);
        append(user.map(|user| &*user.name), out)
    }

    fn group(&self, gid: u32, out: &mut Vec<u8>) -> bool {
        append(self.context.host().users.group(gid), out)
    }

    fn process(&self, pid: u32, out: &mut Vec<u8>) -> bool {
        let process = self.context.process_by_pid(Pid(pid));
        append(process.map(|process| process.comm.as_bytes()), out)
    }
}

fn append(name: Option<&[u8]>, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(name.unwrap_or_default());
    name.is_some()
}
