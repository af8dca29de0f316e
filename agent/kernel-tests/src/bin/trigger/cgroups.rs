//! Making a cgroup, running a process in it, and removing it at once.
//!
//! Each scenario is given the directory of the cgroup.

use crate::call::{address, address_of, call, must};
use crate::{Scenario, fact};
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// `CLONE_INTO_CGROUP` (Linux 5.7).
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

pub(crate) const SCENARIOS: &[(&str, Scenario)] = &[
    ("cgroup_of_moved", |paths| {
        in_cgroup(&paths[0], |directory| {
            let (reader, writer) = pipe();
            let child = must(libc::SYS_fork, &[]);
            if child == 0 {
                let byte = [0u8];
                must(libc::SYS_read, &[reader, address_of(&byte), 1]);
                live_shortly();
            }
            let members = directory.join("cgroup.procs");
            fs::write(members, child.to_string()).expect("the child is moved");
            must(libc::SYS_write, &[writer, address_of(&[0u8]), 1]);
            child
        });
    }),
    ("cgroup_of_born", |paths| {
        in_cgroup(&paths[0], |directory| {
            let flags = i64::from(libc::O_RDONLY | libc::O_DIRECTORY);
            let directory = CString::new(directory.as_os_str().as_bytes()).expect("no NUL");
            let descriptor = must(libc::SYS_open, &[address(&directory), flags, 0]);
            // struct clone_args of Linux 5.7: 11 words.
            let mut arguments = [0u64; 11];
            arguments[0] = CLONE_INTO_CGROUP;
            arguments[4] = libc::SIGCHLD as u64;
            arguments[10] = descriptor as u64;
            let child = must(libc::SYS_clone3, &[address_of(&arguments), 88]);
            if child == 0 {
                live_shortly();
            }
            child
        });
    }),
];

/// Makes the cgroup, waits for the child that is made in it, and removes the cgroup.
fn in_cgroup(path: &CStr, run: impl FnOnce(&Path) -> i64) {
    let directory = Path::new(std::ffi::OsStr::from_bytes(path.to_bytes()));
    fs::create_dir(directory).expect("a cgroup");
    let id = fs::metadata(directory).expect("its directory").ino();
    let child = run(directory);
    must(libc::SYS_wait4, &[child, 0, 0, 0]);
    // The kernel lets a task go from its cgroup shortly after it was waited for.
    while call(libc::SYS_rmdir, &[address(path)]) == -i64::from(libc::EBUSY) {
        std::thread::yield_now();
    }
    assert!(!directory.exists());
    fact("child", child);
    fact("kernfs_id", id);
}

/// What the child does: one open, and its end.
fn live_shortly() -> ! {
    must(libc::SYS_open, &[address(c"/dev/null"), 0, 0]);
    must(libc::SYS_exit_group, &[0]);
    unreachable!("the process ended")
}

fn pipe() -> (i64, i64) {
    let ends = [0i32; 2];
    must(libc::SYS_pipe2, &[address_of(&ends), 0]);
    // Written by the kernel behind the compiler's back.
    let [reader, writer] = std::hint::black_box(ends);
    (i64::from(reader), i64::from(writer))
}
