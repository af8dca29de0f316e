//! System calls by number: libraries would choose another call (`open` becomes `openat`).

use std::ffi::CStr;

/// Makes a call; the result is the kernel's, a negated errno on failure.
pub(crate) fn call(number: libc::c_long, arguments: &[i64]) -> i64 {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    // SAFETY: the scenarios pass numbers, and addresses of memory that outlives the call and is as
    // large as the call says. Calls that would break Rust's own rules (vfork) have code of their own.
    let result = unsafe { libc::syscall(number, all[0], all[1], all[2], all[3], all[4], all[5]) };
    if result == -1 {
        return -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0));
    }
    result
}

/// Makes a call that has to succeed.
pub(crate) fn must(number: libc::c_long, arguments: &[i64]) -> i64 {
    let result = call(number, arguments);
    assert!(
        result >= 0,
        "call {number} failed: {}",
        std::io::Error::from_raw_os_error(-result as i32)
    );
    result
}

/// The address of a text, as a call takes it.
pub(crate) fn address(text: &CStr) -> i64 {
    text.as_ptr() as i64
}

/// The address of a value, as a call takes it.
pub(crate) fn address_of<T>(value: &T) -> i64 {
    std::ptr::from_ref(value) as i64
}

/// `AT_FDCWD`, as a call takes it.
pub(crate) const WORKING_DIRECTORY: i64 = libc::AT_FDCWD as i64;
