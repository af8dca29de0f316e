//! When a ring's reader is woken.

use aya_ebpf::bindings::{BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP};
use aya_ebpf::helpers::generated::bpf_ringbuf_query;

/// Bytes that must wait in a ring before its reader is woken; it also looks on its own, every few
/// milliseconds. A wake-up costs more than fifty records. Filled by the loader.
#[unsafe(no_mangle)]
static WAKEUP_BYTES: u64 = 1 << 18;

/// How a record is to be sent through `ring`.
#[inline(always)]
pub fn flags(ring: *mut core::ffi::c_void) -> u32 {
    // SAFETY: a valid static; volatile, because the loader changes it behind the compiler's back. 0 asks the
    // helper for the bytes that wait (BPF_RB_AVAIL_DATA).
    unsafe {
        let wakeup_bytes = core::ptr::read_volatile(&raw const WAKEUP_BYTES);
        if bpf_ringbuf_query(ring, 0) > wakeup_bytes {
            BPF_RB_FORCE_WAKEUP
        } else {
            BPF_RB_NO_WAKEUP
        }
    }
}
