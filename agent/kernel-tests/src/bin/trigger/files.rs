//! Opening, naming, changing and mounting files.

use crate::Scenario;
use crate::call::{WORKING_DIRECTORY, address, address_of, call, must};
use std::ffi::{CStr, CString};

const CLOEXEC: i64 = libc::O_CLOEXEC as i64;
const DIRECTORY: i64 = (libc::O_DIRECTORY | libc::O_RDONLY) as i64;

pub(crate) const SCENARIOS: &[(&str, Scenario)] = &[
    ("open", |paths| {
        must(libc::SYS_open, &[address(&paths[0]), CLOEXEC, 0]);
    }),
    ("open_missing", |paths| {
        assert_eq!(
            call(libc::SYS_open, &[address(&paths[0]), 0, 0]),
            -i64::from(libc::ENOENT)
        );
    }),
    ("creat", |paths| {
        must(libc::SYS_creat, &[address(&paths[0]), 0o640]);
    }),
    ("openat", |paths| {
        let directory = directory(&paths[0]);
        must(
            libc::SYS_openat,
            &[directory, address(&paths[1]), CLOEXEC, 0],
        );
    }),
    ("openat2", |paths| {
        let how = [(libc::O_CREAT | libc::O_WRONLY) as u64, 0o600, 8];
        let directory = directory(&paths[0]);
        let how_address = address_of(&how);
        must(
            libc::SYS_openat2,
            &[directory, address(&paths[1]), how_address, 24],
        );
    }),
    ("unlink", |paths| {
        must(libc::SYS_unlink, &[address(&paths[0])]);
    }),
    ("unlinkat", |paths| {
        must(
            libc::SYS_unlinkat,
            &[directory(&paths[0]), address(&paths[1]), 0x200],
        );
    }),
    ("rename", |paths| {
        must(libc::SYS_rename, &[address(&paths[0]), address(&paths[1])]);
    }),
    ("renameat", |paths| {
        let directory = directory(&paths[0]);
        must(
            libc::SYS_renameat,
            &[
                directory,
                address(&paths[1]),
                WORKING_DIRECTORY,
                address(&paths[2]),
            ],
        );
    }),
    ("renameat2", |paths| {
        let (old, new) = (address(&paths[0]), address(&paths[1]));
        must(
            libc::SYS_renameat2,
            &[WORKING_DIRECTORY, old, WORKING_DIRECTORY, new, 1],
        );
    }),
    ("mkdir", |paths| {
        must(libc::SYS_mkdir, &[address(&paths[0]), 0o750]);
    }),
    ("mkdirat", |paths| {
        must(
            libc::SYS_mkdirat,
            &[directory(&paths[0]), address(&paths[1]), 0o700],
        );
    }),
    ("rmdir", |paths| {
        must(libc::SYS_rmdir, &[address(&paths[0])]);
    }),
    ("chmod", |paths| {
        must(libc::SYS_chmod, &[address(&paths[0]), 0o4755]);
    }),
    ("fchmod", |paths| {
        let file = must(libc::SYS_open, &[address(&paths[0]), 0, 0]);
        must(libc::SYS_fchmod, &[file, 0o600]);
    }),
    ("fchmodat", |paths| {
        must(
            libc::SYS_fchmodat,
            &[directory(&paths[0]), address(&paths[1]), 0o640],
        );
    }),
    ("fchmodat2", |paths| {
        // Linux 6.6; the event is the same where the kernel does not know the call.
        call(452, &[directory(&paths[0]), address(&paths[1]), 0o644, 0]);
    }),
    ("link", |paths| {
        must(libc::SYS_link, &[address(&paths[0]), address(&paths[1])]);
    }),
    ("linkat", |paths| {
        let directory = directory(&paths[0]);
        must(
            libc::SYS_linkat,
            &[
                directory,
                address(&paths[1]),
                WORKING_DIRECTORY,
                address(&paths[2]),
                0x400,
            ],
        );
    }),
    ("symlink", |paths| {
        must(libc::SYS_symlink, &[address(&paths[0]), address(&paths[1])]);
    }),
    ("symlinkat", |paths| {
        must(
            libc::SYS_symlinkat,
            &[address(&paths[0]), directory(&paths[1]), address(&paths[2])],
        );
    }),
    ("chdir", |paths| {
        must(libc::SYS_chdir, &[address(&paths[0])]);
    }),
    ("fchdir", |paths| {
        must(libc::SYS_fchdir, &[directory(&paths[0])]);
    }),
    ("chroot", |paths| {
        must(libc::SYS_chroot, &[address(&paths[0])]);
    }),
    ("chdir_open", |paths| {
        must(libc::SYS_chdir, &[address(&paths[0])]);
        // It may fail: what was asked for is reported all the same.
        call(
            libc::SYS_openat,
            &[WORKING_DIRECTORY, address(&paths[1]), 0, 0],
        );
    }),
    ("chroot_open", |paths| {
        must(libc::SYS_chroot, &[address(&paths[0])]);
        must(libc::SYS_chdir, &[address(c"/")]);
        must(
            libc::SYS_openat,
            &[WORKING_DIRECTORY, address(&paths[1]), 0, 0],
        );
    }),
    ("mount", |paths| {
        own_mounts();
        let (what, kind) = (address(c"saker-test"), address(c"tmpfs"));
        must(
            libc::SYS_mount,
            &[what, address(&paths[0]), kind, libc::MS_NOSUID as i64, 0],
        );
    }),
    ("umount2", |paths| {
        own_mounts();
        let (what, kind) = (address(c"saker-test"), address(c"tmpfs"));
        must(libc::SYS_mount, &[what, address(&paths[0]), kind, 0, 0]);
        must(libc::SYS_umount2, &[address(&paths[0]), 2]);
    }),
    ("bind_open", |paths| {
        own_mounts();
        let (from, to) = (address(&paths[0]), address(&paths[1]));
        must(libc::SYS_mount, &[from, to, 0, libc::MS_BIND as i64, 0]);
        must(
            libc::SYS_openat,
            &[WORKING_DIRECTORY, address(&paths[2]), 0, 0],
        );
    }),
    ("deep_open", |paths| deep_open(&paths[0])),
    ("abyss_open", |paths| abyss_open(&paths[0])),
    ("flood", |paths| {
        for _ in 0..50_000 {
            call(libc::SYS_open, &[address(&paths[0]), 0, 0]);
        }
    }),
];

/// An open directory.
fn directory(path: &CStr) -> i64 {
    must(
        libc::SYS_openat,
        &[WORKING_DIRECTORY, address(path), DIRECTORY, 0],
    )
}

/// Leaves the host's mounts, so that the scenario's are its own.
fn own_mounts() {
    must(libc::SYS_unshare, &[i64::from(libc::CLONE_NEWNS)]);
    let private = (libc::MS_PRIVATE | libc::MS_REC) as i64;
    must(libc::SYS_mount, &[0, address(c"/"), 0, private, 0]);
}

/// Makes folders below `root` until a path is as long as a path may be, and opens a file by it.
fn deep_open(root: &CStr) {
    const LONGEST: usize = 4095;
    const NAME: usize = 200;
    let mut path = root.to_bytes().to_vec();
    while path.len() + 1 + NAME + 2 <= LONGEST {
        path.push(b'/');
        path.extend_from_slice(&[b'd'; NAME]);
        let folder = CString::new(path.clone()).expect("no NUL");
        must(libc::SYS_mkdir, &[address(&folder), 0o700]);
    }
    path.push(b'/');
    path.resize(LONGEST, b'f');
    let file = CString::new(path).expect("no NUL");
    must(libc::SYS_creat, &[address(&file), 0o600]);
    crate::fact("path", file.to_string_lossy());
}

/// Opens a file in a folder that is deeper than any walk goes, and `/etc/hostname` from there.
fn abyss_open(root: &CStr) {
    const DEPTH: usize = 3000;
    must(libc::SYS_chdir, &[address(root)]);
    for _ in 0..DEPTH {
        must(libc::SYS_mkdir, &[address(c"d"), 0o700]);
        must(libc::SYS_chdir, &[address(c"d")]);
    }
    must(libc::SYS_creat, &[address(c"bottom"), 0o600]);
    must(libc::SYS_open, &[address(c"/etc/hostname"), 0, 0]);
    must(libc::SYS_unlink, &[address(c"bottom")]);
    for _ in 0..DEPTH {
        must(libc::SYS_chdir, &[address(c"..")]);
        must(libc::SYS_rmdir, &[address(c"d")]);
    }
}
