//! The file that the process runs.

use super::{lineage, of, trusted_exe_path};
use crate::captured::process as captured;
use crate::context::EventContext;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_event_decode::names::exec_flags;
use saker_event_decode::normalise;
use saker_event_schema::event;
use saker_process_state::Process;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::not_yet(
        "proc.is_exe_writable",
        FieldType::Bool,
        "Whether the user that started the executable may write to it.",
        "the kernel programs do not ask for permissions yet",
    )
    .captured(captured::is_exe_writable),
    truth(
        "proc.is_exe_upper_layer",
        "Whether the executable lies in the upper, writable layer of an overlay file system: it is not \
         part of the image.",
        |context, _| {
            of(context, |process| {
                flag(process, exec_flags::EXE_UPPER_LAYER)
            })
        },
    )
    .captured(|context, _| captured::has_exe_flag(context, exec_flags::EXE_UPPER_LAYER)),
    truth(
        "proc.is_exe_lower_layer",
        "Whether the executable lies in a lower layer of an overlay file system.",
        |context, _| {
            of(context, |process| {
                flag(process, exec_flags::EXE_LOWER_LAYER)
            })
        },
    )
    .captured(|context, _| captured::has_exe_flag(context, exec_flags::EXE_LOWER_LAYER)),
    truth(
        "proc.is_exe_from_memfd",
        "Whether the executable is an anonymous file in memory.",
        |context, _| of(context, |process| flag(process, exec_flags::EXE_FROM_MEMFD)),
    )
    .captured(|context, _| captured::has_exe_flag(context, exec_flags::EXE_FROM_MEMFD)),
    FieldRow::filled(
        "proc.exepath_host",
        FieldType::String,
        "Path of the executable as the host sees it. Saker's own.",
        |context, _| of(context, host_path),
    ),
    FieldRow::filled(
        "proc.exepath_trusted",
        FieldType::String,
        "`proc.exepath`, if the path is what the host knows under that name: not in a user namespace or \
         root directory of the process's own, nor in an overlay's upper layer, in memory, unreachable or \
         deleted. Missing otherwise: exceptions should name this field. Saker's own.",
        |context, _| of(context, trusted_exe_path),
    ),
    FieldRow::filled(
        "proc.exe_requested",
        FieldType::String,
        "For `execve` and `execveat`: the path that was asked for, from the working directory and \
         normalised; of a script its own path, not its interpreter's. Saker's own.",
        |context, _| FieldValue::from_option(requested(context)),
    ),
    FieldRow::filled(
        "proc.exe_ino",
        FieldType::Int,
        "Inode number of the executable.",
        |context, _| {
            of(context, |process| {
                process
                    .image
                    .inode
                    .map(|inode| FieldValue::Int(inode.cast_signed()))
            })
        },
    )
    .captured(|context, _| captured::known_time(context, |thread| thread.process.image.inode.unwrap_or(0), |inode| FieldValue::Int(inode.cast_signed()))),
    time(
        "proc.exe_ino.ctime",
        "When the executable's inode last changed (a rename, new permissions, new content), \
         nanoseconds since the epoch.",
        |context, _| {
            of(context, |process| {
                process.image.ctime_wall_ns.map(FieldValue::AbsTime)
            })
        },
    )
    .captured(|context, _| captured::known_time(context, |thread| thread.process.image.ctime_wall_ns.unwrap_or(0), FieldValue::AbsTime)),
    time(
        "proc.exe_ino.mtime",
        "When the executable's content last changed, nanoseconds since the epoch.",
        |context, _| {
            of(context, |process| {
                process.image.mtime_wall_ns.map(FieldValue::AbsTime)
            })
        },
    )
    .captured(|context, _| captured::known_time(context, |thread| thread.process.image.mtime_wall_ns.unwrap_or(0), FieldValue::AbsTime)),
    time(
        "proc.exe_ino.ctime_duration_proc_start",
        "Nanoseconds from `proc.exe_ino.ctime` to the start of the process; 0 if the inode changed \
         after it.",
        |context, _| {
            of(context, |process| {
                let start = context.clock().wall_ns(process.start_time().0);
                let ctime = process.image.ctime_wall_ns?;
                Some(FieldValue::AbsTime(start.saturating_sub(ctime)))
            })
        },
    )
    .captured(|context, _| captured::known_time(context, |thread| thread.exe_ctime_to_clone_ns, FieldValue::AbsTime))
    .in_captures("missing when it would be 0"),
    time(
        "proc.exe_ino.ctime_duration_pidns_start",
        "Nanoseconds from the start of the pid namespace to `proc.exe_ino.ctime`; 0 if the inode \
         changed before it.",
        |context, _| {
            of(context, |process| {
                let start = lineage::namespace_start(context)?;
                let ctime = process.image.ctime_wall_ns?;
                Some(FieldValue::AbsTime(ctime.saturating_sub(start)))
            })
        },
    )
    .captured(|context, _| captured::known_time(context, |thread| thread.exe_ctime_to_pid_namespace_ns, FieldValue::AbsTime))
    .in_captures("missing when it would be 0"),
]);

const fn truth(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::Bool, doc, extractor)
}

const fn time(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::AbsTime, doc, extractor)
}

fn flag(process: &Process, flag: u64) -> Option<FieldValue<'_>> {
    process.has_exec_flag(flag).map(FieldValue::Bool)
}

/// The `filename` of an exec from its working directory.
fn requested<'c>(context: &'c EventContext<'_>) -> Option<FieldValue<'c>> {
    let event = context.event()?;
    if event.id() != event::EXECVE && event.id() != event::EXECVEAT {
        return None;
    }
    let filename = event.data(event.row().slot("filename")?)?;
    let directory = event.row().slot("cwd").and_then(|slot| event.path(slot));
    let mut path = Vec::new();
    normalise(directory.unwrap_or(b"/"), filename.bytes, &mut path);
    Some(FieldValue::owned(path))
}

/// The executable's path below the host's root. Without a root of its own the process has the
/// host's, and the path needs no copy.
fn host_path(process: &Process) -> Option<FieldValue<'_>> {
    let path = process.exe_path()?;
    match process.image.exe_root.as_deref()? {
        b"" | b"/" => Some(FieldValue::text(path)),
        root => Some(FieldValue::owned([root, path].concat())),
    }
}
