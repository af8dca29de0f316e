//! Session, process group and pid namespace of the process.

use super::{exe, exe_path, name, of, pid};
use crate::captured::process::{self as captured, Leader};
use crate::context::EventContext;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_process_state::{Pid, Process};
use saker_rule_language::FieldType;

pub(super) static ROWS: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "proc.sid",
        FieldType::Int,
        "Process id of the session's leader, as the host counts.",
        |context, _| of(context, |process| Some(pid(process.session.0))),
    )
    .captured(|context, _| captured::number(context, |thread| thread.sid))
    .in_captures("as the process's own pid namespace counts; -1 when not known"),
    text(
        "proc.sname",
        "`proc.name` of the session's leader.",
        |context, _| FieldValue::of(session_leader(context), name),
    )
    .captured(|context, _| captured::of_leader(context, Leader::Session, captured::name))
    .in_captures("empty when nobody is known"),
    text(
        "proc.sid.exe",
        "`proc.exe` of the session's leader.",
        |context, _| FieldValue::from_option(session_leader(context).and_then(exe)),
    )
    .captured(|context, _| captured::of_leader(context, Leader::Session, captured::exe))
    .in_captures("empty when nobody is known"),
    text(
        "proc.sid.exepath",
        "`proc.exepath` of the session's leader.",
        |context, _| FieldValue::from_option(session_leader(context).and_then(exe_path)),
    )
    .captured(|context, _| captured::of_leader(context, Leader::Session, captured::exe_path))
    .in_captures("empty when nobody is known"),
    truth(
        "proc.is_sid_leader",
        "Whether the process leads its session.",
        |context, _| {
            of(context, |process| {
                Some(FieldValue::Bool(process.is_session_leader()))
            })
        },
    )
    .captured(|context, _| {
        captured::of(context, |thread| {
            Some(FieldValue::Bool(thread.sid == thread.vpid))
        })
    }),
    FieldRow::filled(
        "proc.vpgid",
        FieldType::Int,
        "Process group, in the process's own pid namespace.",
        |context, _| of(context, |process| process.vpgid.map(pid)),
    )
    .captured(|context, _| captured::number(context, |thread| thread.vpgid))
    .in_captures("-1 when not known"),
    text(
        "proc.vpgid.name",
        "`proc.name` of the leader of `proc.vpgid`.",
        |context, _| FieldValue::of(group_leader(context), name),
    )
    .captured(|context, _| captured::of_leader(context, Leader::NamespacedGroup, captured::name))
    .in_captures("empty when nobody is known"),
    text(
        "proc.vpgid.exe",
        "`proc.exe` of the leader of `proc.vpgid`.",
        |context, _| FieldValue::from_option(group_leader(context).and_then(exe)),
    )
    .captured(|context, _| captured::of_leader(context, Leader::NamespacedGroup, captured::exe))
    .in_captures("empty when nobody is known"),
    text(
        "proc.vpgid.exepath",
        "`proc.exepath` of the leader of `proc.vpgid`.",
        |context, _| FieldValue::from_option(group_leader(context).and_then(exe_path)),
    )
    .captured(|context, _| {
        captured::of_leader(context, Leader::NamespacedGroup, captured::exe_path)
    })
    .in_captures("empty when nobody is known"),
    truth(
        "proc.is_vpgid_leader",
        "Whether the process leads `proc.vpgid`.",
        |context, _| {
            of(context, |process| {
                process
                    .vpgid
                    .map(|group| FieldValue::Bool(group == process.vpid))
            })
        },
    )
    .captured(|context, _| {
        captured::of(context, |thread| {
            Some(FieldValue::Bool(thread.vpgid == thread.vpid))
        })
    }),
    FieldRow::filled(
        "proc.pgid",
        FieldType::Int,
        "Process group, as the host counts.",
        |context, _| of(context, |process| process.pgid.map(|group| pid(group.0))),
    )
    .captured(|context, _| captured::number(context, |thread| thread.pgid))
    .in_captures("-1 when not known"),
    text(
        "proc.pgid.name",
        "`proc.name` of the leader of `proc.pgid`.",
        |context, _| FieldValue::of(group_leader(context), name),
    )
    .captured(|context, _| captured::of_leader(context, Leader::Group, captured::name))
    .in_captures("empty when nobody is known"),
    text(
        "proc.pgid.exe",
        "`proc.exe` of the leader of `proc.pgid`.",
        |context, _| FieldValue::from_option(group_leader(context).and_then(exe)),
    )
    .captured(|context, _| captured::of_leader(context, Leader::Group, captured::exe))
    .in_captures("empty when nobody is known"),
    text(
        "proc.pgid.exepath",
        "`proc.exepath` of the leader of `proc.pgid`.",
        |context, _| FieldValue::from_option(group_leader(context).and_then(exe_path)),
    )
    .captured(|context, _| captured::of_leader(context, Leader::Group, captured::exe_path))
    .in_captures("empty when nobody is known"),
    truth(
        "proc.is_pgid_leader",
        "Whether the process leads `proc.pgid`.",
        |context, _| {
            of(context, |process| {
                process
                    .pgid
                    .map(|group| FieldValue::Bool(group == process.key.pid))
            })
        },
    )
    .captured(|context, _| {
        captured::of(context, |thread| {
            Some(FieldValue::Bool(thread.pgid == thread.pid))
        })
    }),
    FieldRow::filled(
        "proc.loginshellid",
        FieldType::Int,
        "Process id of the oldest ancestor, or the process itself, whose name ends with `sh`.",
        |context, _| {
            let is_shell = |process: &&Process| process.comm.as_bytes().ends_with(b"sh");
            let line = context.process().into_iter().chain(context.ancestors());
            FieldValue::of(line.filter(is_shell).last(), |shell| pid(shell.key.pid.0))
        },
    )
    .captured(captured::login_shell),
    FieldRow::filled(
        "proc.pidns_init_start_ts",
        FieldType::Uint,
        "When the first process of the pid namespace started, nanoseconds since the epoch; missing \
         when it is not among the ancestors.",
        |context, _| FieldValue::of(namespace_start(context), FieldValue::Uint),
    )
    .captured(|context, _| {
        captured::known_time(
            context,
            |thread| thread.pid_namespace_start_ns,
            FieldValue::Uint,
        )
    })
    .in_captures("missing when not known"),
]);

const fn text(name: &'static str, doc: &'static str, extractor: crate::row::Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor)
}

const fn truth(
    name: &'static str,
    doc: &'static str,
    extractor: crate::row::Extractor,
) -> FieldRow {
    FieldRow::filled(name, FieldType::Bool, doc, extractor)
}

fn session_leader<'a>(context: &EventContext<'a>) -> Option<&'a Process> {
    leader(context, context.process()?.session, |process, of| {
        process.session == of.session
    })
}

fn group_leader<'a>(context: &EventContext<'a>) -> Option<&'a Process> {
    let process = context.process()?;
    if process.vpgid == Some(process.vpid) {
        return Some(process);
    }
    process.vpgid.or(process.pgid.map(|group| group.0))?;
    leader(context, process.pgid.unwrap_or_default(), |process, of| {
        process.pgid == of.pgid && process.vpgid == of.vpgid
    })
}

/// The process with this id, or, when it ended, the oldest ancestor in one line that belongs to the
/// same session or group.
fn leader<'a>(
    context: &EventContext<'a>,
    id: Pid,
    is_together: fn(&Process, &Process) -> bool,
) -> Option<&'a Process> {
    let process = context.process()?;
    if process.key.pid == id {
        return Some(process);
    }
    // The pid may belong to another process by now.
    let holder = context.process_by_pid(id);
    if let Some(holder) = holder.filter(|holder| is_together(holder, process)) {
        return Some(holder);
    }
    let together = context
        .ancestors()
        .take_while(|ancestor| is_together(ancestor, process));
    Some(together.last().unwrap_or(process))
}

/// When the process with the id 1 of the process's pid namespace started.
pub(in crate::namespaces) fn namespace_start(context: &EventContext<'_>) -> Option<u64> {
    let process = context.process()?;
    let first = context
        .process()
        .into_iter()
        .chain(context.ancestors())
        .find(|ancestor| ancestor.vpid == 1 && ancestor.pid_namespace == process.pid_namespace)?;
    Some(context.clock().wall_ns(first.start_time().0))
}
