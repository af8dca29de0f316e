//! Writing the tables that the programs consult: what to do for each event, and which call is which.

use crate::KernelSourceError;
use crate::error::map_error;
use aya::Ebpf;
use aya::maps::Array;
use saker_event_schema::{
    Abi, EventId, Plan, ROWS, SOCKETCALL_EVENT, SOCKETCALL_I386, SOCKETCALLS, event, row,
};
use std::collections::BTreeSet;
use zerocopy::IntoBytes;

/// Events that the process tree needs, whatever the rules ask for.
pub const STATE_EVENTS: &[EventId] = &[
    event::SCHED_PROCESS_FORK,
    event::EXECVE,
    event::EXECVEAT,
    event::PROCEXIT,
    event::CGROUP_MKDIR,
    event::CGROUP_RMDIR,
    event::CGROUP_ATTACH_TASK,
    event::CHDIR,
    event::FCHDIR,
    event::CHROOT,
    event::SETUID,
    event::SETGID,
    event::SETREUID,
    event::SETREGID,
    event::SETRESUID,
    event::SETRESGID,
    event::SETSID,
    event::SETPGID,
];

const PLAN_BYTES: usize = size_of::<Plan>();

/// Writes what the kernel side does for each event.
pub(crate) fn fill_plans(ebpf: &mut Ebpf) -> Result<(), KernelSourceError> {
    let map = ebpf
        .map_mut("PLANS")
        .ok_or(KernelSourceError::NoSuchMap("PLANS"))?;
    let mut plans: Array<_, [u8; PLAN_BYTES]> = Array::try_from(map).map_err(map_error("PLANS"))?;
    for row in ROWS {
        let plan = row.plan();
        let mut bytes = [0; PLAN_BYTES];
        bytes.copy_from_slice(plan.as_bytes());
        plans
            .set(u32::from(row.id.get()), bytes, 0)
            .map_err(map_error("PLANS"))?;
    }
    Ok(())
}

/// Writes which calls are reported: those of [`STATE_EVENTS`] and of `events`.
pub(crate) fn fill_syscalls(
    ebpf: &mut Ebpf,
    events: &BTreeSet<EventId>,
) -> Result<(), KernelSourceError> {
    const NUMBERS: usize = 512;
    let mut rows = [0u32; NUMBERS];
    let (native, compat) = native_abi();
    for id in STATE_EVENTS.iter().chain(events) {
        let Some(row) = row(*id) else { continue };
        for number in row.syscalls.of(native) {
            rows[usize::from(*number)] |= u32::from(id.get());
        }
        for number in compat.map_or(&[][..], |abi| row.syscalls.of(abi)) {
            rows[usize::from(*number)] |= u32::from(id.get()) << 16;
        }
    }
    if compat == Some(Abi::I386) {
        fill_socketcalls(ebpf, events, &mut rows)?;
    }
    let map = ebpf
        .map_mut("SYSCALLS")
        .ok_or(KernelSourceError::NoSuchMap("SYSCALLS"))?;
    let mut syscalls: Array<_, u32> = Array::try_from(map).map_err(map_error("SYSCALLS"))?;
    for (number, row) in (0u32..).zip(rows) {
        syscalls
            .set(number, row, 0)
            .map_err(map_error("SYSCALLS"))?;
    }
    Ok(())
}

/// Writes which `socketcall`s are reported, and marks the call itself if any is.
fn fill_socketcalls(
    ebpf: &mut Ebpf,
    events: &BTreeSet<EventId>,
    rows: &mut [u32],
) -> Result<(), KernelSourceError> {
    let map = ebpf
        .map_mut("SOCKETCALLS")
        .ok_or(KernelSourceError::NoSuchMap("SOCKETCALLS"))?;
    let mut table: Array<_, u32> = Array::try_from(map).map_err(map_error("SOCKETCALLS"))?;
    for (number, event) in SOCKETCALLS {
        let wanted = events.contains(event);
        let id = if wanted { u32::from(event.get()) } else { 0 };
        table
            .set(*number, id, 0)
            .map_err(map_error("SOCKETCALLS"))?;
        if wanted {
            rows[usize::from(SOCKETCALL_I386)] |= u32::from(SOCKETCALL_EVENT) << 16;
        }
    }
    Ok(())
}

/// The calling conventions of this host: its own, and that of its 32-bit entry.
const fn native_abi() -> (Abi, Option<Abi>) {
    if cfg!(target_arch = "aarch64") {
        (Abi::Aarch64, None)
    } else {
        (Abi::X86_64, Some(Abi::I386))
    }
}
