//! Cgroups: by which of them records name a task's place, and what is reported of them.

use crate::record;
use crate::scratch::Scratch;
use aya_ebpf::EbpfContext;
use aya_ebpf::helpers::generated::bpf_probe_read_kernel_str;
use core::mem::offset_of;
use saker_ebpf_programs::kernel::{present, read_u32, read_u64};
use saker_ebpf_programs::offset;
use saker_event_schema::{EventHeader, EventId, cgroup_key, data_flag, wire};

/// Size of the kernel's buffer for the path that its tracepoints give (`TRACE_CGROUP_PATH_LEN`).
const PATH_BYTES: u32 = 1024;

/// Slots that the three rows have in common.
const CGROUP_SLOT: u32 = (offset_of!(wire::CgroupMkdir, cgroup) / 8) as u32;
const HIERARCHY_SLOT: u32 = (offset_of!(wire::CgroupMkdir, hierarchy) / 8) as u32;
const PATH_SLOT: u32 = (offset_of!(wire::CgroupMkdir, cgroup_path) / 8) as u32;

const _: () = {
    assert!(offset_of!(wire::CgroupAttachTask, cgroup) == CGROUP_SLOT as usize * 8);
    assert!(offset_of!(wire::CgroupAttachTask, hierarchy) == HIERARCHY_SLOT as usize * 8);
    assert!(offset_of!(wire::CgroupAttachTask, cgroup_path) == PATH_SLOT as usize * 8);
    assert!(size_of::<wire::CgroupRmdir>() == size_of::<wire::CgroupMkdir>());
};

/// The bits that stand for a hierarchy; `None` for one by which records do not name cgroups.
#[inline(always)]
fn hierarchy_bits(root: u64, number: u32) -> Option<u64> {
    if number == 0 {
        return Some(cgroup_key::UNIFIED);
    }
    let controllers = read_u32(root, offset!(cgroup_root_subsys_mask));
    let has = |controller: u32| present(controller) && (controllers >> (controller & 31)) & 1 != 0;
    if has(offset!(pids_controller)) {
        Some(cgroup_key::PIDS)
    } else if has(offset!(memory_controller)) {
        Some(cgroup_key::MEMORY)
    } else {
        None
    }
}

/// Argument of a tracepoint. Read as memory: old kernels refuse to load a pointer to text.
#[inline(always)]
pub(crate) fn argument<C: EbpfContext>(context: &C, number: u32) -> u64 {
    read_u64(context.as_ptr() as u64, number.wrapping_mul(8))
}

/// Begins the record of an event about a cgroup, the first two arguments of whose tracepoint are the
/// cgroup and its path.
#[inline(always)]
pub(crate) fn begin<C: EbpfContext>(event: EventId, context: &C) -> Option<*mut Scratch> {
    let (group, path) = (argument(context, 0), argument(context, 1));
    let root = read_u64(group, offset!(cgroup_root));
    let number = read_u32(root, offset!(cgroup_root_hierarchy_id));
    let bits = hierarchy_bits(root, number)?;
    let plan = record::plan(u32::from(event.get()))?;
    let slot = record::begin(event, plan, 0, 0)?;
    let id = read_u64(read_u64(group, offset!(cgroup_kn)), offset!(kernfs_node_id));
    // SAFETY: the slot was just claimed.
    unsafe {
        record::set_word(slot, CGROUP_SLOT, id | bits);
        record::set_word(slot, HIERARCHY_SLOT, u64::from(number));
        append_path(slot, path);
    }
    Some(slot)
}

/// Appends the path, a NUL-terminated text of kernel memory.
#[inline(always)]
unsafe fn append_path(slot: *mut Scratch, path: u64) {
    // SAFETY: the buffer has more than this many bytes behind every tail.
    unsafe {
        let tail = record::tail(slot).cast();
        let read = bpf_probe_read_kernel_str(tail, PATH_BYTES, path as *const _);
        if read <= 0 {
            record::set_missing(slot, PATH_SLOT, data_flag::FAULT);
            return;
        }
        // The count includes the terminating NUL; a longer path was cut by the kernel.
        let flags = if read as u32 >= PATH_BYTES {
            data_flag::TRUNCATED
        } else {
            0
        };
        record::append(slot, PATH_SLOT, (read as u32).wrapping_sub(1), flags);
    }
}

/// Where the arguments of a row lie in its record.
#[inline(always)]
pub(crate) unsafe fn arguments<T>(slot: *mut Scratch) -> *mut T {
    // SAFETY: the row's slots lie behind the header.
    unsafe {
        (&raw mut (*slot).record)
            .cast::<u8>()
            .add(size_of::<EventHeader>())
            .cast::<T>()
    }
}
