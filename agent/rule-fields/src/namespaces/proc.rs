//! `proc.*`: the process that acted, its image and its ancestors.

mod ancestry;
mod executable;
mod lineage;
mod unknown;

pub(super) use lineage::namespace_start;
pub(super) use unknown::NO_MEMORY_SIZES;

use crate::captured::process as captured;
use crate::context::EventContext;
use crate::namespaces::container;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_process_state::Process;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument, FieldType};

pub(super) static ROWS: &[&[FieldRow]] = &[
    IDENTITY,
    TEXTS,
    ancestry::ROWS,
    lineage::ROWS,
    executable::ROWS,
    unknown::ROWS,
    container::PROBES,
];

static IDENTITY: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "proc.pid",
        FieldType::Int,
        "Process id, as the host counts.",
        |context, _| of(context, |process| Some(pid(process.key.pid.0))),
    )
    .captured(|context, _| captured::of(context, captured::process_id)),
    FieldRow::filled(
        "proc.vpid",
        FieldType::Int,
        "Process id in the process's own pid namespace.",
        |context, _| of(context, |process| Some(pid(process.vpid))),
    )
    .captured(|context, _| captured::known_number(context, |thread| thread.vpid)),
    FieldRow::filled(
        "proc.name",
        FieldType::String,
        "Name of the process, at most 15 bytes: what the kernel called it at its last exec.",
        |context, _| of(context, |process| Some(name(process))),
    )
    .captured(|context, _| captured::of(context, captured::name))
    .in_captures("of the thread; old captures have names that are longer"),
    FieldRow::filled(
        "proc.exe",
        FieldType::String,
        "First argument, `argv[0]`, which the caller chose; empty for kernel threads.",
        |context, _| of(context, exe),
    )
    .captured(|context, _| captured::of(context, captured::exe)),
    FieldRow::filled(
        "proc.exepath",
        FieldType::String,
        "Path of the executable, as the kernel resolved it; empty for kernel threads.",
        |context, _| of(context, exe_path),
    )
    .captured(|context, _| captured::of(context, captured::exe_path))
    .in_captures("empty when not known"),
    FieldRow::filled(
        "proc.tty",
        FieldType::Uint,
        "Device number of the controlling terminal; 0 without one.",
        |context, _| {
            of(context, |process| {
                Some(FieldValue::Uint(process.tty.into()))
            })
        },
    ),
    FieldRow::filled(
        "proc.duration",
        FieldType::RelTime,
        "How long the process has run, nanoseconds.",
        |context, _| duration(context, context.process()),
    )
    .captured(captured::duration)
    .in_captures("of the thread, since it was cloned; missing when that was not seen"),
    FieldRow::filled(
        "proc.pid.ts",
        FieldType::RelTime,
        "When the process started, nanoseconds since the epoch.",
        |context, _| started(context, context.process()),
    )
    .captured(|context, _| {
        captured::known_time(context, |thread| thread.clone_time_ns, FieldValue::RelTime)
    })
    .in_captures("of the thread; missing when its begin was not seen"),
]);

static TEXTS: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "proc.args",
        FieldType::String,
        "Arguments after `argv[0]`, joined by blanks; with an index one of them, the first being 0.",
        |context, argument| match argument {
            Some(FieldArgument::Index(index)) => of(context, |process| {
                let index = usize::try_from(*index).ok()?;
                process.arguments().nth(index).map(FieldValue::text)
            }),
            _ => {
                let arguments = &context.texts().arguments;
                let text = context.process().and_then(|process| {
                    arguments.get_or_make(|out| append_arguments(process, out))
                });
                FieldValue::of(text, FieldValue::text)
            }
        },
    )
    .captured(captured::argument)
    .in_captures("empty without such an argument")
    .takes(ArgumentRule::Optional(ArgumentForms::Index)),
    FieldRow::filled(
        "proc.cmdline",
        FieldType::String,
        "`proc.name` and `proc.args`, a blank between.",
        |context, _| {
            let line = &context.texts().command_line;
            let text = context
                .process()
                .and_then(|process| line.get_or_make(|out| append_command_line(process, out)));
            FieldValue::of(text, FieldValue::text)
        },
    )
    .captured(captured::own_command_line),
    FieldRow::filled(
        "proc.exeline",
        FieldType::String,
        "`proc.exe` and `proc.args`, a blank between.",
        |context, _| {
            of(context, |process| {
                let words: Vec<&[u8]> = process.image.arguments.as_ref()?.iter().collect();
                Some(FieldValue::owned(words.join(&b' ')))
            })
        },
    )
    .captured(|context, _| captured::of(context, captured::exe_line))
    .in_captures("a blank follows the program even without arguments, as in Falco"),
    FieldRow::filled(
        "proc.cmdnargs",
        FieldType::Uint,
        "How many arguments follow `argv[0]`.",
        |context, _| of(context, |process| count(process.arguments().map(|_| 1))),
    )
    .captured(|context, _| captured::of(context, captured::argument_count)),
    FieldRow::filled(
        "proc.cmdlenargs",
        FieldType::Uint,
        "Length of all arguments after `argv[0]` in bytes, without blanks between.",
        |context, _| of(context, |process| count(process.arguments().map(<[u8]>::len))),
    )
    .captured(|context, _| captured::of(context, captured::argument_bytes)),
    FieldRow::filled(
        "proc.env",
        FieldType::String,
        "Environment, joined by blanks; with a name the value of that variable, empty if it is not set.",
        |context, argument| {
            of(context, |process| match argument {
                Some(FieldArgument::Key(name)) => variable(process, name),
                _ => environment(process),
            })
        },
    )
    .captured(captured::environment)
    .takes(ArgumentRule::Optional(ArgumentForms::Key)),
    FieldRow::filled(
        "proc.cwd",
        FieldType::String,
        "Working directory, with a slash at its end.",
        |context, _| {
            let directory = &context.texts().working_directory;
            let text = context.process().and_then(|process| {
                let path = process.cwd()?;
                directory.get_or_make(|out| {
                    out.extend_from_slice(path);
                    if !path.ends_with(b"/") {
                        out.push(b'/');
                    }
                    true
                })
            });
            FieldValue::of(text, FieldValue::text)
        },
    )
    .captured(captured::directory),
]);

/// A value of the process that acted.
fn of<'a>(
    context: &EventContext<'a>,
    value: impl FnOnce(&'a Process) -> Option<FieldValue<'a>>,
) -> FieldValue<'a> {
    FieldValue::from_option(context.process().and_then(value))
}

/// The path of an executable that the host knows under that name, and of no other: nobody without
/// privilege can make another program pass for it.
fn trusted_exe_path(process: &Process) -> Option<FieldValue<'_>> {
    if process.has_trusted_executable()? {
        exe_path(process)
    } else {
        None
    }
}

fn pid(number: u32) -> FieldValue<'static> {
    FieldValue::Int(number.into())
}

fn name(process: &Process) -> FieldValue<'_> {
    FieldValue::text(process.comm.as_bytes())
}

/// A kernel thread has an argument vector without entries; of other processes it may be unknown.
fn is_kernel_thread(process: &Process) -> bool {
    let arguments = process.image.arguments.as_ref();
    arguments.is_some_and(|arguments| arguments.bytes.is_empty())
}

fn exe(process: &Process) -> Option<FieldValue<'_>> {
    let empty = is_kernel_thread(process).then_some(&b""[..]);
    process.exe().or(empty).map(FieldValue::text)
}

fn exe_path(process: &Process) -> Option<FieldValue<'_>> {
    let empty = is_kernel_thread(process).then_some(&b""[..]);
    process.exe_path().or(empty).map(FieldValue::text)
}

/// Appends the arguments after `argv[0]`, joined by blanks; `false` when they are not known.
fn append_arguments(process: &Process, out: &mut Vec<u8>) -> bool {
    let mut separator: &[u8] = b"";
    for argument in process.arguments() {
        out.extend_from_slice(separator);
        out.extend_from_slice(argument);
        separator = b" ";
    }
    process.image.arguments.is_some()
}

/// Appends name and arguments.
fn append_command_line(process: &Process, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(process.comm.as_bytes());
    for argument in process.arguments() {
        out.push(b' ');
        out.extend_from_slice(argument);
    }
    true
}

fn command_line(process: &Process) -> FieldValue<'_> {
    let mut text = Vec::new();
    append_command_line(process, &mut text);
    FieldValue::owned(text)
}

/// The whole environment, joined by blanks.
fn environment(process: &Process) -> Option<FieldValue<'_>> {
    let entries: Vec<&[u8]> = process.image.environment.as_ref()?.iter().collect();
    Some(FieldValue::owned(entries.join(&b' ')))
}

/// The value of one variable, empty when it is not set.
fn variable<'a>(process: &'a Process, name: &str) -> Option<FieldValue<'a>> {
    process.image.environment.as_ref()?;
    let value = process.environment_variable(name.as_bytes());
    Some(FieldValue::text(value.unwrap_or_default()))
}

fn count<'a>(numbers: impl Iterator<Item = usize>) -> Option<FieldValue<'a>> {
    let sum = numbers.fold(0, usize::saturating_add);
    u64::try_from(sum).ok().map(FieldValue::Uint)
}

fn started<'c>(context: &EventContext<'_>, process: Option<&Process>) -> FieldValue<'c> {
    FieldValue::of(process, |process| {
        FieldValue::RelTime(context.clock().wall_ns(process.start_time().0))
    })
}

fn duration<'c>(context: &EventContext<'_>, process: Option<&Process>) -> FieldValue<'c> {
    let now = context.clock().boot_ns(context.time_wall_ns());
    FieldValue::of(process, |process| {
        FieldValue::RelTime(now.saturating_sub(process.start_time().0))
    })
}
