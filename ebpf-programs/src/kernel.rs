//! Reading kernel and user memory by offsets that the loader took from the running kernel's BTF.

use aya_ebpf::helpers::generated::{bpf_probe_read_kernel, bpf_probe_read_user};
use saker_event_schema::KernelOffsets;

/// Filled by the loader before the programs are verified.
#[unsafe(no_mangle)]
static OFFSETS: KernelOffsets = KernelOffsets::UNRESOLVED;

/// Process id of the agent, whose own calls are not reported; filled by the loader.
#[unsafe(no_mangle)]
static AGENT_PID: u32 = 0;

/// Process id of the agent.
#[inline(always)]
pub fn agent_pid() -> u32 {
    // SAFETY: a valid static; volatile, because the loader changes it behind the compiler's back.
    unsafe { core::ptr::read_volatile(&raw const AGENT_PID) }
}

/// The offset of a member, as the loader found it.
#[macro_export]
macro_rules! offset {
    ($field:ident) => {
        $crate::kernel::offset_at(core::mem::offset_of!(
            ::saker_event_schema::KernelOffsets,
            $field
        ))
    };
}

/// One member of [`OFFSETS`], by its place in the struct.
#[inline(always)]
pub fn offset_at(place: usize) -> u32 {
    // SAFETY: `place` comes from `offset_of!` and lies inside the struct; volatile, because the
    // loader changes the value behind the compiler's back. The verifier knows it as a constant.
    unsafe { core::ptr::read_volatile((&raw const OFFSETS).byte_add(place).cast::<u32>()) }
}

/// Whether the running kernel has the member.
#[inline(always)]
pub fn present(offset: u32) -> bool {
    offset != KernelOffsets::ABSENT
}

macro_rules! reader {
    ($name:ident, $type:ty, $helper:ident, $doc:literal) => {
        #[doc = $doc]
        #[inline(always)]
        pub fn $name(base: u64, offset: u32) -> $type {
            let mut value: $type = 0;
            // SAFETY: the helper checks the address and zeroes the value when it cannot be read.
            unsafe {
                $helper(
                    (&raw mut value).cast(),
                    size_of::<$type>() as u32,
                    base.wrapping_add(u64::from(offset)) as *const _,
                );
            }
            value
        }
    };
}

reader!(
    read_u64,
    u64,
    bpf_probe_read_kernel,
    "Eight bytes of kernel memory; 0 if unreadable."
);
reader!(
    read_u32,
    u32,
    bpf_probe_read_kernel,
    "Four bytes of kernel memory; 0 if unreadable."
);
reader!(
    read_u16,
    u16,
    bpf_probe_read_kernel,
    "Two bytes of kernel memory; 0 if unreadable."
);
reader!(
    read_user_u32,
    u32,
    bpf_probe_read_user,
    "Four bytes of user memory; 0 if unreadable."
);
reader!(
    read_user_u64,
    u64,
    bpf_probe_read_user,
    "Eight bytes of user memory; 0 if unreadable."
);
