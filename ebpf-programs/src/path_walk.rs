//! Walking a path from its directory entry up to the root, across mounts.
//!
//! Names are copied backwards to the end of the slot's path buffer. Where the walk meets the
//! process's own root it notes the position and goes on: what was copied before is the path as the
//! process sees it, the rest is what lies between the host's root and the process's.

use crate::record::{Loss, abandon, set_data, submit, tail};
use crate::scratch::{NO_SLOT, Scratch, WALK_BYTES, WalkRequest, find, get, put};
use aya_ebpf::{EbpfContext, helpers::generated::bpf_probe_read_kernel, maps::ProgramArray};
use saker_ebpf_programs::kernel::{read_u32, read_u64};
use saker_ebpf_programs::offset;
use saker_event_schema::{PATH_WALKS_MAX, RECORD_BYTES_MAX, data_flag};

/// Components that one program walks before it calls the next one. The chain may have 33 programs,
/// which bounds a record's walks to [`saker_event_schema::KERNEL_PATH_COMPONENTS_MAX`] in all.
const STEPS: u32 = 64;

/// The root has not been met yet.
const NOT_MET: u32 = WALK_BYTES + 1;

/// Queues a path. Beyond the bound the argument stays missing. What is queued last is walked first:
/// if the chain ends before the last walk does, the file that was reached counts for more than the
/// directory that the request started from.
///
/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
pub(crate) unsafe fn request(
    slot: *mut Scratch,
    (dentry, mount): (u64, u64),
    path_slot: u32,
    root_slot: u32,
) {
    // SAFETY: the caller's; the index is checked.
    unsafe {
        let index = get!(slot, walk_count);
        if dentry == 0 || index >= PATH_WALKS_MAX as u32 {
            return;
        }
        let request = (&raw mut (*slot).walks)
            .cast::<WalkRequest>()
            .add((index & 3) as usize);
        core::ptr::write_volatile(&raw mut (*request).dentry, dentry);
        core::ptr::write_volatile(&raw mut (*request).mount, mount);
        core::ptr::write_volatile(&raw mut (*request).path_slot, path_slot);
        core::ptr::write_volatile(&raw mut (*request).root_slot, root_slot);
        put!(slot, walk_count, index.wrapping_add(1));
    }
}

/// Sends the record, by way of the walking program if paths are queued.
///
/// # Safety
///
/// `slot` is owned by the caller and not used afterwards.
#[inline(always)]
pub(crate) unsafe fn finish<C: EbpfContext>(slot: *mut Scratch, context: &C, chain: &ProgramArray) {
    // SAFETY: the caller's. A successful tail call does not return.
    unsafe {
        if get!(slot, walk_count) == 0 {
            submit(slot);
            return;
        }
        let fs = read_u64(get!(slot, task), offset!(task_fs));
        let root = fs.wrapping_add(u64::from(offset!(fs_root)));
        put!(slot, root_dentry, read_u64(root, offset!(path_dentry)));
        put!(slot, root_mount, read_u64(root, offset!(path_mnt)));
        chain.tail_call(context, 0);
        #[cfg(feature = "kernel-log")]
        aya_log_ebpf::warn!(
            context,
            "cannot walk the paths of event {}",
            get!(slot, event)
        );
        abandon(slot, Loss::WalkFailed);
    }
}

/// Body of the walking programs.
#[inline(always)]
pub(crate) fn walk<C: EbpfContext>(context: &C, chain: &ProgramArray) {
    let Some(slot) = find() else { return };
    // SAFETY: the slot is the one that this task claimed.
    unsafe {
        for _ in 0..STEPS {
            if get!(slot, walking) == 0 {
                if get!(slot, walk_count) == 0 {
                    submit(slot);
                    return;
                }
                start(slot);
            }
            if step(slot) {
                store(slot);
            }
        }
        chain.tail_call(context, 0);
        // The chain is at its end: what was walked is reported, and says that it was cut. To drop the
        // event would make a deep directory a hiding place.
        #[cfg(feature = "kernel-log")]
        aya_log_ebpf::warn!(
            context,
            "a path of event {} has too many parts",
            get!(slot, event)
        );
        if get!(slot, walking) != 0 {
            let flags = get!(slot, walk_flags) | u32::from(data_flag::TRUNCATED);
            put!(slot, walk_flags, flags);
            store(slot);
        }
        submit(slot);
    }
}

#[inline(always)]
unsafe fn current_request(slot: *mut Scratch) -> *const WalkRequest {
    // SAFETY: masked to the array's length.
    unsafe {
        let index = get!(slot, walk_count).wrapping_sub(1) & 3;
        (&raw const (*slot).walks)
            .cast::<WalkRequest>()
            .add(index as usize)
    }
}

#[inline(always)]
unsafe fn start(slot: *mut Scratch) {
    // SAFETY: the slot is the caller's.
    unsafe {
        let request = current_request(slot);
        let dentry = core::ptr::read_volatile(&raw const (*request).dentry);
        let mut flags = 0;
        let hashed = read_u64(dentry, offset!(dentry_hash_pprev)) != 0;
        if !hashed && read_u64(dentry, offset!(dentry_parent)) != dentry {
            flags = u32::from(data_flag::DELETED);
        }
        flags |= crate::file::overlay_layer(read_u64(dentry, offset!(dentry_inode)));
        put!(slot, dentry, dentry);
        put!(
            slot,
            mount,
            core::ptr::read_volatile(&raw const (*request).mount)
        );
        put!(slot, position, WALK_BYTES);
        put!(slot, root_position, NOT_MET);
        put!(slot, walk_flags, flags);
        put!(slot, walking, 1);
    }
}

/// Goes up by one; says whether the walk is over.
#[inline(always)]
unsafe fn step(slot: *mut Scratch) -> bool {
    // SAFETY: the slot is the caller's.
    unsafe {
        let dentry = get!(slot, dentry);
        let mount = get!(slot, mount);
        if dentry == get!(slot, root_dentry)
            && mount == get!(slot, root_mount)
            && get!(slot, root_position) == NOT_MET
        {
            put!(slot, root_position, get!(slot, position));
        }
        if dentry == read_u64(mount, offset!(vfsmount_root)) {
            let whole = mount.wrapping_sub(u64::from(offset!(mount_mnt)));
            let parent = read_u64(whole, offset!(mount_parent));
            if parent == whole || parent == 0 {
                return true;
            }
            put!(slot, dentry, read_u64(whole, offset!(mount_mountpoint)));
            put!(
                slot,
                mount,
                parent.wrapping_add(u64::from(offset!(mount_mnt)))
            );
            return false;
        }
        let parent = read_u64(dentry, offset!(dentry_parent));
        let fits = prepend(slot, dentry);
        put!(slot, dentry, parent);
        // An entry that is its own parent without being a mount's root belongs to no tree.
        !fits || parent == dentry || parent == 0
    }
}

/// Copies an entry's name before the path so far; says whether it fitted.
#[inline(always)]
unsafe fn prepend(slot: *mut Scratch, dentry: u64) -> bool {
    // SAFETY: the slot is the caller's; starts are masked to the buffer, which is longer than that
    // by the longest name and its slash.
    unsafe {
        let length = read_u32(dentry, offset!(dentry_name_length)) & 0xff;
        let name = read_u64(dentry, offset!(dentry_name));
        let position = get!(slot, position);
        if position <= length.wrapping_add(1) {
            let flags = get!(slot, walk_flags) | u32::from(data_flag::TRUNCATED);
            put!(slot, walk_flags, flags);
            return false;
        }
        let position = position.wrapping_sub(length).wrapping_sub(1);
        put!(slot, position, position);
        put!(slot, name_length, length);
        let buffer = (&raw mut (*slot).path).cast::<u8>();
        // Read back: compiler and verifier know nothing of them, so the masks that follow stay (6.12
        // does not carry the bound of a 32-bit value to the call).
        let start = (get!(slot, position) & (WALK_BYTES - 1)) as usize;
        let length = get!(slot, name_length) & 0xff;
        core::ptr::write_volatile(buffer.add(start), b'/');
        bpf_probe_read_kernel(buffer.add(start).add(1).cast(), length, name as *const _);
        true
    }
}

/// Copies the finished path into the record and turns to the next request.
#[inline(always)]
unsafe fn store(slot: *mut Scratch) {
    // SAFETY: the slot is the caller's.
    unsafe {
        let request = current_request(slot);
        let path_slot = core::ptr::read_volatile(&raw const (*request).path_slot);
        let root_slot = core::ptr::read_volatile(&raw const (*request).root_slot);
        let position = get!(slot, position);
        let mut flags = get!(slot, walk_flags) as u16;
        let mut root_position = get!(slot, root_position);
        if root_position == NOT_MET {
            flags |= data_flag::UNREACHABLE;
            root_position = position;
        }
        let length = WALK_BYTES.wrapping_sub(position);
        let start = get!(slot, cursor);
        if start.wrapping_add(length) > RECORD_BYTES_MAX as u32 {
            set_data(
                slot,
                path_slot,
                0,
                0,
                flags | data_flag::MISSING | data_flag::TRUNCATED,
            );
        } else {
            let source = (get!(slot, position) & (WALK_BYTES - 1)) as usize;
            let bytes = length & (WALK_BYTES - 1);
            bpf_probe_read_kernel(
                tail(slot).cast(),
                bytes,
                (&raw const (*slot).path).cast::<u8>().add(source).cast(),
            );
            let above = root_position.wrapping_sub(position);
            set_data(
                slot,
                path_slot,
                start.wrapping_add(above),
                length.wrapping_sub(above),
                flags,
            );
            if root_slot != NO_SLOT {
                set_data(slot, root_slot, start, above, 0);
            }
            put!(slot, cursor, start.wrapping_add(length));
        }
        put!(slot, walking, 0);
        put!(slot, walk_count, get!(slot, walk_count).wrapping_sub(1));
    }
}
