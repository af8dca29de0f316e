//! The interpreter of the rows' plans: one step for each argument of a system call.

use crate::file::{append_socket, device_of, file_of, inode_of, path_of};
use crate::maps::SCRATCH;
use crate::path_walk;
use crate::record::{append, set_data, set_missing, set_word, tail};
use crate::scratch::{NO_SLOT, Scratch, get};
use aya_ebpf::helpers::generated::{bpf_probe_read_user, bpf_probe_read_user_str};
use saker_ebpf_programs::kernel::{read_u16, read_u64, read_user_u64};
use saker_ebpf_programs::offset;
use saker_event_schema::{
    ARGUMENTS_MAX, ArgumentPlan, Plan, SOCKET_ADDRESS_BYTES_MAX, USER_STRING_BYTES_MAX, data_flag,
    opcode,
};

/// `AT_FDCWD`.
const WORKING_DIRECTORY: i32 = -100;

/// Fills every argument of the slot's event.
///
/// # Safety
///
/// `slot` is owned by the caller, `plan` points into the map of plans.
#[inline(always)]
pub(crate) unsafe fn fill(slot: *mut Scratch, plan: *const Plan) {
    // SAFETY: the caller's; the plan's array is longer than the loop.
    unsafe {
        let steps = (&raw const (*plan).arguments).cast::<ArgumentPlan>();
        let key = get!(slot, key);
        for argument in 0..ARGUMENTS_MAX as u32 {
            if argument >= u32::from((*plan).arguments_used) {
                break;
            }
            let step = steps.add(argument as usize).cast::<u32>();
            capture_argument(key, argument, core::ptr::read_volatile(step));
        }
    }
}

/// Fills one argument of the event that is built in the scratch slot with this key.
///
/// A function of its own with external linkage, so that the verifier checks it once and not once
/// for each argument of each program (global functions: Linux 5.6).
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn capture_argument(key: u32, argument: u32, step: u32) -> u32 {
    let Some(slot) = SCRATCH.get_ptr_mut(key) else {
        return 0;
    };
    let [operation, a, b, _] = step.to_le_bytes();
    // SAFETY: the key is that of the slot that this task claimed.
    unsafe { fill_one(slot, argument & 31, operation, a, b) };
    0
}

#[inline(always)]
unsafe fn fill_one(slot: *mut Scratch, argument: u32, operation: u8, a: u8, b: u8) {
    // SAFETY: the slot is the caller's.
    unsafe {
        match operation {
            opcode::NONE => set_word(slot, argument, 0),
            opcode::MISSING => set_missing(slot, argument, 0),
            opcode::RETURNED => set_word(slot, argument, get!(slot, result) as u64),
            opcode::WORD => set_word(slot, argument, call_argument(slot, a)),
            opcode::SIGNED => {
                set_word(
                    slot,
                    argument,
                    i64::from(call_argument(slot, a) as i32) as u64,
                );
            }
            opcode::UNSIGNED => {
                set_word(slot, argument, u64::from(call_argument(slot, a) as u32));
            }
            opcode::USER_WORD => {
                let word = read_user_u64(call_argument(slot, a), u32::from(b));
                set_word(slot, argument, word);
            }
            opcode::USER_STRING => user_string(slot, argument, call_argument(slot, a)),
            opcode::USER_BYTES => {
                user_bytes(
                    slot,
                    argument,
                    call_argument(slot, a),
                    call_argument(slot, b),
                );
            }
            opcode::BASE => base(slot, argument, a, b),
            opcode::WORKING_DIRECTORY => {
                set_missing(slot, argument, 0);
                path_walk::request(slot, working_directory(slot), argument, NO_SLOT);
            }
            opcode::FILE_PATH => {
                set_missing(slot, argument, 0);
                let file = file_of(slot, descriptor(slot, a));
                if file != 0 {
                    let root_slot = argument.wrapping_add(1);
                    path_walk::request(slot, path_of(file), argument, root_slot);
                }
            }
            opcode::FILE_DEVICE => {
                let inode = inode_of(file_of(slot, descriptor(slot, a)));
                set_word(slot, argument, device_of(inode));
            }
            opcode::FILE_INODE => {
                let inode = inode_of(file_of(slot, descriptor(slot, a)));
                let number = if inode == 0 {
                    0
                } else {
                    read_u64(inode, offset!(inode_ino))
                };
                set_word(slot, argument, number);
            }
            opcode::FILE_MODE => {
                let inode = inode_of(file_of(slot, descriptor(slot, a)));
                let mode = if inode == 0 {
                    0
                } else {
                    read_u16(inode, offset!(inode_mode))
                };
                set_word(slot, argument, u64::from(mode));
            }
            opcode::SOCKET => append_socket(slot, argument, descriptor(slot, a)),
            _ => {}
        }
    }
}

/// An argument of the call, all 64 bits.
#[inline(always)]
unsafe fn call_argument(slot: *mut Scratch, number: u8) -> u64 {
    // SAFETY: eight words lie there (the six arguments, then the result and the task), so a number
    // masked to 7 stays inside the slot; the tables name 0 to 5 only.
    unsafe {
        let arguments = (&raw const (*slot).arguments).cast::<u64>();
        core::ptr::read_volatile(arguments.add((number & 7) as usize))
    }
}

/// The descriptor that a plan's operand means.
#[inline(always)]
unsafe fn descriptor(slot: *mut Scratch, operand: u8) -> i64 {
    // SAFETY: the slot is the caller's.
    unsafe {
        if operand == opcode::IMPLIED {
            get!(slot, result)
        } else {
            i64::from(call_argument(slot, operand) as i32)
        }
    }
}

#[inline(always)]
unsafe fn user_string(slot: *mut Scratch, argument: u32, address: u64) {
    // SAFETY: the buffer has more than this many bytes behind every tail.
    unsafe {
        let limit = USER_STRING_BYTES_MAX as u32 + 1;
        let read = bpf_probe_read_user_str(tail(slot).cast(), limit, address as *const _);
        if read <= 0 {
            let flags = if address == 0 { 0 } else { data_flag::FAULT };
            set_missing(slot, argument, flags);
            return;
        }
        // The count includes the terminating NUL, which the helper writes even when it cuts.
        let length = (read as u32).wrapping_sub(1);
        let flags = if length == USER_STRING_BYTES_MAX as u32 {
            data_flag::TRUNCATED
        } else {
            0
        };
        append(slot, argument, length, flags);
    }
}

#[inline(always)]
unsafe fn user_bytes(slot: *mut Scratch, argument: u32, address: u64, length: u64) {
    // SAFETY: the buffer has more than this many bytes behind every tail.
    unsafe {
        let (mut wanted, mut flags) = (length as u32, 0);
        if wanted > SOCKET_ADDRESS_BYTES_MAX as u32 {
            (wanted, flags) = (SOCKET_ADDRESS_BYTES_MAX as u32, data_flag::TRUNCATED);
        }
        let wanted = wanted & 0xff;
        if address == 0 || bpf_probe_read_user(tail(slot).cast(), wanted, address as *const _) != 0
        {
            set_missing(
                slot,
                argument,
                if address == 0 { 0 } else { data_flag::FAULT },
            );
            return;
        }
        append(slot, argument, wanted, flags);
    }
}

/// The directory that a relative path starts from; missing where the path is absolute.
#[inline(always)]
unsafe fn base(slot: *mut Scratch, argument: u32, path_slot: u8, directory: u8) {
    // SAFETY: the slot is the caller's.
    unsafe {
        set_missing(slot, argument, 0);
        if !is_relative(slot, path_slot) {
            return;
        }
        let number = call_argument(slot, directory) as i32;
        if directory == opcode::IMPLIED || number == WORKING_DIRECTORY {
            path_walk::request(slot, working_directory(slot), argument, NO_SLOT);
            return;
        }
        let file = file_of(slot, i64::from(number));
        if file != 0 {
            path_walk::request(slot, path_of(file), argument, NO_SLOT);
        } else {
            set_data(slot, argument, 0, 0, data_flag::MISSING);
        }
    }
}

/// Whether the path in a slot of the record is there and does not begin with a slash.
#[inline(always)]
unsafe fn is_relative(slot: *mut Scratch, path_slot: u8) -> bool {
    // SAFETY: both offsets are masked to the record.
    unsafe {
        let record = (&raw const (*slot).record).cast::<u8>();
        let place = size_of::<saker_event_schema::EventHeader>()
            .wrapping_add(((path_slot & 31) as usize).wrapping_mul(8));
        let reference = core::ptr::read_volatile(record.add(place).cast::<u64>());
        if reference >> 48 & u64::from(data_flag::MISSING) != 0 {
            return false;
        }
        let start = (reference & 0xffff) as usize;
        core::ptr::read_volatile(record.add(start)) != b'/'
    }
}

/// Directory entry and mount of the working directory.
#[inline(always)]
pub(crate) unsafe fn working_directory(slot: *mut Scratch) -> (u64, u64) {
    // SAFETY: the slot is the caller's.
    unsafe {
        let fs = read_u64(get!(slot, task), offset!(task_fs));
        let pwd = fs.wrapping_add(u64::from(offset!(fs_pwd)));
        (
            read_u64(pwd, offset!(path_dentry)),
            read_u64(pwd, offset!(path_mnt)),
        )
    }
}
